import type { Desk } from '../core/desk-config.ts';
import { isOwnAddress, type OwnAddresses } from '../core/own-address.ts';
import type { Id, TicketStatus } from '../core/ticket.ts';
import type { NewOutboxRow } from '../core/ticket-change.ts';
import type { OutgoingAttachment } from '../outbound/compose.ts';
import { isSendableAddress } from '../outbound/header-values.ts';
import { reply } from '../outbound/reply.ts';
import type { EarlierArticle, TicketOutline } from '../store/tickets.ts';
import { addressedMail, voiceOf } from './addressed-mail.ts';
import type { NotificationDependencies, OutgoingMails } from './notification-mail.ts';

/** A public article of an agent, about to leave. */
export interface PublicReply {
  ticket: { id: Id; number: string; departmentId: Id; mailboxId: Id };
  outline: TicketOutline;
  earlier: readonly EarlierArticle[];
  articleId: Id;
  /** Exactly what leaves. */
  text: string;
  /** The ticket's with this reply. */
  status: TicketStatus;
  attachments: readonly OutgoingAttachment[];
  recipients: ReplyRecipients;
  /** Who got the agent's own mail: they are named, and not sent it a second time. */
  reached: ReadonlySet<string>;
}

interface Correspondent {
  name: string;
  address: string;
  addressId: Id;
}

export interface ReplyRecipients {
  requester: Correspondent | null;
  collaborators: Correspondent[];
}

/** Everybody a public reply is for: the requester and the accepted collaborators who have an address to send to. */
export function replyRecipients({ requester, collaborators }: TicketOutline, own: OwnAddresses): ReplyRecipients {
  const { address, addressId, name } = requester;
  const isUsable = (one: string) => isSendableAddress(one) && !isOwnAddress(own, one);
  return {
    requester: address !== null && addressId !== null && isUsable(address) ? { name, address, addressId } : null,
    collaborators: collaborators.filter((one) => isUsable(one.address) && one.address !== address),
  };
}

/**
 * The mails of one reply, in the department's name: one a recipient, all with the article's Message-ID and one body, each with
 * a reply address of its own.
 */
export async function composeReply(
  { ids, keys, now }: NotificationDependencies,
  desk: Desk,
  mail: PublicReply,
): Promise<OutgoingMails & { subject: string }> {
  const { ticket, outline, recipients } = mail;
  const voice = voiceOf(desk, ticket);
  const written = reply({
    ticketNumber: ticket.number,
    ticketSubject: outline.subject,
    deskName: voice.fromName,
    languages: [outline.language, desk.language],
    text: mail.text,
    status: mail.status,
  });
  const thread = threadOf(mail.earlier);
  const everybody = [...(recipients.requester === null ? [] : [recipients.requester]), ...recipients.collaborators];
  const date = now();
  const outbox: NewOutboxRow[] = [];
  for (const recipient of everybody) {
    if (mail.reached.has(recipient.address)) continue;
    outbox.push(
      addressedMail({
        keys,
        voice,
        ticketId: ticket.id,
        outboxId: await ids.draw('outbox'),
        purpose: 'reply',
        recipient,
        replyToName: voice.fromName,
        articleId: mail.articleId,
        content: {
          ...written,
          date,
          to: everybody.slice(0, 1),
          cc: everybody.slice(1),
          ...thread,
          automatic: null,
          attachments: mail.attachments,
        },
      }),
    );
  }
  return {
    subject: written.subject,
    outbox,
    events: outbox.map(({ id }) => ({ kind: 'mail.enqueued', outboxId: id, purpose: 'reply' })),
  };
}

/** The requester's thread, for a mail that answers the one just arriving. */
export function threadAnswering(earlier: readonly EarlierArticle[], messageId: string) {
  const { inReplyTo, references } = threadOf(earlier);
  return { inReplyTo: messageId, references: inReplyTo === null ? references : [...references, inReplyTo] };
}

/** The requester's thread: what was public so far, and the newest mail from outside as the one that is answered. */
export function threadOf(earlier: readonly EarlierArticle[]): { inReplyTo: string | null; references: string[] } {
  const known = earlier.filter(({ visibility, messageId }) => visibility === 'public' && messageId !== null);
  const answered = known.findLast(({ kind }) => kind === 'inbound') ?? known.at(-1);
  return {
    inReplyTo: answered?.messageId ?? null,
    references: known.flatMap(({ messageId }) => (messageId === answered?.messageId ? [] : [messageId ?? ''])),
  };
}
