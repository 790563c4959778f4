import type { NewOutboxRow } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import { type ReceiptContent, receipt } from '../outbound/receipt.ts';
import { addressedMail, ticketThreadId, tokenAddress, voiceOf } from './addressed-mail.ts';
import type { CommandMail } from './command-mail.ts';

/**
 * The answer to an agent's commands, to the address they came from. What is written back to it goes to the agent's own address
 * for actions, and nothing of it is ever sent on; where nothing was done it goes where that mail was to go, corrected.
 */
export async function composeReceipt(
  { deps, read, facts, effect, agent, ticket, zone }: CommandMail,
  about: ReceiptContent,
): Promise<{ row: NewOutboxRow; event: TicketEvent }> {
  const { desk, mail } = read;
  const voice = voiceOf(desk, ticket);
  const recipient = {
    name: agent.name,
    address: read.sender.address ?? agent.addresses[0] ?? '',
    addressId: facts.thread.sender?.addressId ?? '0',
  };
  const addressing = { keys: deps.keys, voice, ticketId: effect.ticket.id, recipient };
  const written = receipt({
    ticket,
    deskName: voice.fromName,
    languages: [...agent.languages, desk.language],
    zone,
    agentId: agent.personId,
    agentName: (id) => desk.agents.find(({ personId }) => personId === id)?.name ?? null,
    departmentName: (wanted) => desk.departments.find(({ id }) => id === wanted)?.name ?? wanted,
    planName: (wanted) => desk.slaPlans.find(({ id }) => id === wanted)?.name ?? wanted,
    firstSeq: effect.ticket.version + 1,
    actAddress: tokenAddress(addressing, 'act'),
    about,
  });
  const row = addressedMail({
    ...addressing,
    outboxId: await deps.ids.draw('outbox'),
    purpose: 'receipt',
    replyToName: `#${ticket.number}`,
    replyPurpose:
      about.kind === 'errors' || about.kind === 'refused' || about.kind === 'doubt' ? effect.purpose : 'act',
    content: {
      ...written,
      date: deps.now(),
      to: [{ name: recipient.name, address: recipient.address }],
      cc: [],
      inReplyTo: mail.messageId,
      references: [ticketThreadId(deps.keys, voice, effect.ticket.id)],
      automatic: 'auto-replied',
      about: { ticketNumber: ticket.number, reason: 'commands' },
    },
  });
  return { row, event: { kind: 'mail.enqueued', outboxId: row.id, purpose: 'receipt' } };
}
