import { failureReason } from '../core/failure-reasons.ts';
import type { DeliveryReport } from '../core/inbound-mail.ts';
import { returnedMarks } from '../core/returned-marks.ts';
import { canonicalAddress, readAddresses } from './address.ts';
import { readFreeTextReport } from './bounce/free-text-report.ts';
import { enhancedStatus, failureClass } from './bounce/reply-codes.ts';
import { cutText, oneLine } from './clean-text.ts';
import { headerValues, type RawHeader, readHeader } from './header-reader.ts';
import type { MailHeader } from './mail-header.ts';
import { readMessageIds } from './message-ids.ts';
import type { AttachedPart } from './mime-parts.ts';

const RECIPIENTS_MAX = 1000;
const DIAGNOSTIC_CHARACTERS_MAX = 500;

const STATUS_PARTS = new Set([
  'message/delivery-status',
  'message/global-delivery-status',
  // What programs write that mean it.
  'message/xdelivery-status',
  'application/x-delivery-status',
]);
const RETURNED_PARTS = new Set([
  'message/rfc822',
  'message/global',
  'message/global-headers',
  'text/rfc822-headers',
  'message/rfc822-headers',
]);
const ACTIONS = new Set<string>(['failed', 'delayed', 'delivered', 'relayed', 'expanded']);

/**
 * What a returned mail says about each recipient of ours: its RFC 3464 parts, an RFC 5965 complaint, or else its words, when its header
 * shows that a mail system sent it. The mail it is about is known by the Message-ID of the returned mail or its returned header.
 */
export function readDeliveryReports(attached: AttachedPart[], header: MailHeader, text: string): DeliveryReport[] {
  const returned = returnedHeader(attached);
  const originalMessageId = returned?.messageId ?? null;
  const structured = attached.flatMap(({ contentType, content }) => {
    if (contentType === 'message/feedback-report') return [complaint(content, originalMessageId)];
    if (contentType === 'message/disposition-notification') return refusal(content, text, originalMessageId);
    if (!STATUS_PARTS.has(contentType)) return [];
    return recipientBlocks((content ?? Buffer.of()).toString('utf8')).map((block) =>
      recipientReport(block, originalMessageId, text),
    );
  });
  const named = structured.filter(({ recipient }) => recipient !== null);
  if (named.length > 0) return named.slice(0, RECIPIENTS_MAX);
  const inWords = isFromMailSystem(header) ? readWords(header, text, returned) : [];
  return inWords.length > 0 ? inWords : structured.slice(0, RECIPIENTS_MAX);
}

/** Whether the header alone shows that a mail system sent this. */
export function isFromMailSystem(header: MailHeader): boolean {
  return returnedMarks(header).some(({ byMachine }) => byMachine);
}

/** A report whose MIME structure is broken stands as text, its RFC 3464 fields among the words. */
function readWords(header: MailHeader, text: string, returned: RawHeader | null): DeliveryReport[] {
  const originalMessageId = returned?.messageId ?? null;
  const fields = /^Final-Recipient:/im.test(text) ? recipientBlocks(text.slice(0, TEXT_CHARACTERS_MAX)) : [];
  const reports = fields.map((block) => recipientReport(block, originalMessageId, text));
  if (reports.some(({ recipient }) => recipient !== null)) return reports.slice(0, RECIPIENTS_MAX);
  const failed = headerValues(header.headers, 'x-failed-recipients').join(',');
  const returnedTo = returned === null ? [] : headerValues(returned.fields, 'to');
  return readFreeTextReport(text, {
    likelyRecipients: failed !== '' ? addressesIn(failed) : oneAddress(returnedTo),
    bystanders: [header.from, ...header.to].flatMap((one) => (one === null ? [] : [one.address.toLowerCase()])),
    reporterDomain: header.from?.address.split('@').at(-1) ?? null,
    subject: header.subject,
    originalMessageId,
  });
}

const TEXT_CHARACTERS_MAX = 64 * 1024;

function addressesIn(value: string): string[] {
  return value
    .slice(0, TEXT_CHARACTERS_MAX)
    .split(',')
    .map((one) => one.trim())
    .slice(0, RECIPIENTS_MAX);
}

/** A mail to several people does not say which of them failed. */
function oneAddress(values: string[]): string[] {
  const addresses = readAddresses(values, 2).addresses;
  return addresses.length === 1 ? addresses.map(({ address }) => address) : [];
}

/** A complaint (RFC 5965) is about a mail that did arrive. */
function complaint(content: Buffer | null, originalMessageId: string | null): DeliveryReport {
  const { fields } = readHeader(content ?? Buffer.of());
  const recipient = fields.find(({ name }) => name === 'original-rcpt-to')?.value;
  return {
    recipient: recipientAddress(recipient),
    action: 'delivered',
    status: null,
    permanent: false,
    reason: 'complaint',
    diagnostic: null,
    originalMessageId,
  };
}

