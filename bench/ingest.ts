/**
 * How fast a mailbox full of mail is taken in: from waiting on the IMAP server to settled, with the acknowledgements
 * accepted by a relay. Beside it, in the same run and on the same servers, the floor (floor.ts).
 *
 *   node_modules/.bin/node bench/ingest.ts [--mails 1000] [--runs 1] [--redis] [--json] [--statements] [--profile DIR]
 *
 * docs/performance.md says how to read the figures, and holds those of our machine.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { runDocket } from '../src/trial/docket-command.ts';
import { REPOSITORY } from '../src/trial/places.ts';
import { startContestant } from './contestant.ts';
import { seedHistory } from './desk-history.ts';
import { type BenchMail, generateMails, MAIL_BYTES } from './mails.ts';
import { cpuSecondsOf } from './process-cpu.ts';
import type { SinkCount } from './sink.ts';
import { countStatements, OWN_LOOK, type StatementCount } from './statements.ts';
import type { Usage } from './usage.ts';
import { IMAP_PASSWORD, startWorld, type World } from './world.ts';

const { values: options } = parseArgs({
  options: {
    mails: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '1' },
    redis: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    statements: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const GIVE_UP_AFTER_MS = 5 * 60_000;
const profileDirectory = options.profile === undefined ? null : resolve(options.profile);

interface Result {
  mailCount: number;
  seconds: number;
  mailsPerSecond: number;
  statementsPerMail: number;
  bullmqStatementsPerMail: number;
  transactionControlsPerMail: number;
  commitsPerMail: number;
  cpuMsPerMail: number;
  mainThreadCpuMsPerMail: number;
  databaseCpuMsPerMail: number;
  peakRssMiB: number;
}

interface DocketResult extends Result {
  startSeconds: number;
  settledSeconds: number;
  ticketCount: number;
  acknowledgementCount: number;
  relayConnectionCount: number;
}

const mails = generateMails(Number(options.mails));
const runs: { floor: Result; docket: DocketResult; ratio: number }[] = [];
for (let run = 0; run < Number(options.runs); run++) {
  const world = await startWorld({ withRedis: options.redis });
  const ignoreSignals = stopOnSignal(world);
  try {
    const floor = await runFloor(world, mails);
    const docket = await runDocketItself(world, mails);
    runs.push({ floor, docket, ratio: docket.mailsPerSecond / floor.mailsPerSecond });
  } finally {
    await world.stop();
    ignoreSignals();
  }
}
runs.sort((a, b) => a.ratio - b.ratio);
const median = runs[Math.floor(runs.length / 2)];
if (median === undefined) throw new Error('--runs is at least 1');
print(median);

/** The servers of a world outlive this process unless they are stopped. Returns what ends the watch. */
function stopOnSignal(world: World): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const end = () => void world.stop().finally(() => process.exit(130));
  for (const signal of signals) process.on(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
}

async function runFloor(world: World, waiting: BenchMail[]): Promise<Result> {
  const mailbox = 'floor@desk.test';
  await world.deliver(mailbox, waiting);
  const databaseUrl = await world.createDatabase('floor');
  const counter = await countStatements(world.postgres.url('postgres'), 'floor');
  await counter.start();
  const cpuBefore = cpuSecondsOf(world.postgres.pid);
  const floor = startContestant({
    name: 'floor',
    directory: world.directory,
    arguments: [join(REPOSITORY, 'bench/floor.ts')],
    environment: {
      DATABASE_URL: databaseUrl,
      ...(world.redisUrl === null ? {} : { REDIS_URL: world.redisUrl }),
      BENCH_IMAP_PORT: String(world.imapPort),
      BENCH_IMAP_USER: mailbox,
      BENCH_IMAP_PASSWORD: IMAP_PASSWORD,
    },
    profileDirectory,
  });
  const [started, completed, usage] = [
    await floor.event('started'),
    await floor.event('completed'),
    await floor.ended(),
  ];
  const databaseCpuSeconds = cpuSecondsOf(world.postgres.pid) - cpuBefore;
  const count = await counter.read();
  await counter.close();
  if (options.statements) printStatements('floor', count, waiting.length);
  return result((Number(completed.at) - Number(started.at)) / 1000, waiting.length, usage, count, databaseCpuSeconds);
}

