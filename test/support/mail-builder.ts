/**
 * What a test mail says. Every field has a plain default; `null` leaves that header out.
 * Values are written as they are, without encoding or folding, so that a test can write what no mail program would.
 */
export interface MailContent {
  from?: string | null;
  to?: string | null;
  cc?: string | null;
  subject?: string | null;
  date?: string | null;
  /** With its angle brackets. Unlike the others it differs from mail to mail unless it is given. */
  messageId?: string | null;
  /** With angle brackets, as are `references`. */
  inReplyTo?: string;
  references?: string | string[];
  text?: string;
  html?: string;
  attachments?: BuiltAttachment[];
  /** Further header fields, written in order above the usual ones, as a receiving server would. */
  headers?: Record<string, string | string[]> | [name: string, value: string][];
  /** Line ends: `\r\n` unless said otherwise. */
  lineEnd?: '\r\n' | '\n';
}

export interface BuiltAttachment {
  fileName?: string;
  contentType?: string;
  content: string | Uint8Array;
  /** With its angle brackets; makes it an inline part. */
  contentId?: string;
}

let mailsBuilt = 0;

/** One raw mail: plain text, an alternative when there is also HTML, `multipart/mixed` when something is attached. */
export function buildMail(content: MailContent = {}): Buffer {
  mailsBuilt += 1;
  const body = bodyPart(content);
  const header = [
    ...extraHeader(content.headers),
    ...field('From', content.from, 'Karen Customer <karen@customer.test>'),
    ...field('To', content.to, 'support@desk.test'),
    ...field('Cc', content.cc, null),
    ...field('Subject', content.subject, 'Mobile banking does not work'),
    ...field('Date', content.date, 'Mon, 23 Nov 2026 10:00:00 +0100'),
    ...field('Message-ID', content.messageId, `<built-${process.pid}-${mailsBuilt}@customer.test>`),
    ...field('In-Reply-To', content.inReplyTo, null),
    ...field('References', [content.references ?? []].flat().join(' ') || null, null),
    'MIME-Version: 1.0',
  ];
  const raw = [...header, body].join('\r\n');
  return Buffer.from(content.lineEnd === '\n' ? raw.replaceAll('\r\n', '\n') : raw);
}

function extraHeader(headers: MailContent['headers'] = {}): string[] {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return pairs.flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}`));
}

function field(name: string, given: string | null | undefined, usual: string | null): string[] {
  const value = given === undefined ? usual : given;
  return value === null ? [] : [`${name}: ${value}`];
}

/** Its own header lines, an empty line, its content. */
function bodyPart(content: MailContent): string {
  const text = textPart('plain', content.text ?? 'Hello, it does not work.\n');
  const html = content.html === undefined ? null : textPart('html', content.html);
  const shown =
    html === null
      ? text
      : content.text === undefined
        ? html
        : multipart('alternative', 'built-alternative', [text, html]);
  if (!content.attachments?.length) return shown;
  return multipart('mixed', 'built-mixed', [shown, ...content.attachments.map(attachmentPart)]);
}

function textPart(subtype: 'plain' | 'html', text: string): string {
  return [
    `Content-Type: text/${subtype}; charset=utf-8`,
    'Content-Transfer-Encoding: 8bit',
    '',
    text.replace(/\r?\n/g, '\r\n'),
  ].join('\r\n');
}

function attachmentPart({ fileName, contentType, content, contentId }: BuiltAttachment): string {
  const name = fileName === undefined ? '' : `; filename="${fileName}"`;
  const base64 = Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\r\n');
  return [
    `Content-Type: ${contentType ?? 'application/octet-stream'}`,
    `Content-Disposition: ${contentId === undefined ? 'attachment' : 'inline'}${name}`,
    ...field('Content-ID', contentId, null),
    'Content-Transfer-Encoding: base64',
    '',
    base64,
  ].join('\r\n');
}

function multipart(subtype: string, boundary: string, parts: string[]): string {
  const delimited = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('');
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n${delimited}--${boundary}--\r\n`;
}
