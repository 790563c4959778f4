import type { DeliveryReport } from '../core/inbound-mail.ts';
import { canonicalAddress } from './address.ts';
import { cutText, oneLine } from './clean-text.ts';
import { readHeader } from './header-reader.ts';
import type { AttachedPart } from './mime-parts.ts';

const RECIPIENTS_MAX = 1000;
const DIAGNOSTIC_CHARACTERS_MAX = 500;

const STATUS_PARTS = new Set(['message/delivery-status', 'message/global-delivery-status']);
const RETURNED_PARTS = new Set([
  'message/rfc822',
  'message/global',
  'message/global-headers',
  'text/rfc822-headers',
  'message/rfc822-headers',
]);
const ACTIONS = new Set<string>(['failed', 'delayed', 'delivered', 'relayed', 'expanded']);

/**
 * What the RFC 3464 parts of a mail say about each recipient of ours, and an RFC 5965 complaint about one. The mail it is about is known by the Message-ID of
 * the returned mail or its returned header, never by free text.
 */
export function readDeliveryReports(attached: AttachedPart[]): DeliveryReport[] {
  const originalMessageId = returnedMessageId(attached);
  return attached
    .flatMap(({ contentType, content }) => {
      if (contentType === 'message/feedback-report') return [complaint(content, originalMessageId)];
      if (!STATUS_PARTS.has(contentType)) return [];
      return recipientBlocks(content).map((block) => recipientReport(block, originalMessageId));
    })
    .slice(0, RECIPIENTS_MAX);
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

function returnedMessageId(attached: AttachedPart[]): string | null {
  const returned = attached.find(({ contentType }) => RETURNED_PARTS.has(contentType));
  return returned?.content ? readHeader(returned.content).messageId : null;
}

type Block = Map<string, string>;

/** Blocks stand apart by empty lines; the first is about the message (§2.2), each further one about a recipient (§2.3). */
function recipientBlocks(content: Buffer | null): Block[] {
  const blocks: Block[] = [];
  for (const text of (content ?? Buffer.of())
    .toString('utf8')
    .replaceAll('\r', '')
    .split(/\n[ \t]*\n/)) {
    const fields: Block = new Map();
    for (const { name, value } of readHeader(Buffer.from(text.replace(/^\s+/, ''))).fields) {
      if (!fields.has(name)) fields.set(name, value);
    }
    if (fields.has('final-recipient') || fields.has('original-recipient') || fields.has('action')) blocks.push(fields);
  }
  return blocks;
}

function recipientReport(block: Block, originalMessageId: string | null): DeliveryReport {
  const diagnostic = cutText(
    oneLine(withoutType(block.get('diagnostic-code'))).replace(/\s+/g, ' '),
    DIAGNOSTIC_CHARACTERS_MAX,
  );
  const status = enhancedStatus(block.get('status')) ?? enhancedStatus(diagnostic);
  const action = readAction(block.get('action'), status);
  return {
    recipient: recipientAddress(block.get('original-recipient')) ?? recipientAddress(block.get('final-recipient')),
    action,
    status,
    permanent: action === 'failed' && !status?.startsWith('4.'),
    reason: status === null ? null : (REASONS[status.slice(2)] ?? null),
    diagnostic: diagnostic || null,
    originalMessageId,
  };
}

/** `smtp; 550 5.1.1 ...` without its type (§2.1.1). */
function withoutType(value = ''): string {
  return value.replace(/^[a-z0-9-]{1,40}\s*;\s*/i, '');
}

/** `rfc822; karen@customer.test`. The original recipient is the address we wrote to; the final one may be an alias of it. */
function recipientAddress(value: string | undefined): string | null {
  const address = withoutType(value).replace(/^<|>$/g, '');
  return canonicalAddress(address)?.address ?? null;
}

/** RFC 3463: the first `class.subject.detail` in the text. */
function enhancedStatus(text = ''): string | null {
  return /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(text)?.[0] ?? null;
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

/** RFC 3463 §3: what `X.subject.detail` means to a person, where it means something. */
const REASONS: Record<string, string> = {
  '1.0': 'bad-address',
  '1.1': 'no-such-user',
  '1.2': 'no-such-host',
  '1.3': 'bad-address',
  '1.6': 'moved',
  '1.10': 'no-such-host',
  '2.1': 'disabled',
  '2.2': 'mailbox-full',
  '2.3': 'too-big',
  '3.4': 'too-big',
  '4.1': 'unreachable',
  '4.2': 'unreachable',
  '4.4': 'no-such-host',
  '4.6': 'loop',
  '4.7': 'expired',
  '7.0': 'policy',
  '7.1': 'policy',
  '7.26': 'authentication',
};
