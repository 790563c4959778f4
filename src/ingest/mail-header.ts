import type { InboundMail, MailAddress } from '../core/inbound-mail.ts';
import { ADDRESSES_MAX, type AddressReading, canonicalAddress, readAddresses } from './address.ts';
import { cutText, hasBidiControl, oneLine } from './clean-text.ts';
import { readDate } from './date.ts';
import type { DefectList } from './defects.ts';
import { decodeWords } from './encoded-words.ts';
import { type HeaderOddity, headerValues, type RawHeader } from './header-reader.ts';
import { readReferences } from './message-ids.ts';

/** The fields of an InboundMail that stand in its header. */
export type MailHeader = Pick<
  InboundMail,
  | 'messageId'
  | 'inReplyTo'
  | 'references'
  | 'from'
  | 'sender'
  | 'replyTo'
  | 'to'
  | 'cc'
  | 'deliveredTo'
  | 'returnPath'
  | 'subject'
  | 'date'
  | 'headers'
  | 'language'
>;

const SUBJECT_CHARACTERS_MAX = 1000;
const DELIVERED_TO_MAX = 100;

/** What the header says, from the raw fields alone: the same whether or not the body could be parsed (IN-12). */
export function readMailHeader(header: RawHeader, defects: DefectList): MailHeader {
  const values = (name: string) => headerValues(header.fields, name);
  for (const oddity of header.oddities) defects.add(oddity, ODDITY_DETAILS[oddity]);
  const inReplyTo = readReferences(values('in-reply-to'));
  const references = readReferences(values('references'));
  if (inReplyTo.cut || references.cut) defects.add('over-limit', 'more than 500 references');
  const to = readRecipients(values('to'), ADDRESSES_MAX, defects);
  const cc = readRecipients(values('cc'), ADDRESSES_MAX - to.length, defects);
  return {
    messageId: readMessageId(header, defects),
    inReplyTo: inReplyTo.ids,
    references: references.ids,
    from: readFrom(values('from'), defects),
    sender: readRecipients(values('sender').slice(0, 1), 1, defects)[0] ?? null,
    replyTo: readRecipients(values('reply-to'), ADDRESSES_MAX, defects),
    to,
    cc,
    deliveredTo: readDeliveredTo(header),
    returnPath: readReturnPath(values('return-path')),
    subject: readSubject(values('subject')[0] ?? '', defects),
    date: readMailDate(values('date')[0], defects),
    headers: header.fields.map(({ name, value }) => ({ name, value: value.toWellFormed() })),
    language: readLanguage(values('content-language')),
  };
}

const ODDITY_DETAILS: Record<HeaderOddity, string> = {
  'over-limit': 'header block over 100 KiB or 10,000 fields',
  'header-name-space': 'white space between a field name and its colon',
  'header-lone-cr': 'a CR without LF inside a header field',
  'nul-bytes': 'NUL in the header',
};

function readMessageId(header: RawHeader, defects: DefectList): string | null {
  const count = headerValues(header.fields, 'message-id').length;
  if (count > 1) defects.add('message-id-repeated', `${count} Message-ID fields`);
  else if (header.messageId === null) defects.add('message-id-missing', 'no usable Message-ID');
  return header.messageId;
}

/** A sender is one address in one From field; everything else may be read differently elsewhere (§8 cases 8 to 23). */
function readFrom(values: string[], defects: DefectList): MailAddress | null {
  if (values.length === 0) {
    defects.add('from-missing', 'no From field');
    return null;
  }
  const reading = readAddresses(values);
  noteSenderDefects(reading, defects);
  const [from] = reading.addresses;
  if (values.length > 1) {
    defects.add('from-repeated', `${values.length} From fields`);
    return null;
  }
  if (from === undefined) {
    defects.add(values[0] === '' ? 'from-missing' : 'from-unreadable', 'no usable address in From');
    return null;
  }
  if (reading.grouped || reading.addresses.length > 1) {
    defects.add('from-several-addresses', reading.grouped ? 'a group in From' : 'several addresses in From');
    return null;
  }
  return from;
}

/** Recipients are many and mostly harmless: what makes a sender doubtful is noted of From only. */
function readRecipients(values: string[], max: number, defects: DefectList): MailAddress[] {
  if (values.length === 0) return [];
  const reading = readAddresses(values, max);
  if (reading.cut) defects.add('over-limit', 'more than 1000 addresses');
  if (reading.bidiControl) defects.add('bidi-control', 'in a name');
  return reading.addresses;
}

function noteSenderDefects(reading: AddressReading, defects: DefectList): void {
  if (reading.cut) defects.add('over-limit', 'more than 1000 addresses');
  if (reading.bidiControl) defects.add('bidi-control', 'in the name of the sender');
  if (reading.disagreement) defects.add('address-disagreement', 'From reads differently in a strict parser');
  if (reading.changed) defects.add('address-changed-by-canonical-form', 'the domain in From');
}

const DELIVERY_FIELDS = new Set(['delivered-to', 'x-original-to', 'envelope-to']);

function readDeliveredTo(header: RawHeader): string[] {
  const addresses = new Set<string>();
  for (const { name, value } of header.fields) {
    if (!DELIVERY_FIELDS.has(name) || addresses.size >= DELIVERED_TO_MAX) continue;
    const canonical = canonicalAddress(value.replace(/^<|>$/g, ''));
    if (canonical !== null) addresses.add(canonical.address);
  }
  return [...addresses];
}

/** The topmost one: the receiving server wrote it last. RFC 5321 §4.4. */
function readReturnPath([value]: string[]): string | null {
  if (value === undefined) return null;
  const path = value.replace(/^<|>$/g, '').trim();
  return path === '' ? '' : (canonicalAddress(path)?.address ?? null);
}

function readSubject(value: string, defects: DefectList): string {
  const decoded = decodeWords(value);
  if (hasBidiControl(decoded)) defects.add('bidi-control', 'in the subject');
  const subject = oneLine(decoded);
  if (subject.length > SUBJECT_CHARACTERS_MAX) defects.add('over-limit', 'subject over 1000 characters');
  return cutText(subject, SUBJECT_CHARACTERS_MAX);
}

function readMailDate(value: string | undefined, defects: DefectList): Date | null {
  if (value === undefined || value === '') {
    defects.add('date-missing', 'no Date field');
    return null;
  }
  const date = readDate(value);
  if (date === null) defects.add('date-unreadable', 'the Date field is no date');
  return date;
}

/** One language and only one: a list says which ones a reader needs, not which one the sender writes. RFC 3282. */
function readLanguage([value]: string[]): string | null {
  return value !== undefined && /^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$/i.test(value) ? value : null;
}
