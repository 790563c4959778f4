import type { ForwardedMail } from '../core/inbound-mail.ts';
import { readBody } from './body.ts';
import { DefectList } from './defects.ts';
import { type RawHeader, readHeader } from './header-reader.ts';
import { readMailHeader } from './mail-header.ts';
import { type AttachedPart, readMime } from './mime-parts.ts';

const MAIL_PARTS = new Set(['message/rfc822', 'message/global']);

/** A mail with one of these returns a mail or reports on one; it passes none on. */
const REPORT_PARTS = new Set([
  'message/delivery-status',
  'message/global-delivery-status',
  'message/disposition-notification',
  'message/feedback-report',
]);

/** The one mail that is attached to this as it came; null when there is none, or several. */
export async function readAttachedMail(attached: AttachedPart[]): Promise<ForwardedMail | null> {
  if (attached.some(({ contentType }) => REPORT_PARTS.has(contentType))) return null;
  const mails = attached.filter(({ contentType }) => MAIL_PARTS.has(contentType));
  const raw = mails[0]?.content ?? null;
  if (mails.length !== 1 || raw === null) return null;
  const header = readHeader(raw);
  const { from, date, subject } = readMailHeader(header, new DefectList());
  return { from, date, subject, text: await readText(raw, header) };
}

/** What the parser refuses of an attached mail is still whole in its attachment. */
async function readText(raw: Uint8Array, header: RawHeader): Promise<string> {
  try {
    const { root } = await readMime(raw, header);
    return root === null ? '' : readBody(root).text.trim();
  } catch {
    return '';
  }
}
