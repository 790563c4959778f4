import type { Desk, DeskSlaPlan } from './desk-config.ts';
import type { AlarmedClock } from './sla/clocks.ts';
import { stepsOf } from './sla/thresholds.ts';
import { type Id, mayAgentMove, TICKET_PRIORITIES } from './ticket.ts';
import {
  type DoneResult,
  type DraftEffect,
  type DraftedTicket,
  moveStatus,
  moveTo,
  noDraftEffect,
  setPlan,
  setPriority,
  setTags,
  type TicketDraft,
} from './ticket-draft.ts';

/** What the steps of a ticket's alarm do to it, all together, and whom they tell. */
export interface EscalationEffect extends DraftEffect {
  notes: string[];
  /** Persons; agents who may work on the ticket where it then lies. */
  tells: Id[];
  done: DoneResult[];
}

type Action = DeskSlaPlan['escalations'][number]['do'][number];
type NotifyTarget = Extract<Action, { notify: unknown }>['notify'];

/**
 * Carries out the steps of every threshold crossed, the longest due first. What is over by now is only written down: tags and
 * notes, no mail and no change of course.
 */
export function decideEscalation(
  desk: Pick<Desk, 'agents' | 'teams' | 'departments' | 'archivedDepartments' | 'slaPlans'>,
  ticket: DraftedTicket,
  crossed: readonly AlarmedClock[],
): EscalationEffect {
  const draft: TicketDraft & { effect: EscalationEffect } = {
    ticket,
    effect: { ...noDraftEffect(), notes: [], tells: [], done: [] },
  };
  const told: NotifyTarget[] = [];
  for (const { obligation, thresholds } of crossed) {
    if (obligation.plan === null) continue;
    const steps = stepsOf(obligation.plan, obligation.target);
    for (const action of thresholds.flatMap((key) => steps.get(key)?.do ?? [])) {
      if (obligation.end !== null && !onlyRecords(action)) continue;
      if ('notify' in action) told.push(action.notify);
      else note(draft, carryOut(action, draft, desk));
    }
  }
  // Whoever is told hears of all of it, so the mails come last.
  const agents = new Set(told.flatMap((target) => personsOf(target, draft.ticket, desk)));
  draft.effect.tells = desk.agents
    .filter(({ personId, role, departmentIds }) => {
      const worksThere = role === 'admin' || departmentIds.includes(draft.ticket.departmentId);
      return agents.has(personId) && worksThere;
    })
    .map(({ personId }) => personId);
  return draft.effect;
}

function onlyRecords(action: Action): boolean {
  return 'addTag' in action || 'removeTag' in action || 'addNote' in action;
}

function note({ effect }: { effect: EscalationEffect }, result: DoneResult | null): void {
  if (result !== null && result.what !== 'nothing') effect.done.push(result);
}

/** Null for what changes nothing that anybody would have to be told of. */
function carryOut(
  action: Action,
  draft: TicketDraft & { effect: EscalationEffect },
  desk: Parameters<typeof decideEscalation>[0],
): DoneResult | null {
  const { effect, ticket } = draft;
  if ('addTag' in action) return setTags({ add: [action.addTag].flat(), remove: [] }, draft);
  if ('removeTag' in action) return setTags({ add: [], remove: [action.removeTag].flat() }, draft);
  if ('setPriority' in action) return setPriority(action.setPriority, draft);
  if ('raisePriority' in action) {
    const at = TICKET_PRIORITIES.indexOf(effect.set.priority ?? ticket.priority);
    return setPriority(TICKET_PRIORITIES[at + 1] ?? 'urgent', draft);
  }
  if ('setSlaPlan' in action) {
    const plan = desk.slaPlans.find(({ key }) => key === action.setSlaPlan);
    return plan === undefined ? null : setPlan(plan.id, draft);
  }
  if ('setDepartment' in action) {
    const department = desk.departments.find(({ key }) => key === action.setDepartment);
    const departments = [...desk.departments, ...desk.archivedDepartments];
    return department === undefined
      ? null
      : moveTo(department.id, draft, { agents: desk.agents, departments, isGiven: false });
  }
  if ('setStatus' in action) {
    const to = action.setStatus;
    // As it is by then: several steps may be due at once.
    const from = effect.set.status ?? ticket.status;
    if (to === from || !mayAgentMove(from, to)) return null;
    moveStatus(draft, to, null);
    return { what: 'status', to, until: null };
  }
  if ('addNote' in action) {
    effect.notes.push(action.addNote);
    return { what: 'note' };
  }
  return null;
}

/** Nobody has it, or whoever has it is no agent any more: then the department hears what the assignee would. */
function personsOf(target: NotifyTarget, ticket: DraftedTicket, desk: Parameters<typeof decideEscalation>[0]): Id[] {
  const ofDepartment = (departmentId: Id | undefined) =>
    desk.agents
      .filter(({ departmentIds }) => departmentId !== undefined && departmentIds.includes(departmentId))
      .map(({ personId }) => personId);
  if (target === 'assignee') {
    const assignee = desk.agents.find(({ personId }) => personId === ticket.assigneeId);
    return assignee === undefined ? ofDepartment(ticket.departmentId) : [assignee.personId];
  }
  if (target === 'department') return ofDepartment(ticket.departmentId);
  if (typeof target === 'string') return [];
  if ('team' in target) return desk.teams.find(({ key }) => key === target.team)?.personIds ?? [];
  if ('agent' in target) return desk.agents.filter(({ key }) => key === target.agent).map(({ personId }) => personId);
  return ofDepartment(desk.departments.find(({ key }) => key === target.department)?.id);
}
