import {
  type AgentPurpose,
  decideSenderRight,
  type JudgedSender,
  type KnownSender,
  type Participation,
  type SenderRight,
  type ThreadProof,
} from './identity.ts';
import type { Evidence, InboundMail } from './inbound-mail.ts';
import {
  type ConfirmToken,
  findTokens,
  hasSignedForm,
  readMessageId,
  type SignedMessageId,
  type SigningKeys,
  type TicketToken,
  type Token,
  type TokenPurpose,
} from './reply-token.ts';
import type { Id, TicketPriority, TicketStatus } from './ticket.ts';

/**
 * Which ticket a mail belongs to, on what evidence (design.md §6).
 *
 * Three steps: `collectThreadKeys` reads from the mail what could name a ticket; the store answers with the tickets those keys
 * lead to (`ThreadFacts`); `decideThread` weighs. Strongest first: reply token, our signed Message-ID, the Message-ID of an
 * earlier mail or the one a relay gave ours, a ticket number in the subject, Outlook's Thread-Index. Whatever names another
 * ticket than the one decided for is a suggestion to the agent; nothing is merged by it (TH-08).
 */
export interface ThreadKeys {
  /** Valid ones of our recipient addresses that name a ticket, without repeats. */
  tokens: TicketToken[];
  /** Those that confirm another mail: they lead to no ticket. */
  confirmTokens: ConfirmToken[];
  /** Ids we minted: In-Reply-To first, then References newest first, then the mail's own (an echo). */
  signedIds: (SignedMessageId & { place: string })[];
  /** Everyone else's ids, in the same order: to be looked up among articles and among the ids relays gave our mail. */
  foreignIds: { messageId: string; place: string }[];
  /** As written in the subject: `1234` of `[#1234]`; also to be looked up among aliases. */
  ticketNumbers: string[];
  /** The 22 bytes that name an Outlook conversation, lower-case hex. */
  threadIndex: string | null;
  /** Ids in the shape of ours that we did not sign: never followed, worth telling (bad-input case 31). */
  refused: Evidence[];
  /** What a returned mail says it was. */
  returned: ReturnedKeys;
}

/** How a bounce names the outgoing mail it is about. */
export interface ReturnedKeys {
  /** Tokens of the return path the bounce came to: ticket and recipient. */
  tokens: TicketToken[];
  signedIds: SignedMessageId[];
  /** Ids a relay may have given our mail. */
  foreignIds: string[];
}

/** What the store knows about the keys. */
export interface ThreadFacts {
  sender: KnownSender | null;
  /** Every ticket that a key names, and every ticket one of those was merged into. */
  tickets: ThreadTicket[];
  /** Which key leads to which ticket; tokens name theirs themselves. Of one key the newest article's ticket first. */
  matches: ThreadMatch[];
}

export interface ThreadTicket extends Participation {
  id: Id;
  number: string;
  version: number;
  status: TicketStatus;
  priority: TicketPriority;
  departmentId: Id;
  mailboxId: Id;
  slaPlanId: Id | null;
  assigneeId: Id | null;
  mergedIntoId: Id | null;
}

export type ThreadMatch =
  | {
      key: 'signed-id';
      id: SignedMessageId;
      ticketId: Id;
      /** The one recipient of an outbox row; null for an article, whose id all recipients share. */
      recipientAddressId: Id | null;
    }
  /** The id of an earlier inbound article, or the id a relay gave a mail of ours. */
  | { key: 'foreign-id'; messageId: string; ticketId: Id }
  | { key: 'number'; number: string; ticketId: Id }
  | { key: 'thread-index'; ticketId: Id };

export interface ThreadDecision {
  /** At the end of its merges; null: the mail belongs to no ticket we have. */
  ticket: ThreadTicket | null;
  right: SenderRight;
  evidence: Evidence[];
  suggestions: ThreadSuggestion[];
  /**
   * The id a relay seems to have given the mail this one answers, learnt because a better proof named the ticket. Null when
   * there is nothing to learn.
   */
  learnt: { messageId: string; ticketId: Id; addressId: Id } | null;
}

