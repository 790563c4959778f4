import type { Desk, DeskDepartment, DeskMailbox } from '../core/desk-config.ts';
import type { MailAddress } from '../core/inbound-mail.ts';
import { mintMessageId, mintToken, replyAddress, type SigningKeys, type TicketToken } from '../core/reply-token.ts';
import type { Id } from '../core/ticket.ts';
import type { NewOutboxRow } from '../core/ticket-change.ts';
import { PermanentError } from '../errors.ts';
import { composeMail, type MailToCompose } from '../outbound/compose.ts';

/** In whose name a ticket's mail is written, and from which mailbox. */
export interface Voice {
  /** Null for a department that is in no configuration any more. */
  department: DeskDepartment | null;
  fromName: string;
  mailbox: DeskMailbox;
}

/** A department speaks from its own mailbox while that is in use, else from the one the ticket came to. */
export function voiceOf(desk: Desk, ticket: { departmentId: Id; mailboxId: Id }): Voice {
  const departments = [...desk.departments, ...desk.archivedDepartments];
  const department = departments.find(({ id }) => id === ticket.departmentId) ?? null;
  const mailbox =
    desk.mailboxes.find(({ id }) => id === department?.mailboxId) ??
    [...desk.mailboxes, ...desk.archivedMailboxes].find(({ id }) => id === ticket.mailboxId);
  if (mailbox === undefined) {
    throw new PermanentError('MAILBOX_UNKNOWN', 'The mailbox of this ticket is not in the configuration.');
  }
  return { department, fromName: department?.fromName ?? mailbox.fromName, mailbox };
}

export interface AddressedMail {
  keys: SigningKeys;
  voice: Voice;
  ticketId: Id;
  outboxId: Id;
  purpose: NewOutboxRow['purpose'];
  recipient: MailAddress & { addressId: Id };
  /** The name that stands before our address; the department's when left out. */
  fromName?: string;
  /** The name that stands before the reply address. */
  replyToName: string;
  /** What an answer to it does; a public answer when left out. */
  replyPurpose?: ReplyPurpose;
  /** Set where the mail is a public article: its Message-ID is shared. */
  articleId?: Id;
  automaticMailCount?: number | null;
  content: Omit<MailToCompose, 'messageId' | 'recipientAddress' | 'from' | 'replyTo'>;
}

/** What an answer does on the ticket, or which mail it confirms. */
export type ReplyPurpose = Extract<TicketToken['purpose'], 'reply' | 'note' | 'act'> | { confirms: Id };

/** One mail of a ticket to one person, ready for the outbox: with a reply address and a return path of their own. */
export function addressedMail(mail: AddressedMail): NewOutboxRow {
  const { voice, recipient, content } = mail;
  const { mailbox } = voice;
  const messageId = mintMessageId(mail.keys, {
    ...(mail.articleId === undefined ? { kind: 'outbox', id: mail.outboxId } : { kind: 'article', id: mail.articleId }),
    domain: domainOf(mailbox.address),
  });
  const composed = composeMail({
    ...content,
    messageId,
    recipientAddress: recipient.address,
    from: { name: mail.fromName ?? voice.fromName, address: mailbox.address },
    replyTo: { name: mail.replyToName, address: answerAddress(mail, mail.replyPurpose ?? 'reply') },
  });
  return {
    id: mail.outboxId,
    purpose: mail.purpose,
    automatic: content.automatic !== null,
    articleId: mail.articleId ?? null,
    mailboxId: mailbox.id,
    envelopeFrom: mailbox.returnPath === 'token' ? tokenAddress(mail, 'bounce') : mailbox.address,
    recipientAddress: recipient.address,
    recipientAddressId: recipient.addressId,
    automaticMailCount: mail.automaticMailCount ?? null,
    messageId,
    header: composed.header,
    body: composed.body,
  };
}

type Addressing = Pick<AddressedMail, 'keys' | 'voice' | 'ticketId'> & { recipient: { addressId: Id } };

/** An address that does one thing on one ticket for one person. */
export function tokenAddress(mail: Addressing, purpose: TicketToken['purpose']): string {
  const token = mintToken(mail.keys, { purpose, ticketId: mail.ticketId, addressId: mail.recipient.addressId });
  return replyAddress(mail.voice.mailbox.replyAddress, token);
}

/** Where an answer goes. */
export function answerAddress(mail: Addressing, purpose: ReplyPurpose): string {
  if (typeof purpose === 'string') return tokenAddress(mail, purpose);
  const { confirms: inboundMailId } = purpose;
  const token = mintToken(mail.keys, { purpose: 'confirm', inboundMailId, addressId: mail.recipient.addressId });
  return replyAddress(mail.voice.mailbox.replyAddress, token);
}

/** The id that all mails of a ticket to agents name as the first of their thread. */
export function ticketThreadId(keys: SigningKeys, voice: Voice, ticketId: Id): string {
  return mintMessageId(keys, { kind: 'ticket', id: ticketId, domain: domainOf(voice.mailbox.address) });
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
