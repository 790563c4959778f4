import type { Knex } from 'knex';
import { errorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import { listDueWork } from '../store/due-work.ts';
import { endLeasesOf, listDeadHolders } from '../store/holders.ts';
import { quarantineCrashed } from '../store/inbound-mail.ts';
import { listUntoldMails } from '../store/outbox.ts';
import type { QueueName, Queues } from './queues.ts';

/**
 * What makes lost jobs and dead workers harmless. At the start of a process, and then every few seconds: leases of processes that are gone end, mail that
 * kills its worker goes to quarantine, and queues with work due and nobody at it are woken. Work that a look did not move
 * is drained by this process, so that a desk whose queue server is away goes on, only slower.
 */
export interface Sweeper {
  start(): void;
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

export interface SweeperOptions {
  db: Knex;
  queues: Pick<Queues, 'look'>;
  /** Looks ahead for what will be due before the sweep after the next, and has it looked at then. */
  lookAhead(): Promise<void>;
  /** This process's own drains, by queue. */
  drains: ReadonlyMap<QueueName, () => Promise<void>>;
  intervalMs: number;
  log: Log;
}

/** A look that moved nothing for this long is not waited for any more. */
const PATIENCE_SECONDS = 10;

export function createSweeper({ db, queues, lookAhead, drains, intervalMs, log }: SweeperOptions): Sweeper {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let missing = new Set<string>();
  let stopped = false;

  /** Dead on two sweeps in a row: a process that only lost its connection for a moment has it back by then. */
  async function freeDeadLeases(): Promise<void> {
    const dead = await listDeadHolders(db);
    const confirmed = dead.filter((holder) => missing.has(holder));
    missing = new Set(dead);
    if (confirmed.length === 0) return;
    await endLeasesOf(db, confirmed);
    log.warn('leases.freed', { holders: confirmed.join(' ') });
  }

  /** Not waited for: a slow relay can keep one queue's drain going for hours, and the others are swept meanwhile. */
  function drainAside(queue: QueueName): void {
    drains
      .get(queue)?.()
      .catch((error) => log.warn('sweep.failed', { queue, code: errorCode(error) }));
  }

  async function sweep(): Promise<void> {
    try {
      await freeDeadLeases();
      for (const inboundMailId of await quarantineCrashed(db)) {
        log.error('mail.quarantined', { inboundMailId, code: 'MAIL_CRASHES_WORKER' });
      }
      for (const { queue, oldestSeconds } of await listDueWork(db)) {
        queues.look(queue);
        if (oldestSeconds > PATIENCE_SECONDS) drainAside(queue);
      }
      // Settled by a process that died before it could tell: no row of it is due, and nobody else would come by.
      if ((await listUntoldMails(db, 1)).length > 0) drainAside('delivery');
      await lookAhead();
      queues.look('maintenance');
    } catch (error) {
      log.warn('sweep.failed', { code: errorCode(error) });
    }
  }

  function keepSweeping(): void {
    running = sweep().finally(() => {
      if (!stopped) timer = setTimeout(keepSweeping, intervalMs);
    });
  }

  return {
    sweep,
    start: keepSweeping,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
