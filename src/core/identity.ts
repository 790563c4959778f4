import { getDomain } from 'tldts';
import { type MethodResult, parseAuthenticationResults } from './authentication-results.ts';
import type { AuthenticationSource } from './desk-config.ts';
import type { Evidence, InboundMail, MailAddress, MailDefectCode } from './inbound-mail.ts';
import type { AgentRole } from './permission.ts';
import type { TokenPurpose } from './reply-token.ts';
import { withoutComments } from './structured-field.ts';
import type { Id } from './ticket.ts';

/**
 * Who wrote this mail, how sure are we, and what may the mail do.
 *
 * The From header is a claim (design.md §6). `judgeSender` says whether the mail system behind the mailbox vouches for it;
 * `decideSenderRight` says what somebody who is or is not vouched for may do on a ticket that the mail names.
 */
export interface JudgedSender {
  /** Canonical; null when there is no single usable From: nobody to answer. */
  address: string | null;
  name: string;
  authenticated: boolean;
  method: AuthenticationMethod | null;
  /** Nothing speaks for the sender and nothing against: From names one address, and no source had a word about it. */
  silent: boolean;
  /** From, Sender and Reply-To name the same address: an agent's power needs that besides (AG-03). */
  consistent: boolean;
  /** What decided, in the order it was looked at. */
  reasons: Evidence[];
}

/** confirmation: the agent himself, by answering a mail of ours to the address in the configuration. */
export type AuthenticationMethod = 'results' | 'header' | 'received' | 'dkim' | 'confirmation';

/** What our own check of the DKIM signatures found, made outside and passed in: it needs DNS. */
export interface DkimVerdict {
  signatures: DkimSignature[];
}

export interface DkimSignature {
  result: 'pass' | 'fail' | 'none' | 'neutral' | 'temperror' | 'permerror';
  /** d= */
  domain: string;
  /** l= is present: the signature ends before the body does. */
  lengthLimited: boolean;
  /** From stands in h=. */
  fromSigned: boolean;
  /** Null where bits are no measure (Ed25519). */
  rsaKeyBits: number | null;
}

/**
 * Asks the mailbox's sources of proof in order; the first that speaks decides. None is asked about a mail whose sender two
 * readers could read differently.
 */
export function judgeSender(
  mail: InboundMail,
  sources: readonly AuthenticationSource[],
  dkim: DkimVerdict | null = null,
): JudgedSender {
  const sender = {
    address: mail.from?.address ?? null,
    name: mail.from?.name ?? '',
    consistent: isConsistent(mail),
  };
  const doubts = doubtsAboutFrom(mail);
  if (mail.from === null || doubts.length > 0)
    return { ...sender, authenticated: false, method: null, silent: false, reasons: doubts };

  const domain = domainOf(mail.from.address);
  for (const source of sources) {
    const statement = askSource(source, mail, domain, dkim);
    if (statement === null) continue;
    const { method, authenticated, saw } = statement;
    const reasons = [{ rule: `authentication:${method}`, saw }];
    return { ...sender, authenticated, method: authenticated ? method : null, silent: false, reasons };
  }
  const reasons = [{ rule: 'authentication', saw: 'no source spoke' }];
  return { ...sender, authenticated: false, method: null, silent: true, reasons };
}

/**
 * The sender of a mail that its agent has confirmed. Only silence can be filled like this: what spoke against the mail when it
 * is looked at again still does.
 */
export function confirmedSender(judged: JudgedSender, confirmingMailId: Id): JudgedSender {
  if (!judged.silent) return judged;
  const reasons = [{ rule: 'authentication:confirmation', saw: `confirmed by mail ${confirmingMailId}` }];
  return { ...judged, authenticated: true, method: 'confirmation', silent: false, reasons };
}

/** Defects after which nobody can say whom the From header names. */
const DOUBTFUL: ReadonlySet<MailDefectCode> = new Set([
  'from-missing',
  'from-repeated',
  'from-several-addresses',
  'from-unreadable',
  'address-disagreement',
  'address-changed-by-canonical-form',
  'header-name-space',
  'header-lone-cr',
  'parser-refused',
]);

