import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';

/** A ticket whose assignee did nothing with it for as long as its department allows. */
export interface UntouchedTicket {
  id: Id;
  version: number;
  number: string;
  subject: string;
  assigneeId: Id;
  departmentId: Id;
  mailboxId: Id;
  /** When the time was up. */
  expiredAt: Date;
}

/** By the database's time, never early; the longest untouched first. Only what is the agent's to act on. */
export async function listUntouchedTickets(
  db: Knex,
  departments: readonly { id: Id; claimExpiryMs: number }[],
  { exceptIds, limit }: { exceptIds: Id[]; limit: number },
): Promise<UntouchedTicket[]> {
  const { rows } = await db.raw<{ rows: UntouchedTicket[] }>(
    `select ticket.id, version, number, subject, assignee_id as "assigneeId", department_id as "departmentId",
       mailbox_id as "mailboxId", untouched_since + given."claimExpiryMs" * interval '1 millisecond' as "expiredAt"
     from jsonb_to_recordset(?::jsonb) as given (id bigint, "claimExpiryMs" float8)
       join ticket on department_id = given.id
         and untouched_since <= now() - given."claimExpiryMs" * interval '1 millisecond'
     where assignee_id is not null and status in ('new', 'open') and merged_into_id is null
       and ticket.id <> all(?::bigint[])
     order by untouched_since limit ?`,
    [JSON.stringify(departments), exceptIds, limit],
  );
  return rows;
}
