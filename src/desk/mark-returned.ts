import type { ReturnedEffect } from '../core/mail-effect.ts';
import type { ReturnedMail } from '../core/returned-mail.ts';
import type { Id } from '../core/ticket.ts';
import { bareUpdate } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import { whyReturned } from '../core/undelivered.ts';
import { findUndeliveredMail } from '../store/clocks.ts';
import { findTicketVersion } from '../store/tickets.ts';
import { findUndeliveredReply } from '../store/undelivered.ts';
import type { ComposedEffect } from './mail-change.ts';
import { changeByMail, settles } from './mail-rows.ts';
import type { OutgoingMails } from './notification-mail.ts';
import type { ReadMail, TakeInDependencies, TakeInFacts } from './read-mail.ts';
import { tellOfUndelivered } from './tell-of-undelivered.ts';

/**
 * A bounce or complaint on a ticket: marks the mails it is about and the replies they carried, silences the address where its
 * owner has said so, and tells whoever has the ticket of a reply that did not arrive. The ticket stays as it is.
 */
export async function composeReturned(
  deps: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  effect: ReturnedEffect & { ticketId: Id },
): Promise<ComposedEffect> {
  const { returns, ticketId } = effect;
  const expectedVersion = await findTicketVersion(deps.db, ticketId);
  if (expectedVersion === null) return { outcome: 'again' };
  const rows = new Map(facts.mail.outgoing.map((row) => [row.outboxId, row]));
  const failed = returns.filter(({ outcome }) => outcome === 'failed');
  const articleIds = new Set(failed.flatMap(({ outboxId }) => rows.get(outboxId)?.articleId ?? []));
  const told = await tell(deps, read, returns);
  return {
    outcome: 'change',
    disposition: 'returned',
    change: {
      ...changeByMail(read),
      actor: { kind: 'system', personId: null },
      ticket: bareUpdate(ticketId, expectedVersion).ticket,
      articleMarks: [...articleIds].map((articleId) => ({ articleId, add: ['returned'], remove: [] })),
      events: [...(await returnedEvents(deps, returns)), ...told.events],
      outbox: told.outbox,
      returned: returns.filter(({ outcome }) => outcome !== 'delayed').map(({ outboxId }) => outboxId),
      suppressions: returns.flatMap(({ outboxId, outcome, suppressesRecipient }) => {
        const addressId = rows.get(outboxId)?.recipientAddressId;
        return suppressesRecipient && addressId ? [{ addressId, reason: outcome }] : [];
      }),
      settles: settles(read, effect, 'returned', null),
    },
  };
}

/** What came back for good may be the answer somebody still waits for. */
async function returnedEvents({ db }: TakeInDependencies, returns: ReturnedMail[]): Promise<TicketEvent[]> {
  const events: TicketEvent[] = [];
  for (const { outboxId, outcome, permanent, status, reason } of returns) {
    const undelivered = outcome === 'failed' ? await findUndeliveredMail(db, outboxId) : null;
    const lostAnswer = undelivered?.lostAnswer ?? null;
    events.push({ kind: 'mail.returned', outboxId, outcome, permanent, status, reason, lostAnswer });
  }
  return events;
}

/** One mail for one report, of however many recipients. */
async function tell(deps: TakeInDependencies, read: ReadMail, returns: ReturnedMail[]): Promise<OutgoingMails> {
  const news = returns.filter(({ isNews }) => isNews);
  const [first] = news;
  if (first === undefined) return { outbox: [], events: [] };
  const reply = await findUndeliveredReply(
    deps.db,
    news.map(({ outboxId }) => outboxId),
  );
  if (reply === null) return { outbox: [], events: [] };
  return tellOfUndelivered(deps, read.desk, reply, {
    how: 'returned',
    why: whyReturned(first.reason),
    said: first.diagnostic,
    isSilenced: news.every(({ suppressesRecipient }) => suppressesRecipient),
  });
}
