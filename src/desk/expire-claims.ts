import type { Desk, DeskAgent } from '../core/desk-config.ts';
import { claimExpired } from '../outbound/agent-letter.ts';
import { listUntouchedTickets, type UntouchedTicket } from '../store/untouched.ts';
import { composeAgentLetter } from './agent-letter.ts';
import { assignOf } from './assignment-batch.ts';
import {
  composeNotifications,
  listWordsToTell,
  type NotificationDependencies,
  type OutgoingMails,
} from './notification-mail.ts';
import { CHANGED_AT_ONCE, changeDueTickets, type TimedChangeDependencies } from './timed-change.ts';

export type ExpireClaimsDependencies = NotificationDependencies & TimedChangeDependencies;

/**
 * Takes back the tickets whose assignees did nothing with them for as long as `claimExpiry` of the department says, and returns
 * how many. The event asks for an agent anew; where tickets are taken and not given, the department is told instead.
 */
export function createExpireClaims(deps: ExpireClaimsDependencies): () => Promise<number> {
  const { db, desk: currentDesk } = deps;
  return async () => {
    const desk = await currentDesk();
    const departments = [...desk.departments, ...desk.archivedDepartments].flatMap(({ id, assign }) =>
      assign.claimExpiryMs === null ? [] : [{ id, claimExpiryMs: assign.claimExpiryMs }],
    );
    if (departments.length === 0) return 0;
    return changeDueTickets(
      deps,
      (exceptIds) => listUntouchedTickets(db, departments, { exceptIds, limit: CHANGED_AT_ONCE }),
      async (ticket) => {
        const mails = [await tellFormer(deps, desk, ticket), await tellDepartment(deps, desk, ticket)];
        return {
          cause: 'unclaim',
          occurredAt: ticket.expiredAt,
          set: { assigneeId: null },
          events: [
            {
              kind: 'ticket.assigned',
              from: ticket.assigneeId,
              to: null,
              reason: 'expired',
              insteadOf: [],
              candidates: [],
            },
            ...mails.flatMap(({ events }) => events),
          ],
          outbox: mails.flatMap(({ outbox }) => outbox),
        };
      },
    );
  };
}

async function tellFormer(deps: NotificationDependencies, desk: Desk, ticket: UntouchedTicket): Promise<OutgoingMails> {
  const agent: DeskAgent | undefined = desk.agents.find(({ personId }) => personId === ticket.assigneeId);
  if (agent === undefined) return NOBODY_TOLD;
  return composeAgentLetter(deps, desk, {
    ticket,
    agent,
    purpose: 'notification',
    reason: 'claim-expired',
    replyPurpose: 'act',
    write: (languages, deskName, departmentName, { act: actAddress }) =>
      claimExpired({ ticket: { ...ticket, departmentName }, deskName, languages, actAddress }),
  });
}

const NOBODY_TOLD: OutgoingMails = { outbox: [], events: [] };

/** Only where nobody is given the ticket next, and told then. */
async function tellDepartment(
  deps: NotificationDependencies,
  desk: Desk,
  { id, departmentId }: UntouchedTicket,
): Promise<OutgoingMails> {
  if (assignOf(desk, departmentId)?.strategy !== 'manual') return NOBODY_TOLD;
  const words = (await listWordsToTell(deps.db, desk, [id])).get(id);
  if (words === undefined) return NOBODY_TOLD;
  return composeNotifications(deps, desk, { ...words.ticket, assigneeId: null }, words.article);
}
