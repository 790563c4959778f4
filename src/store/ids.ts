import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';

/** What an id can be drawn for before its row exists, so that a mail can be composed with it beforehand. */
export type DrawnTable = 'ticket' | 'person' | 'person_address' | 'article' | 'outbox';

/**
 * Draws ids from the tables' own sequences, many at a time: one statement serves about a hundred mails. What a process drew
 * and did not use is a gap that nobody sees. So ids say nothing about what came first, where several processes write: that
 * is `recorded_at`, and the id only between rows of one moment.
 */
export interface IdPool {
  draw(table: DrawnTable): Promise<Id>;
  /** The next number people will see on a ticket. */
  drawTicketNumber(): Promise<string>;
}

const DRAWN_AT_ONCE = 100;

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
    drawTicketNumber: createTicketNumbers(db),
  };
}

const NUMBERS_AT_ONCE_MAX = 16;
const BUSY_MS = 1000;

/**
 * Ticket numbers, which people see: drawn singly on a quiet desk, so that they follow one another, and in packs that double
 * up to sixteen while one draw comes within a second of the last. A process that ends leaves the rest of its pack as a gap.
 */
function createTicketNumbers(db: Knex): () => Promise<string> {
  const drawn: string[] = [];
  let drawing: Promise<void> | null = null;
  let atOnce = 1;
  let drawnAt = Number.NEGATIVE_INFINITY;

  async function refill(): Promise<void> {
    const now = performance.now();
    atOnce = now - drawnAt < BUSY_MS ? Math.min(atOnce * 2, NUMBERS_AT_ONCE_MAX) : 1;
    drawnAt = now;
    const { rows } = await db.raw<{ rows: { number: string }[] }>(
      `select nextval('ticket_number_seq')::text as number from generate_series(1, ?)`,
      [atOnce],
    );
    drawn.push(...rows.map((row) => row.number));
  }

  return async () => {
    for (;;) {
      const number = drawn.shift();
      if (number !== undefined) return number;
      drawing ??= refill().finally(() => {
        drawing = null;
      });
      await drawing;
    }
  };
}
