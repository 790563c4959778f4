import type { Knex } from 'knex';
import type { ThreadFacts, ThreadKeys } from '../core/thread.ts';
import { type MailAnswer, type MailAnswerRow, type MailQuestion, mailFactsQuery, toMailAnswer } from './mail-facts.ts';
import { prepared } from './prepared.ts';
import { type ThreadFactsRow, threadFactsQuery, toThreadFacts } from './thread-facts.ts';

/** A select that gives one row, to be joined with others of its kind. */
export interface Query {
  sql: string;
  bindings: Knex.RawBinding[];
}

/** Everything the database knows that bears on one mail, in one statement. */
export async function findFacts(
  db: Knex,
  keys: ThreadKeys,
  question: MailQuestion,
): Promise<{ thread: ThreadFacts; mail: MailAnswer }> {
  const thread = threadFactsQuery(question.senderAddress, keys);
  const mail = mailFactsQuery(question);
  const { rows } = await prepared<{ rows: [ThreadFactsRow & MailAnswerRow] }>(
    db,
    `select * from (${thread.sql}) as thread cross join (${mail.sql}) as mail`,
    [...thread.bindings, ...mail.bindings],
  );
  return { thread: toThreadFacts(rows[0]), mail: toMailAnswer(rows[0]) };
}