async function runDocketItself(world: World, waiting: BenchMail[]): Promise<DocketResult> {
  const mailbox = 'support@desk.test';
  await world.deliver(mailbox, waiting);
  const databaseUrl = await world.createDatabase('docket');
  const sink = await startSink();
  const environment = {
    DATABASE_URL: databaseUrl,
    SECRET_KEY: 'a key of the benchmark, long enough to be one',
    SUPPORT_PASSWORD: IMAP_PASSWORD,
    HTTP_PORT: '0',
    ...(world.redisUrl === null ? {} : { REDIS_URL: world.redisUrl }),
  };
  const configuration = join(world.directory, 'docket.yaml');
  writeFileSync(configuration, deskConfiguration(mailbox, world.imapPort, sink.port));
  await runDocket(environment, 'migrate', 'up');
  await runDocket(environment, 'config', 'apply', configuration);
  await seedHistory(databaseUrl);
  // BullMQ makes its tables when it is first used: on a desk that runs, that was long ago.
  await runDocket(environment, 'jobs', 'status');

  const look = new pg.Client({ connectionString: databaseUrl });
  // The server stops before this client when a run fails, and that failure is the one to be told.
  look.on('error', () => {});
  await look.connect();
  const counter = await countStatements(world.postgres.url('postgres'), 'docket');
  await counter.start();
  const cpuBefore = cpuSecondsOf(world.postgres.pid);
  const spawnedAt = Date.now();
  const docket = startContestant({
    name: 'docket',
    directory: world.directory,
    arguments: [join(REPOSITORY, 'bin/docket.mjs'), 'serve'],
    environment,
    profileDirectory,
  });
  const startedAt = Date.parse(String((await docket.event('serve.started')).time));
  const end = await Promise.race([waitForEnd(look, sink, waiting.length), docket.ended().then(() => null)]);
  if (end === null) throw new Error('docket ended before all mail was settled');
  docket.stop();
  const usage = await docket.ended();
  const databaseCpuSeconds = cpuSecondsOf(world.postgres.pid) - cpuBefore;
  const count = await counter.read();
  await counter.close();
  await look.end();
  const { connections } = await sink.read();
  sink.stop();
  if (options.statements) printStatements('docket', count, waiting.length);
  return {
    ...result(
      (Math.max(end.settledAt, end.acceptedAt) - startedAt) / 1000,
      waiting.length,
      usage,
      count,
      databaseCpuSeconds,
    ),
    startSeconds: (startedAt - spawnedAt) / 1000,
    settledSeconds: (end.settledAt - startedAt) / 1000,
    ticketCount: end.tickets,
    acknowledgementCount: end.acknowledgements,
    relayConnectionCount: connections,
  };
}

/** Looks ten times a second, by two statements on small indexes, until every mail is settled and every answer accepted. */
async function waitForEnd(look: pg.Client, sink: Sink, mailCount: number) {
  for (const deadline = Date.now() + GIVE_UP_AFTER_MS; ; await sleep(100)) {
    if (Date.now() > deadline) throw new Error('not every mail was settled and answered in time');
    const { rows } = await look.query<{ open: number; quarantined: number; undelivered: number }>(
      `select ${OWN_LOOK} (select count(*)::int from inbound_mail where state = 'received') as open,
         (select count(*)::int from inbound_mail where state = 'quarantined') as quarantined,
         (select count(*)::int from outbox where settled_at is null) as undelivered`,
    );
    const [row] = rows;
    if (row === undefined || row.open > 0 || row.undelivered > 0) continue;
    if (row.quarantined > 0) throw new Error(`${row.quarantined} mails ended in quarantine`);
    const { rows: ends } = await look.query<{ settled: number; at: Date; tickets: number; acknowledgements: number }>(
      `select ${OWN_LOOK} count(*)::int as settled, max(settled_at) as at,
         (select count(*)::int from ticket) as tickets,
         (select count(*)::int from outbox where state = 'delivered' and ticket_id is not null) as acknowledgements from inbound_mail`,
    );
    const [last] = ends;
    if (last === undefined || last.settled < mailCount) continue;
    const { accepted, lastAcceptedAt } = await sink.read();
    if (accepted < last.acknowledgements) continue;
    return { ...last, settledAt: last.at.getTime(), acceptedAt: lastAcceptedAt };
  }
}

function result(
  seconds: number,
  mailCount: number,
  usage: Usage,
  count: StatementCount,
  databaseCpuSeconds: number,
): Result {
  return {
    mailCount,
    seconds,
    mailsPerSecond: mailCount / seconds,
    statementsPerMail: count.statements / mailCount,
    bullmqStatementsPerMail: count.bullmqStatements / mailCount,
    transactionControlsPerMail: count.transactionControls / mailCount,
    commitsPerMail: count.commits / mailCount,
    cpuMsPerMail: (usage.cpuSeconds * 1000) / mailCount,
    mainThreadCpuMsPerMail: (usage.mainThreadCpuSeconds * 1000) / mailCount,
    databaseCpuMsPerMail: (databaseCpuSeconds * 1000) / mailCount,
    peakRssMiB: usage.peakRssBytes / 1024 / 1024,
  };
}

