import type { Desk, DeskAgent } from '../core/desk-config.ts';
import type { Id } from '../core/ticket.ts';
import type { OutboxPurpose } from '../core/ticket-change.ts';
import type { WrittenMail } from '../outbound/acknowledgement.ts';
import { listReachableAgents } from '../store/people.ts';
import {
  addressedMail,
  answerAddress,
  type ReplyPurpose,
  ticketThreadId,
  tokenAddress,
  voiceOf,
} from './addressed-mail.ts';
import type { NotificationDependencies, OutgoingMails } from './notification-mail.ts';

export interface AgentLetter {
  ticket: { id: Id; number: string; departmentId: Id; mailboxId: Id };
  agent: DeskAgent;
  purpose: Extract<OutboxPurpose, 'receipt' | 'confirmation' | 'warning' | 'notification'>;
  /** For the rules of the agent's mail program. */
  reason: string;
  /** `addresses`: where an answer to it goes, and where this agent's commands on the ticket go. */
  write(
    languages: readonly (string | null)[],
    deskName: string,
    departmentName: string,
    addresses: { answer: string; act: string },
  ): WrittenMail;
  /** Whom an answer to it seems to go to; the ticket when left out. */
  replyToName?: string;
  /** Message-ID of the agent's mail it answers; none when left out. */
  inReplyTo?: string | null;
  /** What becomes of an answer to it. */
  replyPurpose: ReplyPurpose;
}

/** A mail of ours to one agent about a ticket, to the address in the configuration; none where that takes no mail. */
export async function composeAgentLetter(
  { db, ids, keys, now }: NotificationDependencies,
  desk: Desk,
  letter: AgentLetter,
): Promise<OutgoingMails> {
  const { ticket, agent, purpose, reason, write, replyPurpose } = letter;
  const { replyToName = `#${ticket.number}`, inReplyTo = null } = letter;
  const [recipient] = await listReachableAgents(db, agent.addresses.slice(0, 1));
  if (recipient === undefined) {
    return { outbox: [], events: [{ kind: 'mail.suppressed', purpose, reason: 'nobody-to-tell' }] };
  }
  const voice = voiceOf(desk, ticket);
  const addressing = { keys, voice, ticketId: ticket.id, recipient: { ...recipient, name: agent.name } };
  const written = write([...agent.languages, desk.language], voice.fromName, voice.department?.name ?? voice.fromName, {
    answer: answerAddress(addressing, replyPurpose),
    act: tokenAddress(addressing, 'act'),
  });
  const row = addressedMail({
    ...addressing,
    outboxId: await ids.draw('outbox'),
    purpose,
    replyToName,
    replyPurpose,
    content: {
      ...written,
      date: now(),
      to: [{ name: agent.name, address: recipient.address }],
      cc: [],
      inReplyTo,
      references: [ticketThreadId(keys, voice, ticket.id)],
      automatic: 'auto-replied',
      about: { ticketNumber: ticket.number, reason },
    },
  });
  return { outbox: [row], events: [{ kind: 'mail.enqueued', outboxId: row.id, purpose }] };
}
