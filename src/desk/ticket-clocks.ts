import type { Knex } from 'knex';
import type { Desk } from '../core/desk-config.ts';
import { type ClockChange, decideClockChange } from '../core/sla/clocks.ts';
import { NO_SLA_STATE, type PlanAt, type SlaState, slaStateOf } from '../core/sla/sla-state.ts';
import type { TicketChange } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import { type ApplyOutcome, applyTicketChange } from '../store/apply-ticket-change.ts';
import { findSlaFacts, type SlaFacts } from '../store/clocks.ts';

/** The part of a change that clocks follow from. */
export type ChangeInTime = Pick<TicketChange, 'ticket' | 'occurredAt' | 'configVersion' | 'events'>;

/**
 * Writes a change of a ticket together with what it does to the ticket's clocks. Every use-case writes through here, so that
 * none can forget them; `known` spares reading the facts again where the caller had to know them.
 */
export async function writeTicketChange(
  db: Knex,
  desk: Desk,
  change: TicketChange,
  known: SlaFacts | null = null,
): Promise<ApplyOutcome> {
  const clocks = await clocksAfter(db, desk, change, known);
  if (clocks === 'stale') return { outcome: 'stale' };
  return applyTicketChange(db, { ...change, events: [...change.events, ...clocks.events], clocks: clocks.clocks });
}

/** What a change does to the clocks of its ticket; `stale` where the ticket has moved on since it was decided. */
export async function clocksAfter(
  db: Knex,
  desk: Desk,
  change: ChangeInTime,
  known: SlaFacts | null = null,
): Promise<ClockChange | 'stale'> {
  const { ticket, events } = change;
  if (!events.some(concernsClocks)) return NOTHING;
  if (ticket.action === 'open') return clocksAtOpening(desk, change);
  if (!hasPlans(desk)) return NOTHING;
  const facts = known ?? (await factsFor(db, desk, change));
  if (facts === null || facts.ticketVersion !== ticket.expectedVersion) return 'stale';
  return decideClockChange(stateOf(desk, facts), change, plansOf(desk, facts));
}

/** The clocks a ticket is born with: nothing has to be read for them. */
export function clocksAtOpening(desk: Desk, change: ChangeInTime): ClockChange {
  return decideClockChange(NO_SLA_STATE, change, plansOf(desk, null));
}

/** What a change of a ticket must know of its past; null where it concerns no clock. */
export function factsFor(db: Knex, desk: Desk, { ticket, events }: ChangeInTime): Promise<SlaFacts | null> {
  const asks = ticket.action === 'update' && hasPlans(desk) && events.some(concernsClocks);
  return asks ? findSlaFacts(db, ticket.id) : Promise.resolve(null);
}

const NOTHING: ClockChange = { clocks: [], standing: [], events: [] };

/** A desk that never had a plan promises nothing, and its tickets need not be asked. */
function hasPlans({ slaPlans, archivedSlaPlans }: Desk): boolean {
  return slaPlans.length + archivedSlaPlans.length > 0;
}

export function stateOf(desk: Desk, facts: SlaFacts): SlaState {
  return slaStateOf(facts.facts, plansOf(desk, facts));
}

/** A plan as a configuration had it: its newest version that is not younger, or its first where none is that old. */
function plansOf(desk: Desk, facts: SlaFacts | null): PlanAt {
  return (slaPlanId, configVersion) => {
    const known = facts?.plans.filter((one) => one.slaPlanId === slaPlanId) ?? [];
    const isOldEnough = (version: string) => configVersion === null || BigInt(version) <= BigInt(configVersion);
    const version = known.find((one) => isOldEnough(one.configVersion)) ?? known.at(-1);
    if (version !== undefined) return version.plan;
    return [...desk.slaPlans, ...desk.archivedSlaPlans].find(({ id }) => id === slaPlanId) ?? null;
  };
}

/** Most changes of a ticket leave its clocks alone, and need not ask for their facts. */
function concernsClocks(event: TicketEvent): boolean {
  switch (event.kind) {
    case 'ticket.opened':
    case 'ticket.status-changed':
    case 'ticket.priority-changed':
    case 'ticket.sla-plan-changed':
    case 'sla.breached':
    case 'sla.escalated':
      return true;
    case 'article.added':
      return event.awaitsAnswer || (event.articleKind === 'reply' && event.state === 'accepted');
    case 'article.accepted':
      return event.awaitsAnswer || event.articleKind === 'reply';
    case 'mail.returned':
    case 'mail.unsettled':
      return event.lostAnswer !== null;
    case 'mail.arrived':
      return event.foundAnswer !== null;
    default:
      return false;
  }
}
