/** How people's mail programs make, send, fetch and show mail, for the tour. */
import { ImapFlow } from 'imapflow';
import { type ParsedMail, simpleParser } from 'mailparser';
import nodemailer, { type SendMailOptions } from 'nodemailer';
import { PermanentError } from '../../errors.ts';
import type { MailWorld } from '../mail-world.ts';

export interface Person {
  name: string;
  address: string;
  /** What their mail program writes: plain text with `>` before quoted lines, or HTML beside it as web mail does. */
  writes: 'text' | 'html';
}

/** A mail that lay in somebody's mailbox. */
export interface ReceivedMail extends ParsedMail {
  raw: Buffer;
}

export interface WrittenMail {
  to: string;
  subject: string;
  text: string;
  /** The mail that is answered: named, and quoted below. */
  answers?: ReceivedMail;
  attachments?: SendMailOptions['attachments'];
}

/** The exact bytes of a mail, and its Message-ID without brackets. */
export async function compose(from: Person, mail: WrittenMail): Promise<{ raw: Buffer; messageId: string }> {
  const { answers, to, subject, text, attachments } = mail;
  const builder = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message, messageId } = await builder.sendMail({
    from: { name: from.name, address: from.address },
    to,
    subject,
    text: answers === undefined ? text : `${text}\n\n${quotedText(answers)}\n`,
    ...(from.writes === 'html' ? { html: asHtml(text, answers) } : {}),
    ...(answers === undefined ? {} : threadOf(answers)),
    ...(attachments === undefined ? {} : { attachments }),
  });
  if (!Buffer.isBuffer(message)) throw new PermanentError('TRIAL_TOUR', 'the mail was not built in one piece');
  return { raw: message, messageId: messageId.replace(/^<|>$/g, '') };
}

/** RFC 5322 §3.6.4. */
function threadOf({ messageId = '', references = [] }: ReceivedMail) {
  return { inReplyTo: messageId, references: [...[references].flat(), messageId] };
}

export function replySubject({ subject = '' }: ReceivedMail): string {
  return /^re:/i.test(subject) ? subject : `Re: ${subject}`;
}

function quotedText(mail: ReceivedMail): string {
  const lines = (mail.text ?? '').trimEnd().split('\n');
  return [`On ${mail.date?.toUTCString()}, ${mail.from?.text} wrote:`, ...lines.map((line) => `> ${line}`)].join('\n');
}

/** As Gmail on the web writes an answer. */
function asHtml(text: string, answers: ReceivedMail | undefined): string {
  const lines = text.split('\n').map((line) => `<div>${line === '' ? '<br>' : escaped(line)}</div>`);
  const own = `<div dir="ltr">${lines.join('')}</div>`;
  if (answers === undefined) return own;
  const attribution = `On ${answers.date?.toUTCString()}, ${escaped(answers.from?.text ?? '')} wrote:`;
  const quote = answers.html || `<pre>${escaped(answers.text ?? '')}</pre>`;
  return `${own}<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">${attribution}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">${quote}</blockquote></div>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Over SMTP, logged in as its writer. */
export async function send(world: MailWorld, from: Person, raw: Buffer, to: string): Promise<void> {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: world.smtpPort,
    auth: { user: from.address, pass: world.password },
  });
  try {
    await transport.sendMail({ envelope: { from: from.address, to: [to] }, raw });
  } finally {
    transport.close();
  }
}

/** Somebody's mail program, looking at their inbox. */
export interface OpenMailbox {
  /** The mail at this place, counted from 1, oldest first; null while there is none. */
  mailAt(place: number): Promise<ReceivedMail | null>;
  mails(): Promise<ReceivedMail[]>;
  close(): Promise<void>;
}

export async function openMailbox(world: MailWorld, { address }: Person): Promise<OpenMailbox> {
  const auth = { user: address, pass: world.password };
  const client = new ImapFlow({ host: '127.0.0.1', port: world.imapPort, secure: false, auth, logger: false });
  client.on('error', () => {});
  await client.connect();
  await client.mailboxOpen('INBOX', { readOnly: true });
  const fetched = async (range: string) => {
    const mails = await client.fetchAll(range, { source: true });
    return Promise.all(mails.flatMap(({ source }) => (source === undefined ? [] : [opened(source)])));
  };
  const count = async () => {
    await client.noop();
    return client.mailbox ? client.mailbox.exists : 0;
  };
  return {
    mailAt: async (place) => ((await count()) < place ? null : ((await fetched(String(place)))[0] ?? null)),
    mails: async () => ((await count()) === 0 ? [] : fetched('1:*')),
    close: () => client.logout(),
  };
}

async function opened(raw: Buffer): Promise<ReceivedMail> {
  return { ...(await simpleParser(raw)), raw };
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

/** What a `mailto:` link in a mail writes, by the label above it. */
export function actionIn({ text = '' }: ReceivedMail, label: string): { to: string; subject: string; text: string } {
  const link = new RegExp(`^${label}:\\n(mailto:\\S+)$`, 'm').exec(text)?.[1];
  if (link === undefined) throw new PermanentError('TRIAL_TOUR', `the mail offers no "${label}"`);
  const { pathname, searchParams } = new URL(link);
  return {
    to: decodeURIComponent(pathname),
    subject: searchParams.get('subject') ?? '',
    text: searchParams.get('body') ?? '',
  };
}

export function replyToOf({ replyTo, from }: ReceivedMail): string {
  return (replyTo ?? from)?.value[0]?.address ?? '';
}
