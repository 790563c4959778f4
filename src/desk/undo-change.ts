import { decideUndo, undoneResults } from '../core/undo.ts';
import { listRecordedEvents } from '../store/commanded-ticket.ts';
import { bareChange, type CommandMail, noticeOf, onlyReceipt } from './command-mail.ts';
import type { ComposedEffect } from './mail-change.ts';
import { settles } from './mail-rows.ts';
import { composeReceipt } from './receipt-mail.ts';

/** `/undo`: takes a change of the agent back, tells the requester where that concerns them, and says where the ticket is now. */
export async function undoChange(mail: CommandMail, seq: number | null): Promise<ComposedEffect> {
  const { read, effect, ticket } = mail;
  const decision = decideUndo({
    actorId: effect.personId,
    seq,
    now: read.occurredAt,
    ticket,
    events: await listRecordedEvents(mail.deps.db, effect.ticket.id),
  });
  if (decision.outcome === 'refused') return onlyReceipt(mail, { kind: 'not-undone', reason: decision.reason });
  const { set, addTags, removeTags, collaborators, events } = decision.undo;
  const notice = await noticeOf(mail, set, false);
  const results = undoneResults(decision.undo, ticket.collaborators);
  const receipt = await composeReceipt(mail, { kind: 'undone', results, notice: notice.fate });
  return {
    outcome: 'change',
    disposition: 'commanded',
    change: {
      ...bareChange(mail),
      ticket: {
        action: 'update',
        id: effect.ticket.id,
        expectedVersion: effect.ticket.version,
        set,
        addTags,
        removeTags,
      },
      collaborators: collaborators.map((one) => ({ ...one, decided: true })),
      events: [...events, ...notice.events, receipt.event],
      outbox: [...notice.outbox, receipt.row],
      settles: settles(read, effect, 'commanded', null),
    },
  };
}
