import type { Knex } from 'knex';
import { simpleParser } from 'mailparser';
import { findTokens, type Token } from '../../src/core/reply-token.ts';
import { TEST_KEYS } from './intake.ts';

/** A mail of the outbox as its reader's mail program sees it. */
export interface OutgoingMail {
  id: string;
  purpose: string;
  /** The recipient of the envelope. */
  to: string;
  header: string;
  subject: string;
  messageId: string;
  fromName: string;
  replyTo: string;
  visibleTo: string[];
  cc: string[];
  inReplyTo: string | null;
  references: string[];
  text: string;
  html: string;
  attachments: { fileName: string; contentType: string; content: Buffer }[];
  /** The tokens in it, wherever they stand, in order and once each. */
  tokens: Token[];
}

export async function readOutgoing(
  db: Knex,
  where: Partial<Record<'purpose' | 'ticket_id' | 'recipient_address', string>>,
): Promise<OutgoingMail[]> {
  const rows = await db('outbox').join('blob', 'blob.sha256', 'body_sha256').where(where).orderBy('id').select();
  return Promise.all(
    rows.map(async (row) => {
      const raw = Buffer.concat([row.header, row.content]);
      const mail = await simpleParser(raw, { skipTextToHtml: true });
      const named = (field: typeof mail.to) =>
        [field ?? []].flat().flatMap(({ value }) => value.map(({ address }) => address ?? ''));
      const replyTo = mail.replyTo?.value[0]?.address ?? '';
      const text = mail.text ?? '';
      return {
        id: row.id,
        purpose: row.purpose,
        to: row.recipient_address,
        header: String(row.header),
        subject: mail.subject ?? '',
        messageId: row.message_id,
        fromName: mail.from?.value[0]?.name ?? '',
        replyTo,
        visibleTo: named(mail.to),
        cc: named(mail.cc),
        inReplyTo: mail.inReplyTo?.slice(1, -1) ?? null,
        references: [mail.references ?? []].flat().map((id) => id.slice(1, -1)),
        text,
        html: mail.html || '',
        attachments: mail.attachments.map(({ filename, contentType, content }) => ({
          fileName: filename ?? '',
          contentType,
          content,
        })),
        tokens: findTokens(TEST_KEYS, [
          replyTo,
          ...decodeURIComponent(text.replaceAll(/%(?![0-9A-F]{2})/g, '%25')).split(/[\s:?<>]+/),
        ]),
      };
    }),
  );
}
