import { judgeAutomaticVolume } from '../core/acknowledge.ts';
import type { Desk } from '../core/desk-config.ts';
import { decideEscalation, type EscalationEffect } from '../core/escalation.ts';
import { decideNotification } from '../core/notify.ts';
import { type ClockAlarm, clocksOf, clocksToTell, decideAlarm } from '../core/sla/clocks.ts';
import type { Id } from '../core/ticket.ts';
import { bareUpdate, type NewArticle, type TicketChange } from '../core/ticket-change.ts';
import { countAutomaticMail } from '../store/automatic-volume.ts';
import { correctAlarms, findSlaFacts, type SlaFacts } from '../store/clocks.ts';
import { type CommandedTicketRow, findCommandedTicket } from '../store/commanded-ticket.ts';
import { articleAdded } from './mail-rows.ts';
import {
  composeAlarms,
  listWordsToTell,
  type NotificationDependencies,
  type OutgoingMails,
} from './notification-mail.ts';
import { clocksAfter, stateOf, writeTicketChange } from './ticket-clocks.ts';
import { untilWritten } from './until-written.ts';

export interface EscalateTicketDependencies extends NotificationDependencies {
  desk(): Promise<Desk>;
}

/** `not-needed`: somebody else was there first, or its clocks ask for nothing any more. */
export type EscalateTicket = (ticketId: Id) => Promise<'escalated' | 'not-needed'>;

/**
 * Does what a ticket's clocks ask for by now, all of it in one change: writes down which promises were broken and when,
 * takes the steps of the thresholds crossed, and tells agents in one mail each. What is due is decided from the facts and the
 * database's time; the row that led here only said where to look.
 */
export function createEscalateTicket(deps: EscalateTicketDependencies): EscalateTicket {
  const { db } = deps;
  return async (ticketId) => {
    const desk = await deps.desk();
    return untilWritten(async () => {
      const facts = await findSlaFacts(db, ticketId);
      if (facts === null) return 'not-needed';
      const state = stateOf(desk, facts);
      const alarm = decideAlarm(state, facts.now);
      if (alarm.events.length === 0) {
        await correctAlarms(db, ticketId, facts.ticketVersion, clocksOf(state));
        return 'not-needed';
      }
      // The zone of nobody: whoever is told has one of their own.
      const ticket = await findCommandedTicket(db, ticketId, '0');
      if (ticket?.version !== facts.ticketVersion) return 'stale';
      const change = await composeAlarm(deps, desk, ticketId, ticket, facts, alarm);
      const { outcome } = await writeTicketChange(db, desk, change, facts);
      return outcome === 'applied' ? 'escalated' : 'stale';
    });
  };
}

async function composeAlarm(
  deps: EscalateTicketDependencies,
  desk: Desk,
  ticketId: Id,
  ticket: CommandedTicketRow,
  facts: SlaFacts,
  alarm: ClockAlarm,
): Promise<TicketChange> {
  const effect = decideEscalation(desk, ticket, alarm.crossed);
  const notes = await Promise.all(effect.notes.map((words) => noteOf(deps, ticket, words)));
  const change: TicketChange = {
    ...bareUpdate(ticketId, facts.ticketVersion),
    cause: { kind: 'timer', key: `alarm-${ticketId}-${facts.ticketVersion}` },
    actor: { kind: 'system', personId: null },
    occurredAt: facts.now,
    configVersion: desk.configVersion,
    ticket: {
      action: 'update',
      id: ticketId,
      expectedVersion: facts.ticketVersion,
      set: effect.set,
      addTags: effect.addTags,
      removeTags: effect.removeTags,
    },
    articles: notes,
    events: [...alarm.events, ...effect.events, ...notes.map((note) => articleAdded(note, { evidence: [] }))],
  };
  const mails = await tellAgents(deps, desk, change, ticket, facts, alarm, effect);
  return { ...change, events: [...change.events, ...mails.events], outbox: mails.outbox };
}

/** One mail to each of them, however much is due at once. */
async function tellAgents(
  deps: EscalateTicketDependencies,
  desk: Desk,
  change: TicketChange,
  ticket: CommandedTicketRow,
  facts: SlaFacts,
  { crossed }: ClockAlarm,
  effect: EscalationEffect,
): Promise<OutgoingMails> {
  const { id } = change.ticket;
  const told = effect.tells.length === 0 ? undefined : (await listWordsToTell(deps.db, desk, [id])).get(id);
  const clocks = await clocksAfter(deps.db, desk, change, facts);
  if (told === undefined || clocks === 'stale') return { outbox: [], events: [] };
  const volume = await countAutomaticMail(deps.db);
  const decision = decideNotification([], judgeAutomaticVolume(volume.lastHour, volume.hourly).isBreakerOpen);
  if (!decision.send) {
    return { outbox: [], events: [{ kind: 'mail.suppressed', purpose: 'notification', reason: decision.reason }] };
  }
  const others = clocks.standing.filter(
    (one) => !crossed.some(({ clock }) => clock.target === one.target && clock.cycle === one.cycle),
  );
  const { status, priority, departmentId, assigneeId } = { ...ticket, ...effect.set };
  return composeAlarms(
    deps,
    desk,
    { ...told.ticket, status, priority, departmentId, assigneeId, clocks: clocksToTell(others) },
    { ...told.article, attachments: [] },
    effect.tells,
    {
      now: facts.now,
      clocks: crossed
        .filter(({ obligation }) => obligation.end === null)
        .map(({ clock, obligation }) => ({ ...clock, brokenAt: obligation.breach?.at ?? null })),
      done: effect.done,
      departmentName: (wanted) => desk.departments.find(({ id }) => id === wanted)?.name ?? wanted,
      planName: (wanted) => desk.slaPlans.find(({ id }) => id === wanted)?.name ?? wanted,
    },
  );
}

/** The words of an `addNote`, as a note nobody wrote. */
async function noteOf(
  { ids }: EscalateTicketDependencies,
  { subject }: CommandedTicketRow,
  words: string,
): Promise<NewArticle> {
  return {
    id: await ids.draw('article'),
    kind: 'note',
    visibility: 'internal',
    state: 'accepted',
    marks: [],
    authorId: null,
    authorAddressId: null,
    inboundMailId: null,
    messageId: null,
    threadIndex: null,
    subject,
    text: words,
    spans: [{ kind: 'reply', from: 0, to: words.length }],
    language: null,
    attachments: [],
  };
}
