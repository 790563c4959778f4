import type { Desk, DeskMailbox } from '../core/desk-config.ts';
import type { InboundMail, MailAddress } from '../core/inbound-mail.ts';
import { mintMessageId, mintToken, replyAddress, type SigningKeys } from '../core/reply-token.ts';
import type { Id } from '../core/ticket.ts';
import type { NewOutboxRow } from '../core/ticket-change.ts';
import { acknowledgement } from '../outbound/acknowledgement.ts';
import { composeMail } from '../outbound/compose.ts';

export interface AcknowledgementMail {
  desk: Desk;
  /** The department's name for itself. */
  fromName: string;
  /** The one it writes from. */
  mailbox: DeskMailbox;
  keys: SigningKeys;
  outboxId: Id;
  ticket: { id: Id; number: string };
  recipient: MailAddress & { addressId: Id; automaticMailCount: number | null };
  mail: InboundMail;
  /** Whether the recipient's own words may be repeated. */
  withText: boolean;
  date: Date;
}

/** The acknowledgement of a mail, ready for the outbox: written in the requester's language and in the department's name. */
export function composeAcknowledgement(input: AcknowledgementMail): NewOutboxRow {
  const { mailbox, fromName, keys, ticket, recipient, mail } = input;
  const messageId = mintMessageId(keys, { kind: 'outbox', id: input.outboxId, domain: domainOf(mailbox.address) });
  const written = acknowledgement({
    ticketNumber: ticket.number,
    deskName: fromName,
    languages: [mail.language, input.desk.language],
    original: input.withText ? { subject: mail.subject, text: newText(mail) } : null,
  });
  const composed = composeMail({
    messageId,
    date: input.date,
    recipientAddress: recipient.address,
    from: { name: fromName, address: mailbox.address },
    to: [{ name: input.withText ? recipient.name : '', address: recipient.address }],
    cc: [],
    replyTo: {
      name: fromName,
      address: tokenAddress(input, 'reply'),
    },
    subject: written.subject,
    inReplyTo: mail.messageId,
    references: mail.references,
    automatic: 'auto-replied',
    language: written.language,
    text: written.text,
    html: written.html,
  });
  return {
    id: input.outboxId,
    purpose: 'acknowledgement',
    automatic: true,
    articleId: null,
    mailboxId: mailbox.id,
    envelopeFrom: mailbox.returnPath === 'token' ? tokenAddress(input, 'bounce') : mailbox.address,
    recipientAddress: recipient.address,
    recipientAddressId: recipient.addressId,
    automaticMailCount: recipient.automaticMailCount,
    messageId,
    header: composed.header,
    body: composed.body,
  };
}

function tokenAddress({ mailbox, keys, ticket, recipient }: AcknowledgementMail, purpose: 'reply' | 'bounce'): string {
  const token = mintToken(keys, { purpose, ticketId: ticket.id, addressId: recipient.addressId });
  return replyAddress(mailbox.replyAddress, token);
}

/** What the sender wrote anew, without quotes and signature. */
function newText(mail: InboundMail): string {
  return mail.spans
    .filter((span) => span.kind === 'reply')
    .map((span) => mail.text.slice(span.from, span.to))
    .join('');
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