/** A recipient's filter that refuses a mail says so in the form of a receipt (RFC 5429 §2.1.2): `deleted`, and in words why. */
function refusal(content: Buffer | null, text: string, originalMessageId: string | null): DeliveryReport[] {
  const { fields } = readHeader(content ?? Buffer.of());
  const disposition = fields.find(({ name }) => name === 'disposition')?.value ?? '';
  if (!/^automatic-action\b.*;\s*deleted/i.test(disposition) || !/\b(?:rejected|refused)\b/i.test(text)) return [];
  const id = fields.find(({ name }) => name === 'original-message-id')?.value ?? '';
  return [
    {
      recipient: recipientAddress(fields.find(({ name }) => name === 'final-recipient')?.value),
      action: 'failed',
      status: null,
      permanent: true,
      reason: failureReason(null, text),
      diagnostic: cutText(oneLine(text), DIAGNOSTIC_CHARACTERS_MAX),
      originalMessageId: readMessageIds(id)[0] ?? originalMessageId,
    },
  ];
}

function returnedHeader(attached: AttachedPart[]): RawHeader | null {
  const returned = attached.find(({ contentType }) => RETURNED_PARTS.has(contentType));
  return returned?.content ? readHeader(returned.content) : null;
}

type Block = Map<string, string>;

/** Blocks stand apart by empty lines; the first is about the message (§2.2), each further one about a recipient (§2.3). */
function recipientBlocks(content: string): Block[] {
  const blocks: Block[] = [];
  for (const text of content.replaceAll('\r', '').split(/\n[ \t]*\n/)) {
    let block: Block = new Map();
    const keep = () => {
      if (block.has('final-recipient') || block.has('original-recipient') || block.has('action')) blocks.push(block);
    };
    for (const { name, value } of readHeader(Buffer.from(text.replace(/^\s+/, ''))).fields) {
      // Some leave the empty line out.
      if (name === 'final-recipient' && block.has(name)) {
        keep();
        block = new Map();
      }
      if (!block.has(name)) block.set(name, value);
    }
    keep();
  }
  return blocks;
}

function recipientReport(block: Block, originalMessageId: string | null, text: string): DeliveryReport {
  const diagnostic = cutText(
    oneLine(withoutType(block.get('diagnostic-code'))).replace(/\s+/g, ' '),
    DIAGNOSTIC_CHARACTERS_MAX,
  );
  const status = readStatus(enhancedStatus(block.get('status') ?? ''), diagnostic);
  const action = readAction(block.get('action'), status);
  return {
    recipient: recipientAddress(block.get('original-recipient')) ?? recipientAddress(block.get('final-recipient')),
    action,
    status,
    permanent: action === 'failed' && failureClass(status, diagnostic) !== '4',
    reason: ARRIVED.has(action) ? null : reasonOf(status, diagnostic || statusComment(block.get('status')), text),
    diagnostic: diagnostic || null,
    originalMessageId,
  };
}

/** Without words of its own a report is explained by its status, and where that says nothing by the text above it. */
function reasonOf(status: string | null, words: string, text: string): DeliveryReport['reason'] {
  return failureReason(status, words) ?? failureReason(null, text.slice(0, TEXT_CHARACTERS_MAX));
}

/** `4.0.0 (customer.test: host name lookup failure)` */
function statusComment(value = ''): string {
  return /\(([^()]{1,300})\)/.exec(value)?.[1] ?? '';
}

const ARRIVED = new Set<string>(['delivered', 'relayed', 'expanded']);

/** `5.0.0` says no more than that it failed; the answer of the other server may know better, and may even say 4. */
function readStatus(written: string | null, diagnostic: string): string | null {
  return written === null || written.endsWith('.0.0') ? (enhancedStatus(diagnostic) ?? written) : written;
}

/** `smtp; 550 5.1.1 ...` without its type (§2.1.1). */
function withoutType(value = ''): string {
  return value.replace(/^[a-z0-9-]{1,40}\s*;\s*/i, '');
}

/** `rfc822; karen@customer.test`. The original recipient is the address we wrote to; the final one may be an alias of it. */
function recipientAddress(value: string | undefined): string | null {
  const address = withoutType(value).replace(/^<|>$/g, '');
  return address.includes('...@') ? null : (canonicalAddress(address)?.address ?? null);
}

/** Without a usable Action the status decides; a report that names neither is about a failure. */
function readAction(value: string | undefined, status: string | null): DeliveryReport['action'] {
  const word = /^[a-z]+/.exec(value?.trim().toLowerCase() ?? '')?.[0] ?? '';
  if (isAction(word)) return word;
  if (status?.startsWith('2.')) return 'delivered';
  return status?.startsWith('4.') ? 'delayed' : 'failed';
}

function isAction(word: string): word is DeliveryReport['action'] {
  return ACTIONS.has(word);
}
