import type { Id } from '../core/ticket.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import type { RecordedEvent } from '../core/undo.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import { oneLine } from './header-values.ts';
import { timeIn } from './times.ts';

/** Who and what the ids in a ticket's history are. */
export interface HistoryNames {
  /** IANA, the reader's. */
  zone: string;
  /** Null for whoever is no agent. */
  agentName(id: Id): string | null;
  departmentName(id: Id): string;
  planName(id: Id): string;
}

/**
 * One event of a ticket's history as agents read it: when, which agent did it, what. Where it rests on a decision, the rules that
 * decided stand behind it by their names, as in `docket tickets show`. Events without a sentence are told as they are recorded.
 */
export function historyLine(names: HistoryNames, catalogue: Catalogue, recorded: RecordedEvent): string {
  const { actorId, recordedAt, event } = recorded;
  const actor = actorId === null ? null : names.agentName(actorId);
  const who = actor === null ? '' : `${actor}: `;
  const evidence = 'evidence' in event ? event.evidence.map(({ rule }) => rule) : [];
  const why = evidence.length === 0 ? '' : ` (${[...new Set(evidence)].join(', ')})`;
  return oneLine(
    `${timeIn(catalogue.language, names.zone, recordedAt)} – ${who}${sentence(names, catalogue, event)}${why}`,
  );
}

function sentence(names: HistoryNames, { say, language }: Catalogue, event: TicketEvent): string {
  const agent = (id: Id | null) => (id === null ? say('history.nobody') : (names.agentName(id) ?? id));
  const plan = (id: Id | null) => (id === null ? '–' : names.planName(id));
  const time = (at: string) => timeIn(language, names.zone, new Date(at));
  switch (event.kind) {
    case 'ticket.opened':
      return say('history.opened', {
        status: say(`status.${event.status}`),
        priority: say(`priority.${event.priority}`),
        department: names.departmentName(event.departmentId),
      });
    case 'article.added': {
      const what = say(`history.article.${event.articleKind}`);
      return event.state === 'held' ? say('history.article.held', { what }) : what;
    }
    case 'article.accepted':
      return say('history.article.accepted');
    case 'article.discarded':
      return say('history.article.discarded');
    case 'ticket.status-changed':
      return say('history.status', { from: say(`status.${event.from}`), to: say(`status.${event.to}`) });
    case 'ticket.assigned':
      return say('history.assigned', { from: agent(event.from), to: agent(event.to), reason: event.reason });
    case 'ticket.priority-changed':
      return say('history.priority', { from: say(`priority.${event.from}`), to: say(`priority.${event.to}`) });
    case 'ticket.department-changed':
      return say('history.department', {
        from: names.departmentName(event.from),
        to: names.departmentName(event.to),
      });
    case 'ticket.sla-plan-changed':
      return say('history.plan', { from: plan(event.from), to: plan(event.to) });
    case 'ticket.tags-changed':
      return say('history.tags', {
        changes: [...event.added.map((tag) => `+${tag}`), ...event.removed.map((tag) => `-${tag}`)].join(' '),
      });
    case 'ticket.wake-set':
      return say('history.wake', { at: event.to === null ? say('history.never') : time(event.to) });
    case 'ticket.undone':
      return say('history.undone');
    case 'mail.enqueued':
      return say('history.sent', { purpose: event.purpose });
    case 'mail.suppressed':
      return say('history.notSent', { purpose: event.purpose, reason: event.reason });
    case 'mail.returned':
      return say('history.returned', { reason: event.reason ?? event.outcome });
    case 'mail.unsettled':
      return say('history.unsettled', { outcome: event.outcome });
    case 'mail.arrived':
      return say('history.arrived');
    case 'sla.started':
      return say('history.clocks', { targets: event.targets.map((target) => say(`clock.${target}`)).join(', ') });
    case 'sla.met':
      return say('history.met', { what: say(`clock.${event.target}`) });
    case 'sla.breached':
      return say('history.breached', { what: say(`clock.${event.target}`), at: time(event.at) });
    case 'sla.escalated':
      return say('history.escalated', { what: say(`clock.${event.target}`), threshold: event.threshold });
    default:
      return asRecorded(event);
  }
}

/** Names of facts are the same everywhere, so the mail shows them as the command line and the API do. */
function asRecorded({ kind, ...data }: TicketEvent): string {
  const facts = Object.entries(data)
    .filter(([name]) => name !== 'evidence')
    .map(([name, value]) => `${name}=${shortValue(value)}`);
  return [kind, ...facts].join(' ');
}

function shortValue(value: unknown): string {
  const written = typeof value === 'string' ? value : JSON.stringify(value);
  return written.length > VALUE_CHARACTERS_MAX ? `${written.slice(0, VALUE_CHARACTERS_MAX)}…` : written;
}

const VALUE_CHARACTERS_MAX = 200;