function doubtsAboutFrom(mail: InboundMail): Evidence[] {
  const doubts: Evidence[] = mail.defects
    .filter(({ code }) => DOUBTFUL.has(code))
    .map(({ code }) => ({ rule: 'defect', saw: code }));
  const fromCount = mail.headers.filter(({ name }) => name === 'from').length;
  if (fromCount > 1) doubts.push({ rule: 'from', saw: `${fromCount} headers` });
  if (mail.from === null && doubts.length === 0) doubts.push({ rule: 'from', saw: 'no address' });
  return doubts;
}

function isConsistent(mail: InboundMail): boolean {
  const isFrom = ({ address }: MailAddress) => address === mail.from?.address;
  return (mail.sender === null || isFrom(mail.sender)) && mail.replyTo.every(isFrom);
}

interface Statement {
  method: AuthenticationMethod;
  authenticated: boolean;
  saw: string;
}

/** Null when this source says nothing about the mail, so that the next one is asked. */
function askSource(
  source: AuthenticationSource,
  mail: InboundMail,
  fromDomain: string,
  dkim: DkimVerdict | null,
): Statement | null {
  if ('results' in source) return askResults(mail, source.results, fromDomain);
  if ('header' in source) return askHeader(mail, source.header, source.is);
  if ('receivedBy' in source) return askReceived(mail, source.receivedBy, source.with);
  return dkim === null ? null : askDkim(dkim, fromDomain);
}

/**
 * Only the topmost field of that authserv-id speaks: our server writes above everything that came with the mail, so what
 * stands below may be the sender's own (RFC 8601 §7.1). It must hold one dmarc result, for the domain in From (IN-13). A
 * domain without a DMARC policy leaves the word to the next source.
 */
function askResults(mail: InboundMail, authservId: string, fromDomain: string): Statement | null {
  const refused = (saw: string): Statement => ({ method: 'results', authenticated: false, saw });
  const results = topmostResults(mail, authservId.toLowerCase());
  if (results === null) return refused('unreadable');
  const dmarc = results.filter(({ method }) => method === 'dmarc');
  const [first, second] = dmarc;
  if (first === undefined || (second === undefined && first.result === 'none')) return null;
  if (second !== undefined) return refused(`${dmarc.length} dmarc results`);
  if (first.result !== 'pass') return refused('dmarc does not pass');
  const from = first.properties.filter(({ name }) => name === 'header.from');
  const isAligned = from.length === 1 && domainOf(from[0]?.value ?? '') === fromDomain;
  return isAligned
    ? { method: 'results', authenticated: true, saw: 'dmarc=pass' }
    : refused('dmarc=pass for another domain');
}

/**
 * Null when what may be our server's field cannot be read: an envelope sender with a bracket or quote in it can break the field
 * that quotes it, and the next one below is then the sender's own.
 */
function topmostResults(mail: InboundMail, authservId: string): MethodResult[] | null {
  for (const { name, value } of mail.headers) {
    if (name !== 'authentication-results') continue;
    const field = parseAuthenticationResults(value);
    if (field === null && value.toLowerCase().includes(authservId)) return null;
    if (field?.authservId === authservId) return field.results;
  }
  return [];
}

/** Said once and as agreed, or not said: a second one may have come with the mail. */
function askHeader(mail: InboundMail, header: string, expected: string): Statement | null {
  const values = mail.headers.filter(({ name }) => name === header.toLowerCase());
  if (values.length !== 1 || values[0]?.value.trim().toLowerCase() !== expected.toLowerCase()) return null;
  return { method: 'header', authenticated: true, saw: `${header.toLowerCase()} as agreed` };
}

/**
 * The topmost Received that the named host wrote when it took the mail in. Its own hand-over to the mail store stands above
 * (`with LMTP`) and is passed by; below the first line of another host anything may be forged. With SMTPUTF8 the protocol has
 * another name (RFC 6531 §4.3). Where the host names who logged in, it vouches for nobody else.
 */
