import { createHash } from 'node:crypto';
import type { InboundMail, MailDefectCode } from './inbound-mail.ts';

/** After these the text is not what was written, and says nothing about whether two mails are the same. */
const TEXT_UNKNOWN: ReadonlySet<MailDefectCode> = new Set(['over-limit', 'header-only', 'parser-refused']);

/**
 * What makes a mail one mail, as lower-case hex: the same key has one effect, whichever mailbox or delivery it came by (IN-07,
 * IN-18). It covers the Message-ID, the sender, the Date header as written and all the body says, attachments included: a
 * copy with the invoice left out, sent ahead by somebody else, must not swallow the true one. A mail without Message-ID or Date is
 * only the same as its exact bytes: two people who write "hello" are two people.
 */
export function causeKey(mail: InboundMail, rawSha256: string): string {
  const date = mail.headers.find(({ name }) => name === 'date')?.value.trim();
  if (mail.messageId === null || !date || mail.defects.some(({ code }) => TEXT_UNKNOWN.has(code))) return rawSha256;
  const hash = createHash('sha256');
  const attached = mail.attachments.map(({ sha256 }) => sha256);
  for (const field of [mail.messageId, mail.from?.address ?? '', date, mail.text, mail.html ?? '', ...attached])
    hash.update(`${Buffer.byteLength(field)}:`).update(field);
  return hash.digest('hex');
}
