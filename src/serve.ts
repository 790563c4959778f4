import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { EXIT, type ExitCode } from './cli/exit-codes.ts';
import type { Role, ServeOptions } from './cli/serve.ts';
import { systemClock } from './clock.ts';
import { type Config, needSetting, secretReader } from './config.ts';
import { signingKeys } from './core/reply-token.ts';
import type { Id } from './core/ticket.ts';
import { createAssignTickets } from './desk/assign-tickets.ts';
import { createCloseResolvedTickets } from './desk/close-resolved-tickets.ts';
import { createEscalateTicket } from './desk/escalate-ticket.ts';
import { createExpireClaims } from './desk/expire-claims.ts';
import { createRecordUnsettledMail } from './desk/record-unsettled-mail.ts';
import { createTakeInMail } from './desk/take-in-mail.ts';
import { createWakeTickets } from './desk/wake-tickets.ts';
import { errorCode } from './errors.ts';
import { createMailParser } from './ingest/parse.ts';
import { readPartContents } from './ingest/part-contents.ts';
import { verifyDkim } from './ingest/verify-dkim.ts';
import { createLog, type Log } from './log.ts';
import { openDatabase } from './store/database.ts';
import { listDueWork, recordPulse } from './store/due-work.ts';
import { registerHolder } from './store/holders.ts';
import { createIdPool } from './store/ids.ts';
import { migrate } from './store/migrations.ts';
import { VERSION } from './version.ts';
import { createWebServer } from './web/server.ts';
import { createAssignmentWorker } from './workers/assignment.ts';
import { createCurrentDesk } from './workers/current-desk.ts';
import { createDeliveryWorker } from './workers/delivery.ts';
import { createIntakeWorker } from './workers/intake.ts';
import { createMailboxSources } from './workers/mailbox-sources.ts';
import { drainMaintenance } from './workers/maintenance.ts';
import { createQueues, type QueueName } from './workers/queues.ts';
import { warnOfUnsafeRedis } from './workers/redis-safety.ts';
import { createRelays } from './workers/relays.ts';
import { createSlaWorker, lookAheadToAlarms } from './workers/sla.ts';
import { createSweeper } from './workers/sweep.ts';

const GRACE_MS = 10_000;

/**
 * One process of the desk: builds everything once, starts its roles, and on SIGTERM or SIGINT stops in reverse order.
 * Resolves with the exit code.
 */
export async function serve(config: Config, options: ServeOptions, env: NodeJS.ProcessEnv): Promise<ExitCode> {
  const log = createLog(config.logLevel);
  const databaseUrl = needSetting(config, 'databaseUrl');
  const keys = signingKeys(needSetting(config, 'secretKey'), config.secretKeysOld);
  const stop = stopSignal();
  const db = openDatabase(databaseUrl, { poolMax: config.databasePoolMax });
  try {
    await migrate(db);
    const desk = await buildDesk(config, { db, databaseUrl, keys, env, log });
    try {
      if (options.once) return await workOnce(desk, stop);
      await work(desk, options.roles, config, stop);
      return EXIT.ok;
    } finally {
      await desk.release();
    }
  } finally {
    await db.destroy();
  }
}

/** Everything a process of the desk is made of, built and not yet started. */
type DeskProcess = Awaited<ReturnType<typeof buildDesk>>;

interface Foundations {
  db: Knex;
  databaseUrl: string;
  keys: ReturnType<typeof signingKeys>;
  env: NodeJS.ProcessEnv;
  log: Log;
}

