/**
 * How a mail provider treats mail on its way into a mailbox, for the trial's relay. Providers differ in what they take
 * away from outside mail, in what they say about its sender and in where they say it; each is one file in `providers/`.
 *
 * One relay plays all mail servers of the trial. Whoever logs in with an address of the tenant (the desk's own domain) submits
 * mail to this provider; whoever logs in with another address has handed it to the server of that domain, which passes it on
 * to ours; without a login it came from a stranger.
 */
import addressparser from 'nodemailer/lib/addressparser';
import type { AuthenticationSource } from '../core/desk-config.ts';

export interface ProviderProfile {
  /** The server that takes mail in, as it calls itself in Received. */
  host: string;
  /** What the `authentication` list of a mailbox at this provider says. */
  authentication: AuthenticationSource[];
  /** Lets nobody of the tenant write another address than their own into From. */
  sendsOnlyAsOneself: boolean;
  /** Whether a field that came with the mail pretends to be this provider's own, and is taken away. */
  isForged(field: HeaderField, arrival: Arrival): boolean;
  /** What it writes above the mail: whole fields, each ended by CRLF. */
  headerOf(arrival: Arrival): string;
}

export interface HeaderField {
  /** Lower-case. */
  name: string;
  /** Unfolded. */
  value: string;
}

export interface Submission {
  /** Who logged in, null for nobody: mail from a stranger. */
  authenticatedUser: string | null;
  /** '' for the null sender. */
  envelopeFrom: string;
  recipients: readonly string[];
  /** What the client called itself, and from where. */
  clientName: string;
  clientAddress: string;
  /** Whose provider this is. */
  tenantDomain: string;
  /** Domains that promise by DMARC to send none but authenticated mail. */
  strictDomains: readonly string[];
  queueId: string;
  receivedAt: Date;
}

/** The mail as the provider sees it. */
export interface Arrival extends Submission {
  /** Logged in to this very provider. */
  isSubmission: boolean;
  /** Pass where the server of that domain let its user send; every other mail of a strict domain fails. */
  dmarc: { result: 'pass' | 'fail' | 'none'; domain: string | null };
  /** The domain of the envelope sender, or what the client called itself for the null sender; pass as above. */
  spf: { result: 'pass' | 'none'; domain: string };
}

/** The mail as the provider passes it on: forged verdicts gone, its own on top; everything else byte for byte. */
export function stamp(raw: Buffer, profile: ProviderProfile, submission: Submission): Buffer {
  const { fields, rest } = splitHeader(raw);
  const arrival = judged(fields, submission);
  const kept = fields.filter((field) => !profile.isForged(readField(field), arrival));
  return Buffer.concat([Buffer.from(profile.headerOf(arrival)), Buffer.from(kept.join(''), 'latin1'), rest]);
}

/** Whether the provider lets whoever logged in send this mail. */
export function maySend(raw: Buffer, profile: ProviderProfile, submission: Submission): boolean {
  const { isSubmission, authenticatedUser } = judged(splitHeader(raw).fields, submission);
  if (!isSubmission || !profile.sendsOnlyAsOneself) return true;
  return fromAddresses(splitHeader(raw).fields).every((address) => address === authenticatedUser);
}

function judged(fields: string[], submission: Submission): Arrival {
  const { authenticatedUser, envelopeFrom, clientName, tenantDomain, strictDomains } = submission;
  const from = fromAddresses(fields);
  const claimed = from.find((address) => strictDomains.includes(domainOf(address)));
  const isOneself = from.length === 1 && claimed === authenticatedUser;
  const dmarc: Arrival['dmarc'] =
    claimed === undefined
      ? { result: 'none', domain: isDomain(from[0]) ? domainOf(from[0]) : null }
      : { result: isOneself ? 'pass' : 'fail', domain: domainOf(claimed) };
  const sentBy = envelopeFrom === '' ? clientName : domainOf(envelopeFrom);
  const isTheirs = authenticatedUser !== null && domainOf(authenticatedUser) === sentBy;
  return {
    ...submission,
    isSubmission: authenticatedUser !== null && domainOf(authenticatedUser) === tenantDomain,
    dmarc,
    spf: { result: isTheirs ? 'pass' : 'none', domain: sentBy },
  };
}

function fromAddresses(fields: string[]): string[] {
  return fields
    .map(readField)
    .filter(({ name }) => name === 'from')
    .flatMap(({ value }) => addressparser(value, { flatten: true }))
    .map(({ address }) => address.toLowerCase());
}

/** Raw fields with their folded lines and line ends, in order, one byte a character; `rest` begins with the empty line. */
function splitHeader(raw: Buffer): { fields: string[]; rest: Buffer } {
  const text = raw.toString('latin1');
  const fields: string[] = [];
  let at = 0;
  for (const [line] of text.matchAll(/[^\n]*\n|[^\n]+$/g)) {
    if (line === '\n' || line === '\r\n') break;
    at += line.length;
    if (/^[ \t]/.test(line) && fields.length > 0) fields[fields.length - 1] += line;
    else fields.push(line);
  }
  return { fields, rest: raw.subarray(at) };
}

function readField(field: string): HeaderField {
  const colon = Math.max(0, field.indexOf(':'));
  return {
    name: field.slice(0, colon).trim().toLowerCase(),
    value: field
      .slice(colon + 1)
      .replace(/\r?\n/g, '')
      .trim(),
  };
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

function isDomain(address: string | undefined): address is string {
  return address !== undefined && /^[a-z0-9.-]+$/.test(domainOf(address));
}
