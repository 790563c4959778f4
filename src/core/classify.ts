import { autoReplyEvidence } from './auto-reply.ts';
import type { Evidence, InboundMail, MailKind, MailKindVerdict } from './inbound-mail.ts';
import { returnedMarks } from './returned-marks.ts';

/** What makes a mail our own. */
export interface OwnIdentity {
  /** Mailboxes and their aliases, canonical. */
  addresses: string[];
  /** Whether we minted and signed this Message-ID. */
  isOwnMessageId(id: string): boolean;
}

/** RFC 5321 §6.3 asks for at least 100 in a relay; Postfix stops at 50, and so does a mail that goes in circles here. */
const RECEIVED_MAX = 50;

/**
 * What kind of mail this is, with what shows it.
 *
 * A person's mail taken for a machine's reopens nothing and starts no clock, and nobody notices: the worst error here. So
 * every kind but `person` needs a mark that only machines set, and words are never enough alone: at most a subject as only mail programs
 * write it and a text that says the same.
 * The kinds are asked in the order in which they exclude each other: a bounce carries `Auto-Submitted` too.
 */
export function classifyMail(mail: InboundMail, own: OwnIdentity): MailKindVerdict {
  for (const [kind, look] of LOOKS) {
    const evidence = look(mail, own);
    if (evidence.length > 0) return { kind, evidence };
  }
  return { kind: 'person', evidence: [] };
}

type Look = (mail: InboundMail, own: OwnIdentity) => Evidence[];

const LOOKS: [MailKind, Look][] = [
  ['loop', loopEvidence],
  ['complaint', complaintEvidence],
  ['read-receipt', readReceiptEvidence],
  ['bounce', bounceEvidence],
  ['delivery-report', deliveryReportEvidence],
  ['auto-reply', answerEvidence],
  ['list', listEvidence],
];

/** Our own mail come back, or one that goes in circles (OUT-17, §8 cases 4, 37, 87). */
function loopEvidence(mail: InboundMail, own: OwnIdentity): Evidence[] {
  const evidence: Evidence[] = [];
  if (mail.messageId !== null && own.isOwnMessageId(mail.messageId)) evidence.push(saw('own-message-id', 'Message-ID'));
  if (mail.from !== null && isOwn(mail.from.address, own)) evidence.push(saw('own-address', 'From'));
  const hops = mail.headers.filter(({ name }) => name === 'received').length;
  if (hops > RECEIVED_MAX) evidence.push(saw('too-many-hops', `${hops} Received fields`));
  return evidence;
}

/** Also for a subaddress of ours (RFC 5233): nobody else sends from one. */
function isOwn(address: string, own: OwnIdentity): boolean {
  const [localPart = '', domain = ''] = splitAddress(address.toLowerCase());
  const plain = `${localPart.split('+', 1)[0]}@${domain}`;
  return own.addresses.some((one) => one.toLowerCase() === address.toLowerCase() || one.toLowerCase() === plain);
}

/** RFC 5965. */
function complaintEvidence(mail: InboundMail): Evidence[] {
  return isReport(mail, 'feedback-report') || (isReport(mail) && hasPart(mail, 'message/feedback-report'))
    ? [saw('feedback-report', 'multipart/report')]
    : [];
}

/** RFC 8098. One that says the mail was rejected (RFC 5429) is read as a failure and is none. */
function readReceiptEvidence(mail: InboundMail): Evidence[] {
  if (mail.deliveryReports.length > 0) return [];
  return isReport(mail, 'disposition-notification') ||
    (isReport(mail) && hasPart(mail, 'message/disposition-notification'))
    ? [saw('disposition-notification', 'multipart/report')]
    : [];
}

/**
 * A mail of ours that came back: marks of a mail system in the header, weighed with what the mail reports. At least one mark must be one
 * that only machines set, so that a person who forwards or attaches the report they got, to ask for help with it, stays a person.
 */
function bounceEvidence(mail: InboundMail): Evidence[] {
  const reports = mail.deliveryReports;
  const failed = reports.find(({ action, reason }) => action === 'failed' && reason !== 'challenge');
  if (reports.length > 0 && failed === undefined) return [];
  const marks = returnedMarks(mail);
  const weight = marks.reduce((sum, mark) => sum + mark.weight, failed === undefined ? 0 : FAILURE_WEIGHT);
  if (weight < BOUNCE_WEIGHT || !marks.some(({ byMachine }) => byMachine)) return [];
  // Absence notes travel the same way as bounces: where they come from and go to says nothing without a report.
  if (failed === undefined && marks.every(({ saw: where }) => where === 'Return-Path' || where === 'To')) return [];
  const evidence = marks.map(({ rule, saw: where }) => saw(rule, where));
  return failed === undefined
    ? evidence
    : [saw('delivery-report', `failed ${failed.status ?? 'without a status'}`), ...evidence];
}

const BOUNCE_WEIGHT = 3;
const FAILURE_WEIGHT = 1;

/** RFC 3464 with anything but a failure: delayed, delivered, relayed, or a report we cannot read. */
function deliveryReportEvidence(mail: InboundMail): Evidence[] {
  const report = mail.deliveryReports.find(({ action, reason }) => action !== 'failed' && reason !== 'challenge');
  if (report !== undefined && isReturned(mail)) return [saw('delivery-report', report.action)];
  if (mail.deliveryReports.length > 0 || !isReport(mail, 'delivery-status')) return [];
  return [saw('delivery-report', 'without a readable recipient')];
}

function isReturned(mail: InboundMail): boolean {
  return isReport(mail) || returnedMarks(mail).some(({ byMachine }) => byMachine);
}

/** A server that wants the sender to prove something before it delivers: nothing came back, and somebody may still act. */
function answerEvidence(mail: InboundMail): Evidence[] {
  const isChallenge = mail.deliveryReports.some(({ reason }) => reason === 'challenge') && isReturned(mail);
  return isChallenge ? [saw('challenge', 'delivery report')] : autoReplyEvidence(mail);
}

/** RFC 2919, and the older Precedence of lists and mass mail. Absence notes that carry it were found above. */
function listEvidence(mail: InboundMail): Evidence[] {
  return mail.headers.flatMap(({ name, value }) => {
    if (name === 'list-id') return [saw('list-id', 'List-Id')];
    const precedence = name === 'precedence' ? /^(?:list|bulk|junk)\b/i.exec(value.trim())?.[0] : undefined;
    return precedence === undefined ? [] : [saw('precedence', precedence.toLowerCase())];
  });
}

/** RFC 6522: the top content type is `multipart/report`, of this type when one is named. */
function isReport(mail: InboundMail, reportType?: string): boolean {
  const contentType = mail.headers.find(({ name }) => name === 'content-type')?.value.toLowerCase() ?? '';
  if (!/^multipart\/report\b/.test(contentType)) return false;
  if (reportType === undefined) return true;
  return /;\s*report-type\s*=\s*"?([a-z-]+)/.exec(contentType)?.[1] === reportType;
}

function hasPart(mail: InboundMail, contentType: string): boolean {
  return mail.attachments.some((attachment) => attachment.contentType === contentType);
}

function splitAddress(address: string): [localPart: string, domain: string] {
  const at = address.lastIndexOf('@');
  return [address.slice(0, at), address.slice(at + 1)];
}

function saw(rule: string, what: string): Evidence {
  return { rule, saw: what };
}