async function buildDesk(config: Config, { db, databaseUrl, keys, env, log }: Foundations) {
  const clock = systemClock;
  const readSecret = secretReader(env);
  const holder = await registerHolder(databaseUrl, (error) => log.warn('holder.lost', { code: errorCode(error) }));
  const desk = createCurrentDesk(db);
  const ids = createIdPool(db);
  const deciding = { db, ids, keys, desk, readParts: readPartContents, now: clock.now };
  const queues = createQueues({ redisUrl: config.redisUrl, databaseUrl, log });
  if (config.redisUrl !== null) void warnOfUnsafeRedis(config.redisUrl, log);
  const parser = createMailParser({
    workers: config.parseWorkers,
    timeoutMs: config.parseTimeoutMs,
    memoryMb: config.parseMemoryMb,
  });
  const relays = createRelays({ desk, readSecret, clock });
  const intake = createIntakeWorker({
    db,
    holder: holder.name,
    parser,
    takeIn: createTakeInMail(deciding),
    async verifyDkim(mailboxId: Id, raw: Buffer) {
      const mailbox = (await desk()).mailboxes.find(({ id }) => id === mailboxId);
      return mailbox?.authentication.some((source) => 'dkim' in source) ? verifyDkim(raw) : null;
    },
    mailBytesMax: config.mailBytesMax,
    onTakenIn() {
      for (const queue of ['delivery', 'assignment'] as const) queues.look(queue);
    },
    concurrency: config.intakeConcurrency,
    log,
  });
  const delivery = createDeliveryWorker({
    db,
    relays,
    recordUnsettled: createRecordUnsettledMail(deciding),
    log,
    holder: holder.name,
  });
  const assignment = createAssignmentWorker({
    db,
    holder: holder.name,
    assign: createAssignTickets(deciding),
    log,
  });
  const sla = createSlaWorker({ db, escalate: createEscalateTicket(deciding), log });
  const expireClaims = createExpireClaims({ ...deciding, log });
  const changesByTime = [
    createWakeTickets({ db, desk, log }),
    createCloseResolvedTickets({ db, desk, log }),
    async () => {
      const expired = await expireClaims();
      if (expired > 0) for (const queue of ['assignment', 'delivery'] as const) queues.look(queue);
      return expired;
    },
  ];
  const drains: ReadonlyMap<QueueName, () => Promise<void>> = new Map<QueueName, () => Promise<void>>([
    [
      'intake',
      async () => {
        await intake.drain();
        // Publishing and indexing can wait until nobody waits for a ticket; a long drain is helped out by the sweep.
        queues.look('maintenance');
      },
    ],
    ['assignment', () => assignment.drain()],
    ['sla', () => sla.drain()],
    ['delivery', async () => void (await delivery.drain())],
    ['maintenance', () => drainMaintenance(db, changesByTime)],
  ]);
  const sources = createMailboxSources({
    db,
    desk,
    holder: holder.name,
    readSecret,
    limits: { mailBytesMax: config.mailBytesMax, pollIntervalMs: config.pollSeconds * 1000 },
    onStored: () => queues.look('intake'),
    clock,
    log,
  });
  const sweepMs = config.sweepSeconds * 1000;
  const lookAhead = () => lookAheadToAlarms(db, queues, 2 * sweepMs);
  const sweeper = createSweeper({ db, queues, lookAhead, drains, intervalMs: sweepMs, log });
  return {
    db,
    log,
    queues,
    parser,
    relays,
    intake,
    assignment,
    sla,
    delivery,
    drains,
    sources,
    sweeper,
    async release() {
      relays.close();
      await parser.close();
      await queues.close(GRACE_MS);
      await holder.release();
    },
  };
}

async function work(desk: DeskProcess, roles: Role[], config: Config, stop: Promise<string>): Promise<void> {
  const { db, log, queues, drains, sources, sweeper } = desk;
  const isWorker = roles.includes('worker');
  const web = roles.includes('web')
    ? createWebServer({
        db,
        queues,
        workedQueues: isWorker ? [...drains.keys()] : [],
        version: VERSION,
        metricsToken: config.metricsToken,
        publicUrl: config.publicUrl,
        log,
      })
    : null;
  // First, because it may fail: then nothing has begun that would have to be stopped in the middle.
  const address = await web?.listen(config.httpHost, config.httpPort);
  if (isWorker) {
    for (const [queue, drain] of drains) queues.work(queue, withPulse(db, queue, drain));
    sweeper.start();
  }
  if (roles.includes('ingest')) sources.start();
  log.info('serve.started', { version: VERSION, roles: roles.join(' '), url: address?.url });

  log.info('serve.stopping', { signal: await stop });
  await web?.close(1000);
  await sources.stop();
  await sweeper.stop();
  await stopWorkers(desk);
  log.info('serve.stopped');
}

async function stopWorkers({ intake, assignment, sla, delivery }: DeskProcess): Promise<void> {
  await Promise.all([intake.stop(), assignment.stop(), sla.stop(), delivery.stop(GRACE_MS)]);
}

/**
 * Polls every mailbox and works until nothing is due: what rests until later, stays. A mailbox that fails is told last. One
 * round is made in any case: mails that only wait for one another are not counted as due, and a drain takes them.
 */
async function workOnce(desk: DeskProcess, stop: Promise<string>): Promise<ExitCode> {
  const { db, drains, sources, log } = desk;
  const stopping = new AbortController();
  const stopped = stop.then(async (signal) => {
    log.info('serve.stopping', { signal });
    stopping.abort();
    await stopWorkers(desk);
  });
  log.info('serve.started', { version: VERSION, roles: 'once' });
  const polled = await sources.pollOnce(stopping.signal).catch((error: unknown) => error);
  do {
    for (const drain of drains.values()) if (!stopping.signal.aborted) await drain();
    await sleep(50);
  } while (!stopping.signal.aborted && (await listDueWork(db)).length > 0);
  if (stopping.signal.aborted) await stopped;
  else await drains.get('maintenance')?.();
  log.info('serve.stopped');
  if (stopping.signal.aborted) return EXIT.tryAgain;
  if (polled !== undefined) throw polled;
  return EXIT.ok;
}

const PULSE_EVERY_MS = 5000;

function withPulse(db: Knex, queue: QueueName, drain: () => Promise<void>): () => Promise<void> {
  let pulsedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - pulsedAt > PULSE_EVERY_MS) {
      pulsedAt = performance.now();
      await recordPulse(db, queue);
    }
    await drain();
  };
}

/** Resolves with the name of the first signal that asks us to end; the second one ends the process at once. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}
