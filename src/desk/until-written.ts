import { TemporaryError } from '../errors.ts';

/** After this the change gives way for a while: its worker tries again later. */
const DECISIONS_MAX = 10;

/**
 * Decides a change and writes it, and does both again as often as the ticket changed in between (`stale`): what was decided on
 * facts that are gone is worth nothing. Throws TICKET_CONTENDED when that never ends.
 */
export async function untilWritten<Outcome>(decideAndWrite: () => Promise<Outcome | 'stale'>): Promise<Outcome> {
  for (let decision = 0; decision < DECISIONS_MAX; decision++) {
    const outcome = await decideAndWrite();
    if (outcome !== 'stale') return outcome;
  }
  throw new TemporaryError('TICKET_CONTENDED', 'The ticket changed each time it was about to be written.');
}
