import type { Knex } from 'knex';
import { IS_ALARMED } from './clocks.ts';
import { WAITS_FOR_PARENT } from './inbound-mail.ts';
import { WAITS_FOR_EARLIER_MAIL } from './outbox.ts';

/** A queue with rows that could be worked on now and are in nobody's hands, and for how long the oldest has been due. */
export interface DueWork {
  queue: 'intake' | 'assignment' | 'sla' | 'delivery';
  oldestSeconds: number;
}

/** What waits for a worker, by queue; queues with nothing due are absent. One statement, all of it on partial indexes. */
export async function listDueWork(db: Knex): Promise<DueWork[]> {
  const { rows } = await db.raw<{ rows: { queue: DueWork['queue']; oldest_seconds: number }[] }>(
    `select queue, extract(epoch from clock_timestamp() - min(due_at))::float8 as oldest_seconds from (
       select 'intake' as queue, due_at from inbound_mail as mail
       where state = 'received' and (lease_until is null or lease_until < clock_timestamp())
         and not (${WAITS_FOR_PARENT})
       union all
       select queue, coalesce(due_at, recorded_at) from ticket_event
       where queue is not null and settled_at is null and (lease_until is null or lease_until < clock_timestamp())
       union all
       select 'sla', next_at from ticket_clock as clock where ${IS_ALARMED}
       union all
       select 'delivery', due_at from outbox as mail
       where settled_at is null and (lease_until is null or lease_until < clock_timestamp())
         and not (${WAITS_FOR_EARLIER_MAIL})
     ) as open
     where due_at <= clock_timestamp()
     group by queue`,
  );
  return rows.map((row) => ({ queue: row.queue, oldestSeconds: row.oldest_seconds }));
}

/** Notes that a worker of this queue woke. */
export async function recordPulse(db: Knex, queue: string): Promise<void> {
  await db.raw(
    `insert into queue_pulse (queue, woken_at) values (?, clock_timestamp())
     on conflict (queue) do update set woken_at = excluded.woken_at`,
    [queue],
  );
}