interface Sink {
  port: number;
  read(): Promise<SinkCount>;
  stop(): void;
}

async function startSink(): Promise<Sink> {
  const child = fork(join(REPOSITORY, 'bench/sink.ts'));
  const { port } = await answer<{ port: number }>(child);
  return {
    port,
    async read() {
      child.send('count');
      return answer<SinkCount>(child);
    },
    stop: () => child.disconnect(),
  };
}

async function answer<Message>(child: ChildProcess): Promise<Message> {
  const [message] = await once(child, 'message');
  return message;
}

function deskConfiguration(mailbox: string, imapPort: number, smtpPort: number): string {
  const login = { host: '127.0.0.1', tls: 'none', user: mailbox, password: { env: 'SUPPORT_PASSWORD' } };
  return JSON.stringify({
    version: 1,
    desk: { name: 'Desk Bench', timezone: 'UTC', language: 'en', acknowledge: true },
    mailboxes: [
      {
        key: 'support',
        address: mailbox,
        fromName: 'Desk Support',
        department: 'general',
        imap: { ...login, port: imapPort },
        smtp: { host: '127.0.0.1', port: smtpPort, tls: 'none' },
        authentication: [{ results: 'mx.desk.test' }],
        importSince: '2020-01-01',
        answerSince: '2020-01-01',
      },
    ],
    departments: [{ key: 'general', name: 'Support', mailbox: 'support' }],
    // Nobody works here: what a desk tells its agents is not measured.
    agents: [],
  });
}

function print({ floor, docket, ratio }: { floor: Result; docket: DocketResult; ratio: number }): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ schemaVersion: 1, floor, docket, ratio })}\n`);
    return;
  }
  const row = (name: string, figure: (result: Result) => number, digits: number) =>
    `${name.padEnd(34)}${figure(floor).toFixed(digits).padStart(10)}${figure(docket).toFixed(digits).padStart(10)}`;
  const lines = [
    `${docket.mailCount} mails of ${MAIL_BYTES} bytes; jobs on ${options.redis ? 'Redis' : 'PostgreSQL'}; Node ${process.version}`,
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}; ${new Date().toISOString().slice(0, 10)}`,
    '',
    `${''.padEnd(34)}${'floor'.padStart(10)}${'docket'.padStart(10)}`,
    row('mails/s', ({ mailsPerSecond }) => mailsPerSecond, 1),
    row('seconds', ({ seconds }) => seconds, 2),
    row('statements a mail', ({ statementsPerMail }) => statementsPerMail, 2),
    row("  of them BullMQ's", ({ bullmqStatementsPerMail }) => bullmqStatementsPerMail, 2),
    row('begin/commit/rollback a mail', ({ transactionControlsPerMail }) => transactionControlsPerMail, 2),
    row('commits a mail', ({ commitsPerMail }) => commitsPerMail, 2),
    row('CPU a mail, ms', ({ cpuMsPerMail }) => cpuMsPerMail, 2),
    row('  of it on the main thread', ({ mainThreadCpuMsPerMail }) => mainThreadCpuMsPerMail, 2),
    row('CPU of PostgreSQL a mail, ms', ({ databaseCpuMsPerMail }) => databaseCpuMsPerMail, 2),
    row('peak RSS, MiB', ({ peakRssMiB }) => peakRssMiB, 0),
    '',
    `ratio docket/floor ${ratio.toFixed(3)}${runs.length > 1 ? ` (median of ${runs.map((run) => run.ratio.toFixed(3)).join(', ')})` : ''}`,
    `docket: started in ${docket.startSeconds.toFixed(2)} s, all settled after ${docket.settledSeconds.toFixed(2)} s; ` +
      `${docket.ticketCount} tickets, ${docket.acknowledgementCount} acknowledgements over ${docket.relayConnectionCount} connections`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function printStatements(name: string, count: StatementCount, mailCount: number): void {
  process.stderr.write(`${name}: statements as the server counted them\n`);
  for (const { calls, meanMs, planMs, text } of count.costliest.slice(0, 30)) {
    const each = `${(calls / mailCount).toFixed(3).padStart(8)} a mail, ${meanMs.toFixed(3)} ms + ${planMs.toFixed(3)} ms to plan`;
    const perMail = ((meanMs + planMs) * calls) / mailCount;
    process.stderr.write(`${perMail.toFixed(3).padStart(8)} ms a mail ${each.padEnd(54)} ${text.slice(0, 120)}\n`);
  }
}
