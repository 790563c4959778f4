import type { DeliveryReport, ForwardedMail } from '../core/inbound-mail.ts';
import { readBody } from './body.ts';
import { DefectList } from './defects.ts';
import { isFromMailSystem, readDeliveryReports } from './delivery-report.ts';
import { readHeader } from './header-reader.ts';
import { type MailHeader, readMailHeader } from './mail-header.ts';
import { type AttachedPart, readMime } from './mime-parts.ts';
import { lookInto } from './trim/trim.ts';

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
  const { header, text } = await open(raw);
  const { from, date, subject } = header;
  return lookInto({ from, date, subject, text: text.trim(), startsAt: null });
}

/**
 * What the report says that a mail system passes on inside an attached mail: gateways that scan what comes in wrap it so. Nothing of a
 * person's mail: a report that somebody forwards for help is no news of our own mail.
 */
export async function readAttachedReports(attached: AttachedPart[], header: MailHeader): Promise<DeliveryReport[]> {
  if (!isFromMailSystem(header)) return [];
  for (const { contentType, content } of attached) {
    if (!MAIL_PARTS.has(contentType) || content === null) continue;
    const inside = await open(content);
    if (!inside.attached.some((part) => REPORT_PARTS.has(part.contentType))) continue;
    const reports = readDeliveryReports(inside.attached, inside.header, inside.text);
    if (reports.length > 0) return reports;
  }
  return [];
}

interface OpenedMail {
  header: MailHeader;
  text: string;
  attached: AttachedPart[];
}

/** What the parser refuses of an attached mail is still whole in its attachment. */
async function open(raw: Uint8Array): Promise<OpenedMail> {
  const rawHeader = readHeader(raw);
  const header = readMailHeader(rawHeader, new DefectList());
  try {
    const { root, attached } = await readMime(raw, rawHeader);
    return { header, text: root === null ? '' : readBody(root).text, attached };
  } catch {
    return { header, text: '', attached: [] };
  }
}
