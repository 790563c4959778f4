import type { Desk } from '../core/desk-config.ts';
import type { InboundMail, MailAddress } from '../core/inbound-mail.ts';
import { replyText } from '../core/reply-text.ts';
import type { SigningKeys } from '../core/reply-token.ts';
import type { Id } from '../core/ticket.ts';
import type { NewOutboxRow } from '../core/ticket-change.ts';
import { acknowledgement } from '../outbound/acknowledgement.ts';
import { addressedMail, type Voice } from './addressed-mail.ts';

export interface AcknowledgementMail {
  desk: Desk;
  voice: Voice;
  keys: SigningKeys;
  outboxId: Id;
  ticket: { id: Id; number: string; subject: string; followsNumber: string | null };
  recipient: MailAddress & { addressId: Id; automaticMailCount: number | null };
  /** The mail it answers. */
  mail: Pick<InboundMail, 'language' | 'messageId' | 'references' | 'text' | 'spans'> &
    Partial<Pick<InboundMail, 'cuts'>>;
  /** Whether the recipient's own words may be repeated. */
  withText: boolean;
  date: Date;
}

/** The acknowledgement of a mail, ready for the outbox: written in the requester's language and in the department's name. */
export function composeAcknowledgement(input: AcknowledgementMail): NewOutboxRow {
  const { voice, ticket, recipient, mail } = input;
  const written = acknowledgement({
    ticketNumber: ticket.number,
    followsNumber: ticket.followsNumber,
    deskName: voice.fromName,
    languages: [mail.language, input.desk.language],
    original: input.withText ? { subject: ticket.subject, text: replyText(mail) } : null,
  });
  return addressedMail({
    keys: input.keys,
    voice,
    ticketId: ticket.id,
    outboxId: input.outboxId,
    purpose: 'acknowledgement',
    recipient,
    replyToName: voice.fromName,
    automaticMailCount: recipient.automaticMailCount,
    content: {
      ...written,
      date: input.date,
      to: [{ name: input.withText ? recipient.name : '', address: recipient.address }],
      cc: [],
      inReplyTo: mail.messageId,
      references: mail.references,
      automatic: 'auto-replied',
    },
  });
}
