import { InvalidArgumentError } from 'commander';
import type { Id } from '../core/ticket.ts';
import { UsageError } from '../errors.ts';

/** How many rows a table shows when nobody says. */
export const ROWS_SHOWN = 50;

export function readLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number from 1.');
}

/** An id as it stands in a list: digits that fit a bigint. */
export function readId(text: string): Id {
  if (/^[1-9]\d{0,17}$/.test(text)) return text;
  throw new UsageError('ID_INVALID', 'Expected an id, a number as the list shows it.');
}