function askReceived(mail: InboundMail, host: string, protocol: string): Statement | null {
  for (const { name, value } of mail.headers) {
    if (name !== 'received') continue;
    const line = splitClauses(value);
    if (line?.by !== host.toLowerCase() || line.with === undefined) return null;
    if (/^u?lmtps?a?$/.test(line.with)) continue;
    if (line.with.replace(/^utf8smtp/, 'esmtp') !== protocol.toLowerCase()) return null;
    const logins = [...value.matchAll(AUTHENTICATED_SENDER)].map(([, login]) => login?.toLowerCase() ?? '');
    if (logins.some((login) => login.includes('@') && login !== mail.from?.address.toLowerCase())) return null;
    return { method: 'received', authenticated: true, saw: `by the named host with ${line.with}` };
  }
  return null;
}

/**
 * Postfix, with `smtpd_sasl_authenticated_header = yes`. A client may greet with such a comment too, so each that names an address
 * must agree. A bare name may be anybody's.
 */
const AUTHENTICATED_SENDER = /\(authenticated sender: ([^()\s]+)\)/gi;

/** The `by` and `with` clauses of a Received field, RFC 5321 §4.4; null where either stands there twice. */
function splitClauses(received: string): { by?: string; with?: string } | null {
  const clauses: { by?: string; with?: string } = {};
  for (const [, clause, value] of (withoutComments(received) ?? '')
    .toLowerCase()
    .matchAll(/(?:^| )(by|with) ([^ ;]+)/g)) {
    if ((clause !== 'by' && clause !== 'with') || value === undefined) continue;
    if (clauses[clause] !== undefined) return null;
    clauses[clause] = value;
  }
  return clauses;
}

/** Keys shorter than this can be broken by those who care to (RFC 8301 §3.2 asks signers for it). */
const RSA_KEY_BITS_MIN = 2_048;

function askDkim({ signatures }: DkimVerdict, fromDomain: string): Statement | null {
  if (signatures.every(({ result }) => result === 'none')) return null;
  const usable = signatures.find(
    (signature) =>
      signature.result === 'pass' &&
      isAligned(signature.domain, fromDomain) &&
      signature.fromSigned &&
      !signature.lengthLimited &&
      (signature.rsaKeyBits === null || signature.rsaKeyBits >= RSA_KEY_BITS_MIN),
  );
  if (usable !== undefined) return { method: 'dkim', authenticated: true, saw: 'aligned signature' };
  const limited = signatures.some(({ result, lengthLimited }) => result === 'pass' && lengthLimited);
  const saw = limited ? 'signature that leaves out the end of the body' : 'no aligned signature';
  return { method: 'dkim', authenticated: false, saw };
}

/** Relaxed alignment, RFC 7489 §3.1.1: the same organisational domain. */
function isAligned(signedDomain: string, fromDomain: string): boolean {
  const organisation = getDomain(fromDomain, { allowPrivateDomains: true });
  return organisation !== null && getDomain(signedDomain, { allowPrivateDomains: true }) === organisation;
}

function domainOf(address: string): string {
  return address
    .slice(address.lastIndexOf('@') + 1)
    .toLowerCase()
    .replace(/\.$/, '');
}

/** How strong a proof is that a mail belongs to a ticket, weakest first, so that comparing positions compares strength. */
const PROOF_STRENGTHS = ['thread-index', 'number', 'stored-id', 'signed-id', 'token'] as const;
type ProofStrength = (typeof PROOF_STRENGTHS)[number];

/** What in the mail points at a ticket. */
export interface ThreadProof {
  strength: ProofStrength;
  /** Where in the mail: `to 1`, `in-reply-to`, `references 3` (newest first), `subject`. */
  place: string;
  /** For a token, what it was minted for. */
  purpose: TokenPurpose | null;
  /** Whom we gave the token or the id to, and nobody else; null where many have it. */
  heldByAddressId: Id | null;
}

