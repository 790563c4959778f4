/**
 * How a mail provider treats mail on its way into a mailbox, for the trial's relay. Real providers differ in what they
 * take away from outside mail and in what they say about its sender; each is one profile here.
 */
import addressparser from 'nodemailer/lib/addressparser';

export interface ProviderProfile {
  /** The authserv-id its Authentication-Results begin with, and its host name. */
  authservId: string;
  /** Header fields that only this provider may set, by name in lower-case; others' are taken away. */
  isOwnField(name: string): boolean;
}

/** The provider of the trial: DMARC is the whole of its judgement. */
export const TRIAL_PROVIDER: ProviderProfile = {
  authservId: 'mx.desk.test',
  isOwnField: (name) => name.startsWith('x-desk-test-'),
};

export interface Submission {
  /** Who logged in, null for nobody: mail from outside. */
  authenticatedUser: string | null;
  /** What the client called itself, and from where. */
  clientName: string;
  clientAddress: string;
  /** Domains whose senders we can judge: they could have logged in. */
  ownDomains: readonly string[];
  queueId: string;
  receivedAt: Date;
}

/** The mail as the provider passes it on: forged verdicts gone, its own on top; everything else byte for byte. */
export function stamp(raw: Buffer, profile: ProviderProfile, submission: Submission): Buffer {
  const { fields, rest } = splitHeader(raw);
  const kept = fields.filter((field) => !isForged(field, profile));
  const verdict = senderVerdict(fields, submission);
  const results = [
    ...(submission.authenticatedUser === null ? [] : [`auth=pass smtp.auth=${submission.authenticatedUser}`]),
    `dmarc=${verdict.result}${verdict.domain === null ? '' : ` header.from=${verdict.domain}`}`,
  ];
  const own =
    `Authentication-Results: ${profile.authservId};\r\n\t${results.join(';\r\n\t')}\r\n` +
    `Received: from ${submission.clientName} ([${submission.clientAddress}])\r\n` +
    `\tby ${profile.authservId} with ${submission.authenticatedUser === null ? 'ESMTP' : 'ESMTPA'} id ${submission.queueId};\r\n` +
    `\t${submission.receivedAt.toUTCString().replace('GMT', '+0000')}\r\n`;
  return Buffer.concat([Buffer.from(own), Buffer.from(kept.join(''), 'latin1'), rest]);
}

/** Logged in as exactly the address in From: pass. Claims one of our domains without that: fail. Others: none. */
function senderVerdict(
  fields: string[],
  { authenticatedUser, ownDomains }: Submission,
): { result: 'pass' | 'fail' | 'none'; domain: string | null } {
  const from = fields
    .filter((field) => fieldName(field) === 'from')
    .flatMap((field) => addressparser(fieldValue(field), { flatten: true }))
    .map(({ address }) => address.toLowerCase());
  const claimed = from.find((address) => ownDomains.includes(domainOf(address)));
  if (claimed === undefined) return { result: 'none', domain: isDomain(from[0]) ? domainOf(from[0]) : null };
  const isOneself = from.length === 1 && claimed === authenticatedUser;
  return { result: isOneself ? 'pass' : 'fail', domain: domainOf(claimed) };
}

/** Our own verdict, or a field only we set, in a mail that came to us from elsewhere. */
function isForged(field: string, profile: ProviderProfile): boolean {
  const name = fieldName(field);
  if (profile.isOwnField(name)) return true;
  return name === 'authentication-results' && fieldValue(field).toLowerCase().includes(profile.authservId);
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

function fieldName(field: string): string {
  return field
    .slice(0, Math.max(0, field.indexOf(':')))
    .trim()
    .toLowerCase();
}

function fieldValue(field: string): string {
  return field
    .slice(field.indexOf(':') + 1)
    .replace(/\r?\n/g, '')
    .trim();
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

function isDomain(address: string | undefined): address is string {
  return address !== undefined && /^[a-z0-9.-]+$/.test(domainOf(address));
}
