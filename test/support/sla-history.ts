import type { DeskSlaPlan } from '../../src/core/desk-config.ts';
import { type ClockChange, clocksOf, decideClockChange, type TicketClock } from '../../src/core/sla/clocks.ts';
import { NO_SLA_STATE, type PlanAt, type SlaFact, type SlaState, slaStateOf } from '../../src/core/sla/sla-state.ts';
import { readThreshold } from '../../src/core/sla/thresholds.ts';
import type { Id, TicketPriority, TicketStatus } from '../../src/core/ticket.ts';
import type { LostAnswer, TicketEvent } from '../../src/core/ticket-event.ts';

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An SLA plan around the clock: 8 h, 12 h and 40 h at normal priority. */
export function slaPlan(differs: Partial<DeskSlaPlan> = {}): DeskSlaPlan {
  return {
    id: '1',
    versionId: '11',
    key: 'standard',
    name: 'Standard',
    calendar: 'always',
    targetMs: {
      firstResponse: { low: 16 * HOUR, normal: 8 * HOUR, high: 2 * HOUR, urgent: 30 * MINUTE },
      nextResponse: { normal: 12 * HOUR, high: 4 * HOUR },
      resolution: { normal: 40 * HOUR, high: 16 * HOUR, urgent: 8 * HOUR },
    },
    pause: {
      pending: { targets: ['nextResponse', 'resolution'], maxMs: 10 * DAY },
      'on-hold': { targets: ['resolution'], maxMs: null },
    },
    escalations: [],
    ...differs,
  };
}

/** Steps that note a tag, as `any 50%` or `resolution breach + 2h`. */
export function steps(...written: string[]): DeskSlaPlan['escalations'] {
  return written.map((step) => {
    const [target = '', ...at] = step.split(' ');
    const threshold = readThreshold(at.join(' '));
    if (threshold === null) throw new Error(`no threshold: ${step}`);
    return { target: target as 'any', threshold, do: [{ addTag: [step] }] };
  });
}

export const START = new Date('2026-11-23T10:00:00.250Z');
export const hours = (count: number): Date => new Date(START.getTime() + count * HOUR);

/** A ticket's history being written, as `desk` writes it: each change with what it does to the clocks. */
export class SlaHistory {
  readonly facts: SlaFact[] = [];
  state: SlaState = NO_SLA_STATE;
  readonly planAt: PlanAt;
  status: TicketStatus = 'new';
  priority: TicketPriority = 'normal';
  slaPlanId: Id | null;
  articleCount = 0;

  constructor(plans: readonly DeskSlaPlan[] = [slaPlan()]) {
    this.planAt = (id) => plans.find((plan) => plan.id === id) ?? null;
    this.slaPlanId = plans[0]?.id ?? null;
  }

  change(at: Date, ...events: TicketEvent[]): ClockChange {
    const fact: SlaFact = { occurredAt: at, configVersion: '1', events };
    const decided = decideClockChange(this.state, fact, this.planAt);
    const written = { ...fact, events: [...events, ...decided.events] };
    this.facts.push(written);
    this.state = slaStateOf([...this.facts], this.planAt);
    return decided;
  }

  open(at: Date, differs: { priority?: TicketPriority; status?: TicketStatus; awaitsAnswer?: boolean } = {}) {
    this.status = differs.status ?? 'new';
    this.priority = differs.priority ?? 'normal';
    return this.change(
      at,
      {
        kind: 'ticket.opened',
        status: this.status,
        priority: this.priority,
        departmentId: '1',
        slaPlanId: this.slaPlanId,
        followsTicketId: null,
        assignment: 'manual',
      },
      this.article('inbound', differs.awaitsAnswer ?? true),
    );
  }

  /** A requester's mail: back with us, wherever it was. */
  mail(at: Date) {
    return this.change(at, this.article('inbound', true), ...(this.status === 'new' ? [] : this.move('open')));
  }

  /** An agent's public answer, which leaves the ticket in a status. Returns the article's id. */
  answer(at: Date, status: TicketStatus = 'pending'): Id {
    const article = this.article('reply', false);
    this.change(at, article, ...this.move(status));
    return article.kind === 'article.added' ? article.articleId : '';
  }

  note(at: Date) {
    return this.change(at, this.article('note', false));
  }

  to(at: Date, status: TicketStatus) {
    return this.change(at, ...this.move(status));
  }

  prioritise(at: Date, to: TicketPriority, ...beside: TicketEvent[]) {
    const from = this.priority;
    this.priority = to;
    return this.change(at, ...beside, { kind: 'ticket.priority-changed', from, to });
  }

  under(at: Date, slaPlanId: Id | null) {
    const from = this.slaPlanId;
    this.slaPlanId = slaPlanId;
    return this.change(at, { kind: 'ticket.sla-plan-changed', from, to: slaPlanId, reason: 'given' });
  }

  lose(at: Date, articleId: Id, laterAnswer: LostAnswer['laterAnswer'] = null) {
    const lostAnswer = { articleId, laterAnswer };
    return this.change(at, { kind: 'mail.unsettled', outboxId: '1', outcome: 'rejected', lostAnswer });
  }

  arrive(at: Date, articleId: Id, writtenAt: Date) {
    const foundAnswer = { articleId, writtenAt: writtenAt.toISOString() };
    return this.change(at, { kind: 'mail.arrived', outboxId: '1', foundAnswer });
  }

  /** The clocks as they stand, the newest cycle of each target last. */
  clocks(): TicketClock[] {
    return clocksOf(this.state);
  }

  /** One clock in words: `running due +8`, hours since the start. */
  says(target: TicketClock['target'], cycle = 1): string {
    const clock = this.clocks().find((one) => one.target === target && one.cycle === cycle);
    if (clock === undefined) return 'none';
    const words: string[] = [clock.state];
    if (clock.dueAt !== null) words.push(`due ${inHours(clock.dueAt)}`);
    if (clock.settledAt !== null) words.push(`at ${inHours(clock.settledAt)}`);
    return words.join(' ');
  }

  private article(articleKind: 'inbound' | 'reply' | 'note', awaitsAnswer: boolean): TicketEvent {
    this.articleCount += 1;
    const articleId = String(this.articleCount);
    return { kind: 'article.added', articleId, articleKind, state: 'accepted', awaitsAnswer, evidence: [] };
  }

  private move(to: TicketStatus): TicketEvent[] {
    const from = this.status;
    this.status = to;
    return from === to ? [] : [{ kind: 'ticket.status-changed', from, to }];
  }
}

export function inHours(time: Date): string {
  return `+${Math.round(((time.getTime() - START.getTime()) / HOUR) * 100) / 100}`;
}
