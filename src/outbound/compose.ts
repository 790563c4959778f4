import { createHash } from 'node:crypto';
import { wrap as wrapBase64 } from 'nodemailer/lib/base64';
import { buildHeaderValue } from 'nodemailer/lib/mime-funcs';
import { encode, wrap } from 'nodemailer/lib/qp';
import type { MailAddress } from '../core/inbound-mail.ts';
import { PermanentError } from '../errors.ts';
import {
  cutReferences,
  encodeAddress,
  encodeText,
  headerLine,
  isMessageId,
  needsSmtpUtf8,
  oneLine,
} from './header-values.ts';

/** Everything a mail of ours is made of. The same input always gives the same bytes. */
export interface MailToCompose {
  /** Ours, signed, without brackets. */
  messageId: string;
  date: Date;
  /** Whom the envelope names: decides whether addresses may stand in UTF-8 (RFC 6531). */
  recipientAddress: string;
  from: MailAddress;
  /** Visible, not necessarily the recipient of this very mail. */
  to: MailAddress[];
  cc: MailAddress[];
  /** The signed reply address; null where nothing may be answered. */
  replyTo: MailAddress | null;
  subject: string;
  /** Without brackets; ids that no header may carry are left out. */
  inReplyTo: string | null;
  /** Ancestors, oldest first. */
  references: string[];
  /** RFC 3834 §5: answers some mail by itself · was made by a machine for another reason · written by a person. */
  automatic: 'auto-replied' | 'auto-generated' | null;
  /** BCP 47. */
  language: string;
  text: string;
  /** Says the same as `text`. */
  html: string;
  attachments?: readonly OutgoingAttachment[];
  /** What a mail to an agent is about, for the rules of their mail program. */
  about?: { ticketNumber: string; reason: string };
}

export interface OutgoingAttachment {
  fileName: string;
  contentType: string;
  content: Uint8Array;
}

export interface ComposedMail {
  messageId: string;
  /** The header section with the empty line that ends it. */
  header: Uint8Array;
  /** Depends on text, HTML and attachments alone, so that rows of one article share it as one blob. */
  body: Uint8Array;
}

/**
 * The exact bytes of a mail: header and body concatenated are what every attempt sends. Written out here instead of by
 * nodemailer's MimeNode because a body must be shared between recipients, and because it takes 0.1 ms of CPU instead of
 * 0.8; the encodings themselves are nodemailer's. Nothing in here can name a file or a page to be fetched (OUT-10).
 *
 * @throws PermanentError for an own id or an address that no header may carry
 */
export function composeMail(mail: MailToCompose): ComposedMail {
  if (!isMessageId(mail.messageId)) throw new PermanentError('MESSAGE_ID_UNUSABLE', 'our own Message-ID is malformed');
  const text = transferEncode(mail.text);
  const html = transferEncode(mail.html);
  const content = withAttachments(alternatives(text, html), mail.attachments ?? []);
  return {
    messageId: mail.messageId,
    header: Buffer.from(`${[...headerLines(mail), content.type].join('\r\n')}\r\n\r\n`),
    body: Buffer.from(content.body, 'latin1'),
  };
}

function headerLines(mail: MailToCompose): string[] {
  const mayBeUtf8 = needsSmtpUtf8(mail.recipientAddress);
  const addresses = (list: MailAddress[]) => list.map((address) => encodeAddress(address, mayBeUtf8)).join(', ');
  const inReplyTo = mail.inReplyTo !== null && isMessageId(mail.inReplyTo) ? mail.inReplyTo : null;
  const references = cutReferences(inReplyTo === null ? mail.references : [...mail.references, inReplyTo]);

  const lines = [headerLine('From', addresses([mail.from])), headerLine('To', addresses(mail.to))];
  if (mail.cc.length > 0) lines.push(headerLine('Cc', addresses(mail.cc)));
  if (mail.replyTo !== null) lines.push(headerLine('Reply-To', addresses([mail.replyTo])));
  lines.push(headerLine('Subject', encodeText(mail.subject)));
  lines.push(`Date: ${mail.date.toUTCString().replace('GMT', '+0000')}`);
  lines.push(`Message-ID: <${mail.messageId}>`);
  if (inReplyTo !== null) lines.push(`In-Reply-To: <${inReplyTo}>`);
  if (references.length > 0) lines.push(`References: ${references.map((id) => `<${id}>`).join('\r\n ')}`);
  if (mail.automatic !== null) {
    lines.push(`Auto-Submitted: ${mail.automatic}`);
    // Not "All": Exchange would then also keep back the bounces we need.
    lines.push('X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply');
  }
  if (mail.about !== undefined) {
    lines.push(headerLine('X-Docket-Ticket', encodeText(mail.about.ticketNumber)));
    lines.push(headerLine('X-Docket-Reason', encodeText(mail.about.reason)));
  }
  lines.push(`Content-Language: ${mail.language}`);
  lines.push('MIME-Version: 1.0');
  return lines;
}

/** A multipart: the header line that names it, and its bytes. */
interface Multipart {
  type: string;
  body: string;
}

/** Text first: a reader that shows the first part it understands, and every filter, meets the plain words. */
function alternatives(text: string, html: string): Multipart {
  return multipart('alternative', [
    `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${text}`,
    `Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${html}`,
  ]);
}

function withAttachments(words: Multipart, attachments: readonly OutgoingAttachment[]): Multipart {
  if (attachments.length === 0) return words;
  return multipart('mixed', [`${words.type}\r\n\r\n${words.body}`, ...attachments.map(attachmentPart)]);
}

/** Always to be saved, never shown: nothing that came in by mail runs or loads in its reader's mail program by our doing. */
function attachmentPart({ fileName, contentType, content }: OutgoingAttachment): string {
  const name = oneLine(fileName) || 'attachment';
  return [
    headerLine('Content-Type', attachedType(contentType)),
    headerLine('Content-Disposition', buildHeaderValue({ value: 'attachment', params: { filename: name } })),
    'Content-Transfer-Encoding: base64',
    '',
    wrapBase64(Buffer.from(content).toString('base64'), 76),
  ].join('\r\n');
}

/** RFC 2046 §5.2.1 allows no base64 in message/*, nor in multipart/*: such a part travels as a file of bytes. */
function attachedType(contentType: string): string {
  const usable = /^(?!message\/|multipart\/)[a-z0-9!#$&^_.+-]{1,80}\/[a-z0-9!#$&^_.+-]{1,120}$/.test(contentType);
  return usable ? contentType : 'application/octet-stream';
}

function multipart(subtype: 'alternative' | 'mixed', parts: string[]): Multipart {
  const boundary = boundaryOf(parts);
  const body = [...parts.flatMap((part) => [`--${boundary}`, part]), `--${boundary}--`, ''].join('\r\n');
  return { type: `Content-Type: multipart/${subtype};\r\n boundary="${boundary}"`, body };
}

/** Quoted-printable with CRLF only: a bare CR or LF would be an end of data to some receiver (OUT-08, SMTP smuggling). */
function transferEncode(text: string): string {
  const lines = text
    .toWellFormed()
    .replaceAll('\0', '')
    .replace(/\r\n?|\n/g, '\r\n');
  return wrap(encode(lines), 76);
}

/** `=_` never stands in quoted-printable or base64, so that the boundary cannot occur in the body whatever a ticket says. */
function boundaryOf(parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return `=_docket_${hash.digest('hex').slice(0, 32)}`;
}