export interface ThreadSuggestion {
  ticketId: Id;
  evidence: Evidence[];
}

/** Newest kept (TH-10): an honest thread names its last mails, and no lookup grows with what a stranger writes. */
const IDS_MAX = 100;
const RECIPIENTS_MAX = 1_000;
const NUMBERS_MAX = 5;
const SUGGESTIONS_MAX = 5;
const MESSAGE_ID_CHARS_MAX = 998;

/** Headers besides To, Cc and Delivered-To that name whom a mail was sent to. */
const RECIPIENT_HEADERS: ReadonlySet<string> = new Set([
  'apparently-to',
  'bcc',
  'resent-bcc',
  'resent-cc',
  'resent-to',
  'x-envelope-to',
  'x-forwarded-to',
  'x-rcpt-to',
]);
/** A control token names no ticket to answer on. */
const THREADING_PURPOSES: ReadonlySet<TokenPurpose> = new Set(['reply', 'note', 'act', 'bounce']);

function isTicketToken(token: Token): token is TicketToken {
  return THREADING_PURPOSES.has(token.purpose);
}

export function collectThreadKeys(mail: InboundMail, keys: SigningKeys): ThreadKeys {
  const found = findTokens(keys, recipientTexts(mail));
  const tokens = found.filter(isTicketToken);
  const collected: ThreadKeys = {
    tokens,
    confirmTokens: found.filter((token) => token.purpose === 'confirm'),
    signedIds: [],
    foreignIds: [],
    ticketNumbers: ticketNumbersIn(mail.subject),
    threadIndex: threadIndexOf(mail),
    refused: [],
    returned: returnedKeys(mail, keys, tokens),
  };
  for (const { messageId, place } of ancestorsOf(mail)) {
    const signed = readMessageId(keys, messageId);
    if (signed !== null) collected.signedIds.push({ ...signed, place });
    else if (hasSignedForm(messageId)) collected.refused.push({ rule: 'signed-id', saw: `${place}: not signed by us` });
    else collected.foreignIds.push({ messageId, place });
  }
  const own = mail.messageId === null ? null : readMessageId(keys, mail.messageId);
  if (own !== null) collected.signedIds.push({ ...own, place: 'message-id' });
  return collected;
}

/**
 * Of the tickets named, the one with the strongest proof that gives its sender any right there; among equals the one that
 * In-Reply-To names too, else the first in order. Proofs without a right become suggestions.
 */
export function decideThread(keys: ThreadKeys, facts: ThreadFacts, sender: JudgedSender): ThreadDecision {
  const tickets = new Map(facts.tickets.map((ticket) => [ticket.id, ticket]));
  const named: NamedTicket[] = [];
  for (const { ticketId, proof } of proofsOf(keys, facts)) {
    const merged = followMerges(tickets, ticketId);
    const ticket = merged.at(-1);
    if (ticket === undefined) continue;
    // Whoever took part in a merged ticket keeps their right at its target.
    const right = bestRight(merged.map((one) => decideSenderRight(sender, facts.sender, one, proof)));
    named.push({ ticket, proof, right });
  }
  const chosen = chooseTicket(named);
  const ofChosen = named.filter(({ ticket }) => ticket === chosen);
  return {
    ticket: chosen,
    right: bestRight(ofChosen.map(({ right }) => right)),
    evidence: [...ofChosen.map(evidenceOf), ...keys.refused],
    suggestions: suggestionsFrom(named.filter(({ ticket }) => ticket !== chosen)),
    learnt: chosen === null ? null : learnRelayId(keys, facts, ofChosen),
  };
}

interface NamedTicket {
  ticket: ThreadTicket;
  proof: ThreadProof;
  right: SenderRight;
}