/** The sender as the store knows the canonical address in From; null for one never seen. */
export interface KnownSender {
  addressId: Id;
  personId: Id;
  /** All addresses of that person, this one included. */
  personAddressIds: Id[];
  agent: { role: AgentRole; disabled: boolean } | null;
}

/** Who takes part in a ticket. */
export interface Participation {
  requesterId: Id;
  /** Canonical, all of theirs. */
  requesterAddresses: string[];
  collaborators: { addressId: Id; address: string; state: CollaboratorState }[];
}

export type CollaboratorState = 'proposed' | 'accepted' | 'removed';

/** The tokens by which an agent answers, notes and acts; any other in an agent's mail gives no power. */
const AGENT_PURPOSES = ['reply', 'note', 'act'] as const satisfies TokenPurpose[];
export type AgentPurpose = (typeof AGENT_PURPOSES)[number];

/**
 * join: the article counts as theirs · join-unverified: so it does, and agents see that nobody vouches for it · agent: it has
 * an agent's power · to-confirm: it would have, and nobody says for or against its sender: the agent is asked · held: an agent
 * must accept it first, nobody else sees it · none: the mail does not belong there.
 */
export type SenderRight =
  | { right: 'join'; as: 'requester' | 'collaborator' }
  | { right: 'join-unverified'; as: 'requester' | 'collaborator' }
  | { right: 'agent' | 'to-confirm'; personId: Id; purpose: AgentPurpose }
  | { right: 'held'; reason: 'stranger' | 'not-accepted' | 'agent-unproven' }
  | { right: 'none'; reason: 'stranger' | 'unauthenticated' };

/**
 * What a sender may do on the ticket that one proof names.
 *
 * A token or a signed id proves the thread, since only readers of our mail have it; it does not prove the person, since mail
 * is forwarded (TH-05). Somebody who takes part is believed with authentication, or with what was given to them alone;
 * otherwise they join with a mark. A number or a Thread-Index can be guessed and so needs authentication besides (TH-01); in an
 * agent's name and without it, the mail is held where the number leads, and the agent is told.
 */
export function decideSenderRight(
  sender: JudgedSender,
  known: KnownSender | null,
  ticket: Participation,
  proof: ThreadProof,
): SenderRight {
  const strength = PROOF_STRENGTHS.indexOf(proof.strength);
  const canBeGuessed = strength < PROOF_STRENGTHS.indexOf('stored-id');
  const isOurs = strength >= PROOF_STRENGTHS.indexOf('signed-id');
  const holdsProof =
    known !== null && proof.heldByAddressId !== null && known.personAddressIds.includes(proof.heldByAddressId);

  const isRequester = known?.personId === ticket.requesterId;
  if (canBeGuessed && !sender.authenticated) {
    // Whoever writes in an agent's name is trying something on this ticket, or is an agent who must hear of it.
    if (known?.agent && !isRequester) return { right: 'held', reason: 'agent-unproven' };
    return { right: 'none', reason: 'unauthenticated' };
  }
  const collaborator = ticket.collaborators.find(({ addressId }) => addressId === known?.addressId);
  if (!isRequester && known?.agent && !canBeGuessed) {
    const purpose = AGENT_PURPOSES.find((one) => one === proof.purpose);
    const isTheirs = sender.consistent && holdsProof && !known.agent.disabled;
    const isProven = sender.authenticated || sender.silent;
    if (!isTheirs || !isProven || purpose === undefined) return { right: 'held', reason: 'agent-unproven' };
    return { right: sender.authenticated ? 'agent' : 'to-confirm', personId: known.personId, purpose };
  }
  if (isRequester || collaborator?.state === 'accepted') {
    const isProven = sender.authenticated || holdsProof;
    return { right: isProven ? 'join' : 'join-unverified', as: isRequester ? 'requester' : 'collaborator' };
  }
  if (isOurs) return { right: 'held', reason: collaborator === undefined ? 'stranger' : 'not-accepted' };
  if (!canBeGuessed && collaborator?.state === 'proposed') return { right: 'held', reason: 'not-accepted' };
  return { right: 'none', reason: 'stranger' };
}
