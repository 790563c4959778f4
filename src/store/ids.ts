import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';

/** What an id can be drawn for before its row exists, so that a mail can be composed with it beforehand. */
export type DrawnTable = 'ticket' | 'person' | 'person_address' | 'article' | 'outbox';

/**
 * Draws ids from the tables' own sequences, many at a time: one statement serves about fifty mails. What a process drew
 * and did not use is a gap that nobody sees; ticket numbers, which people see, are drawn singly instead.
 */
export interface IdPool {
  draw(table: DrawnTable): Promise<Id>;
}

const DRAWN_AT_ONCE = 50;

export function createIdPool(db: Knex): IdPool {
  const drawn = new Map<DrawnTable, Id[]>();
  const drawing = new Map<DrawnTable, Promise<void>>();

  async function refill(table: DrawnTable): Promise<void> {
    const { rows } = await db.raw<{ rows: { id: Id }[] }>(
      'select nextval(pg_get_serial_sequence(?, ?)) as id from generate_series(1, ?)',
      [table, 'id', DRAWN_AT_ONCE],
    );
    drawn.set(table, [...(drawn.get(table) ?? []), ...rows.map((row) => row.id)]);
  }

  return {
    async draw(table) {
      for (;;) {
        const id = drawn.get(table)?.shift();
        if (id !== undefined) return id;
        const refilling = drawing.get(table) ?? refill(table).finally(() => drawing.delete(table));
        drawing.set(table, refilling);
        await refilling;
      }
    },
  };
}

/** The next number people will see on a ticket. */
export async function drawTicketNumber(db: Knex): Promise<string> {
  const { rows } = await db.raw<{ rows: [{ number: string }] }>(`select nextval('ticket_number_seq')::text as number`);
  return rows[0].number;
}