function* recipientTexts(mail: InboundMail): Generator<string> {
  yield* [
    ...mail.deliveredTo,
    ...mail.to.map(({ address }) => address),
    ...mail.cc.map(({ address }) => address),
  ].slice(0, RECIPIENTS_MAX);
  for (const { name, value } of mail.headers) {
    if (RECIPIENT_HEADERS.has(name)) yield* value.split(/[\s,;<>]+/, RECIPIENTS_MAX);
  }
}

/** In-Reply-To as written, then References newest first, each id once. */
function ancestorsOf(mail: InboundMail): { messageId: string; place: string }[] {
  const places = new Map<string, string>();
  const note = (messageId: string, place: string) => {
    if (places.size < IDS_MAX && messageId.length <= MESSAGE_ID_CHARS_MAX && !places.has(messageId))
      places.set(messageId, place);
  };
  for (const messageId of mail.inReplyTo.slice(0, IDS_MAX)) note(messageId, IN_REPLY_TO);
  mail.references
    .slice(-IDS_MAX)
    .reverse()
    .forEach((messageId, index) => {
      note(messageId, `references ${index + 1}`);
    });
  return [...places].map(([messageId, place]) => ({ messageId, place }));
}

const IN_REPLY_TO = 'in-reply-to';

/** `[#1234]`, and what other helpdesks wrote before us: `[Ticket#1234]`, `[Ticket: #1234]`. */
function ticketNumbersIn(subject: string): string[] {
  const found = subject.slice(0, 1_000).matchAll(/\[(?:[A-Za-z]{1,16}:? ?)?# ?([0-9A-Za-z][0-9A-Za-z-]{0,31})\]/g);
  return [...new Set([...found].map(([, number]) => number ?? ''))].slice(0, NUMBERS_MAX);
}

/** MS-OXOMSG §2.2.1.3: 6 bytes of time and a 16-byte GUID name the conversation, 5 more bytes follow for each answer. */
function threadIndexOf(mail: InboundMail): string | null {
  const value = mail.headers.find(({ name }) => name === 'thread-index')?.value.trim() ?? '';
  if (value.length > 8_192 || !/^[A-Za-z0-9+/]{30,}={0,2}$/.test(value)) return null;
  return Buffer.from(value, 'base64').subarray(0, 22).toString('hex');
}

function returnedKeys(mail: InboundMail, keys: SigningKeys, tokens: TicketToken[]): ReturnedKeys {
  const originals = new Set(mail.deliveryReports.slice(0, IDS_MAX).map(({ originalMessageId }) => originalMessageId));
  const returned: ReturnedKeys = {
    tokens: tokens.filter(({ purpose }) => purpose === 'bounce'),
    signedIds: [],
    foreignIds: [],
  };
  for (const original of originals) {
    if (original === null || original.length > MESSAGE_ID_CHARS_MAX) continue;
    const signed = readMessageId(keys, original);
    if (signed === null) returned.foreignIds.push(original);
    else returned.signedIds.push(signed);
  }
  return returned;
}

/** Every way in which the mail names a ticket, strongest first. */
function* proofsOf(keys: ThreadKeys, facts: ThreadFacts): Generator<{ ticketId: Id; proof: ThreadProof }> {
  for (const [index, { ticketId, addressId, purpose }] of keys.tokens.entries())
    yield { ticketId, proof: { strength: 'token', place: `token ${index + 1}`, purpose, heldByAddressId: addressId } };
  const shared = { purpose: null, heldByAddressId: null };
  for (const { kind, id, place } of keys.signedIds)
    for (const match of facts.matches)
      if (match.key === 'signed-id' && match.id.kind === kind && match.id.id === id)
        yield {
          ticketId: match.ticketId,
          proof: { ...shared, strength: 'signed-id', place, heldByAddressId: match.recipientAddressId },
        };
  for (const { messageId, place } of keys.foreignIds)
    for (const match of facts.matches)
      if (match.key === 'foreign-id' && match.messageId === messageId)
        yield { ticketId: match.ticketId, proof: { ...shared, strength: 'stored-id', place } };
  for (const number of keys.ticketNumbers)
    for (const match of facts.matches)
      if (match.key === 'number' && match.number === number)
        yield { ticketId: match.ticketId, proof: { ...shared, strength: 'number', place: 'subject' } };
  for (const match of facts.matches)
    if (match.key === 'thread-index')
      yield { ticketId: match.ticketId, proof: { ...shared, strength: 'thread-index', place: 'thread-index' } };
}

/** The ticket and all it was merged into, the target last; empty when that leads nowhere or in a circle. */
function followMerges(tickets: Map<Id, ThreadTicket>, ticketId: Id): ThreadTicket[] {
  const chain: ThreadTicket[] = [];
  for (let next: Id | null = ticketId; next !== null; ) {
    const ticket: ThreadTicket | undefined = tickets.get(next);
    if (ticket === undefined || chain.includes(ticket)) return [];
    chain.push(ticket);
    next = ticket.mergedIntoId;
  }
  return chain;
}

function chooseTicket(named: NamedTicket[]): ThreadTicket | null {
  const rightful = named.filter(({ right }) => right.right !== 'none');
  const strongest = rightful.filter(({ proof }) => proof.strength === rightful[0]?.proof.strength);
  const answered = new Set(named.filter(({ proof }) => proof.place === IN_REPLY_TO).map(({ ticket }) => ticket));
  return (strongest.find(({ ticket }) => answered.has(ticket)) ?? strongest[0])?.ticket ?? null;
}

/** Least first. */
const RIGHTS = [
  'none',
  'held',
  'to-confirm',
  'join-unverified',
  'join',
  'agent',
] as const satisfies SenderRight['right'][];
/** What lets least out first: an agent's mail to the note address does not leave because the reply address stands beside it. */
const PURPOSES_BY_REACH = ['act', 'note', 'reply'] as const satisfies AgentPurpose[];

function bestRight(rights: SenderRight[]): SenderRight {
  const best = rights.toSorted(
    (one, other) => RIGHTS.indexOf(other.right) - RIGHTS.indexOf(one.right) || reachOf(one) - reachOf(other),
  )[0];
  return best ?? { right: 'none', reason: 'stranger' };
}

function reachOf(right: SenderRight): number {
  return right.right === 'agent' || right.right === 'to-confirm' ? PURPOSES_BY_REACH.indexOf(right.purpose) : 0;
}

function suggestionsFrom(named: NamedTicket[]): ThreadSuggestion[] {
  const byTicket = new Map<Id, ThreadSuggestion>();
  for (const one of named) {
    const suggestion = byTicket.get(one.ticket.id) ?? { ticketId: one.ticket.id, evidence: [] };
    suggestion.evidence.push(evidenceOf(one));
    byTicket.set(one.ticket.id, suggestion);
  }
  return [...byTicket.values()].slice(0, SUGGESTIONS_MAX);
}

/** Ids and places only: evidence outlives the erasure of the people it is about. */
function evidenceOf({ ticket, proof, right }: NamedTicket): Evidence {
  const holder = proof.heldByAddressId === null ? '' : `, given to address ${proof.heldByAddressId}`;
  return { rule: proof.strength, saw: `${proof.place}: ticket ${ticket.id}${holder}: ${right.right}` };
}

/**
 * The mail carries the token its sender was given, and answers an id nobody knows: that is the name under which a relay
 * delivered our mail. Only learnt from the person the token belongs to, so that nobody names other people's threads.
 */
function learnRelayId(keys: ThreadKeys, facts: ThreadFacts, named: NamedTicket[]): ThreadDecision['learnt'] {
  const answered = keys.foreignIds.find(({ place }) => place === IN_REPLY_TO)?.messageId;
  const isKnown = facts.matches.some((match) => match.key === 'foreign-id' && match.messageId === answered);
  const own = named.find(({ proof, right }) => proof.strength === 'token' && right.right === 'join');
  const addressId = own?.proof.heldByAddressId;
  if (answered === undefined || isKnown || own === undefined || !addressId) return null;
  return { messageId: answered, ticketId: own.ticket.id, addressId };
}
