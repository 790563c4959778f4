import { openDatabase } from '../../store/database.ts';

/** Columns that say when something was: what the desk counts days from. */
const TIMES: readonly [table: string, columns: string[]][] = [
  ['ticket', ['occurred_at', 'recorded_at', 'updated_at', 'resolved_at']],
  ['article', ['occurred_at', 'recorded_at']],
  ['ticket_event', ['occurred_at', 'recorded_at']],
  ['outbox', ['recorded_at', 'settled_at']],
];

/**
 * Lets eight days pass for the desk of a tour, by moving back all that has happened: nobody wants to wait for it. What Docket then
 * does, it does by itself.
 */
export async function letWeekPass(databaseUrl: string): Promise<void> {
  const db = openDatabase(databaseUrl, { poolMax: 1 });
  try {
    for (const [table, columns] of TIMES) {
      const moved = columns.map((column) => `${column} = ${column} - interval '8 days'`);
      await db.raw(`update ${table} set ${moved.join(', ')}`);
    }
  } finally {
    await db.destroy();
  }
}
