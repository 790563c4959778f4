/** How Karen's mail program makes, sends, fetches and shows mail, for the tour. */
import { ImapFlow } from 'imapflow';
import { type ParsedMail, simpleParser } from 'mailparser';
import nodemailer, { type SendMailOptions } from 'nodemailer';
import { PermanentError } from '../errors.ts';
import type { MailWorld } from './mail-world.ts';
import { TRIAL_CUSTOMER } from './trial-desk.ts';

/** A mail as Karen's mail program would make it: its exact bytes, and its Message-ID without brackets. */
export async function compose(mail: SendMailOptions): Promise<{ raw: Buffer; messageId: string }> {
  const builder = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message, messageId } = await builder.sendMail({
    ...mail,
    from: { name: 'Karen Miller', address: TRIAL_CUSTOMER },
  });
  if (!Buffer.isBuffer(message)) throw new PermanentError('TRIAL_TOUR', 'the mail was not built in one piece');
  return { raw: message, messageId: messageId.replace(/^<|>$/g, '') };
}

/** Over SMTP, logged in as Karen. */
export async function send(world: MailWorld, raw: Buffer, to: string): Promise<void> {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: world.smtpPort,
    auth: { user: TRIAL_CUSTOMER, pass: world.password },
  });
  try {
    await transport.sendMail({ envelope: { from: TRIAL_CUSTOMER, to: [to] }, raw });
  } finally {
    transport.close();
  }
}

/** Every mail in the mailbox of `user`, oldest first, as raw bytes. */
export async function readMailbox(world: MailWorld, user: string): Promise<Buffer[]> {
  const auth = { user, pass: world.password };
  const client = new ImapFlow({ host: '127.0.0.1', port: world.imapPort, secure: false, auth, logger: false });
  client.on('error', () => {});
  await client.connect();
  try {
    const { exists } = await client.mailboxOpen('INBOX', { readOnly: true });
    if (exists === 0) return [];
    const mails = await client.fetchAll('1:*', { source: true });
    return mails.flatMap(({ source }) => (source === undefined ? [] : [source]));
  } finally {
    await client.logout();
  }
}

/** Header fields as they are, the text decoded, attachments by name. */
export async function shown(raw: Buffer): Promise<string> {
  const mail = await simpleParser(raw);
  const fields = mail.headerLines.map(({ line }) => line);
  const files = mail.attachments.map(
    ({ filename, contentType, size }) => `[${filename}, ${contentType}, ${size} bytes]`,
  );
  const lines = [...fields, '', (mail.text ?? '').trim(), ...files].join('\n').split(/\r?\n/);
  return lines.map((line) => `  | ${line}`).join('\n');
}

/** The mail as a mail program quotes it under an answer. */
export function quoted(mail: ParsedMail): string {
  const lines = (mail.text ?? '').trim().split('\n');
  return [`On ${mail.date?.toUTCString()}, ${mail.from?.text} wrote:`, ...lines.map((line) => `> ${line}`)].join('\n');
}
