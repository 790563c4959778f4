import type { DeliveryReport } from './inbound-mail.ts';
import type { ReturnedKeys } from './thread.ts';
import type { Id } from './ticket.ts';
import type { OutboxPurpose } from './ticket-change.ts';

/** A mail of ours that a returned mail may be about: an outbox row. */
export interface OutgoingMail {
  outboxId: Id;
  ticketId: Id | null;
  articleId: Id | null;
  recipientAddressId: Id | null;
  /** Canonical. */
  recipientAddress: string;
  /** What the relay renamed it to; null when it did not. */
  relayMessageId: string | null;
  purpose: OutboxPurpose;
  /** It came back before. */
  isReturned: boolean;
}

/** What a bounce, a delay or a complaint says about one of our mails. */
export interface ReturnedMail {
  outboxId: Id;
  ticketId: Id | null;
  outcome: 'failed' | 'delayed' | 'complained';
  permanent: boolean;
  status: string | null;
  reason: string | null;
  /** In the words of whoever returned it. */
  diagnostic: string | null;
  /** Automatic mail to the row's recipient stops. */
  suppressesRecipient: boolean;
  /** An agent must hear of it by mail, and has not yet: somebody did not get a reply. */
  isNews: boolean;
}

/**
 * Finds our mails (`outgoing`, the oldest first) in the reports of a returned one: by the token of its return path, by a Message-ID we signed, or by the id a
 * relay gave ours, wherever in it they stand; never by an address or a subject. What names none of them is an ordinary mail, however much it looks like a bounce.
 *
 * Whoever reads our mail can write a bounce about it. So an address is only silenced by what nobody but its owner was given:
 * the token, the id of its own outbox row, or the id of an article that went to it alone.
 */
export function decideReturns(
  kind: 'bounce' | 'delivery-report' | 'complaint',
  reports: readonly DeliveryReport[],
  keys: ReturnedKeys,
  outgoing: readonly OutgoingMail[],
): ReturnedMail[] {
  const returned = new Map<Id, ReturnedMail>();
  for (const report of reports) {
    const outcome = outcomeOf(kind, report);
    const row = outcome === null ? null : findRow(report, keys, outgoing);
    // One mail reports on one mail of ours; a second ticket in it is not believed.
    if (outcome === null || row === null || !isOnTicketOf(returned, row)) continue;
    const permanent = outcome === 'failed' && report.permanent;
    const { outboxId, ticketId } = row;
    const silences = outcome === 'complained' || (permanent && isAboutAddress(report, row));
    const suppressesRecipient = silences && isOwnersProof(row, keys, outgoing);
    // A notification that comes back must not cause another (OUT-16); of what is only late nobody needs to hear.
    const isNews = outcome === 'failed' && row.purpose === 'reply' && !row.isReturned;
    const { status, reason, diagnostic } = report;
    const said = { status, reason, diagnostic };
    returned.set(outboxId, { outboxId, ticketId, outcome, permanent, ...said, suppressesRecipient, isNews });
  }
  return [...returned.values()];
}

/**
 * Whether a permanent no is about the address. Files that anybody may have sent travel with notifications, and agents live on these: what is
 * said against such a mail in words that nobody knows is not taken for a no to the agent.
 */
function isAboutAddress({ reason }: DeliveryReport, { purpose }: OutgoingMail): boolean {
  return reason === null ? purpose !== 'notification' : !PASSING_REASONS.has(reason);
}

/**
 * Permanent noes that are about this one mail, about us or about today, and not about the address: the next mail may well
 * arrive. Classes of `failure-reasons.ts`.
 */
const PASSING_REASONS: ReadonlySet<string> = new Set([
  'mailbox-full',
  'too-big',
  'spam',
  'virus',
  'blocked',
  'rate-limited',
  'relaying-denied',
  'authentication',
  'policy',
  'expired',
  'unreachable',
  'loop',
  'system-error',
  'challenge',
]);

function outcomeOf(kind: 'bounce' | 'delivery-report' | 'complaint', { action }: DeliveryReport) {
  if (kind === 'complaint') return 'complained';
  return action === 'failed' || action === 'delayed' ? action : null;
}

/** The newest fitting row: a retry of the same words is what came back. */
function findRow(report: DeliveryReport, keys: ReturnedKeys, outgoing: readonly OutgoingMail[]): OutgoingMail | null {
  const named = outgoing.filter((row) => isNamedByToken(row, keys) || isNamedById(row, keys));
  const recipient = report.recipient?.toLowerCase();
  const toRecipient = named.filter(({ recipientAddress }) => recipientAddress.toLowerCase() === recipient);
  // A forwarder reports the address it forwarded to: then the mail must have gone to one person only.
  const people = new Set(named.map(({ recipientAddress }) => recipientAddress));
  const fitting = toRecipient.length > 0 || people.size > 1 ? toRecipient : named;
  return fitting.at(-1) ?? null;
}

function isNamedByToken(row: OutgoingMail, { tokens }: ReturnedKeys): boolean {
  return tokens.some(({ ticketId, addressId }) => ticketId === row.ticketId && addressId === row.recipientAddressId);
}

function isNamedById(row: OutgoingMail, { signedIds, foreignIds }: ReturnedKeys): boolean {
  return (
    signedIds.some(({ kind, id }) => id === (kind === 'outbox' ? row.outboxId : row.articleId)) ||
    (row.relayMessageId !== null && foreignIds.includes(row.relayMessageId))
  );
}

function isOwnersProof(row: OutgoingMail, keys: ReturnedKeys, outgoing: readonly OutgoingMail[]): boolean {
  if (isNamedByToken(row, keys)) return true;
  return keys.signedIds.some(({ kind, id }) =>
    kind === 'outbox'
      ? id === row.outboxId
      : id === row.articleId && outgoing.every((other) => other.articleId !== id || other.outboxId === row.outboxId),
  );
}

function isOnTicketOf(returned: Map<Id, ReturnedMail>, row: OutgoingMail): boolean {
  const [first] = returned.values();
  return first === undefined || first.ticketId === row.ticketId;
}
