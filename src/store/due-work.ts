import type { Knex } from 'knex';

/** A queue with rows that are due and in nobody's hands, and for how long the oldest has been. */
export interface DueWork {
  queue: 'intake' | 'assignment' | 'sla' | 'delivery';
  oldestSeconds: number;
}

/** What waits for a worker, by queue; queues with nothing due are absent. One statement, all of it on partial indexes. */
export async function listDueWork(db: Knex): Promise<DueWork[]> {
  const { rows } = await db.raw<{ rows: { queue: DueWork['queue']; oldest_seconds: number }[] }>(
    `select queue, extract(epoch from clock_timestamp() - min(due_at))::float8 as oldest_seconds from (
       select 'intake' as queue, due_at from inbound_mail
       where state = 'received' and (lease_until is null or lease_until < clock_timestamp())
       union all
       select queue, coalesce(due_at, recorded_at) from ticket_event
       where queue is not null and settled_at is null and (lease_until is null or lease_until < clock_timestamp())
       union all
       select 'delivery', due_at from outbox
       where settled_at is null and (lease_until is null or lease_until < clock_timestamp())
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
