import { describe, expect, test } from 'vitest';
import { decideAlarm, decideClockChange } from '../../../src/core/sla/clocks.ts';
import type { TicketPriority } from '../../../src/core/ticket.ts';
import { HOUR, hours, inHours, SlaHistory, START, slaPlan, steps } from '../../support/sla-history.ts';

function opened(...plans: Parameters<typeof slaPlan>[0][]): SlaHistory {
  const history = new SlaHistory(plans.length === 0 ? [slaPlan()] : plans.map(slaPlan));
  history.open(START);
  return history;
}

describe('a ticket is born with', () => {
  test.each<[rule: string, Parameters<typeof slaPlan>[0], TicketPriority, string[]]>([
    ['a first response and a resolution, from the mail’s arrival', {}, 'normal', ['running due +8', 'running due +40']],
    ['what its priority promises', {}, 'urgent', ['running due +0.5', 'running due +8']],
    ['nothing where the plan promises nothing', {}, 'low', ['running due +16', 'none']],
    [
      'nothing under an empty plan',
      { targetMs: { firstResponse: {}, nextResponse: {}, resolution: {} } },
      'high',
      ['none', 'none'],
    ],
    ['nothing in business time: an hour of it is not an hour', { calendar: 'office' }, 'normal', ['none', 'none']],
  ])('%s', (_rule, plan, priority, says) => {
    const history = new SlaHistory([slaPlan(plan)]);
    history.open(START, { priority });
    expect([history.says('firstResponse'), history.says('resolution')]).toEqual(says);
    expect(history.says('nextResponse')).toBe('none');
  });

  test.each<[night: string, openedAt: string, due: string]>([
    ['into summer', '2026-03-28T20:00:00.000Z', '2026-03-29T04:00:00.000Z'],
    ['out of summer', '2026-10-24T20:00:00.000Z', '2026-10-25T04:00:00.000Z'],
  ])('real hours through the night %s', (_night, openedAt, due) => {
    const history = new SlaHistory();
    history.open(new Date(openedAt));
    expect(history.clocks()[0]?.dueAt?.toISOString()).toBe(due);
  });

  test('the version of the plan that promises, and says in its history what started', () => {
    const history = new SlaHistory();
    expect(history.open(START).events).toEqual([
      { kind: 'sla.started', slaPlanVersionId: '11', targets: ['firstResponse', 'resolution'] },
    ]);
    expect(history.clocks()[0]).toEqual({
      target: 'firstResponse',
      cycle: 1,
      slaPlanVersionId: '11',
      state: 'running',
      startedAt: START,
      dueAt: hours(8),
      settledAt: null,
      endedAt: null,
      nextAt: hours(8),
    });
  });

  test('no clock while nobody waits: automatic mail, old mail, a ticket filed as resolved', () => {
    const quiet = new SlaHistory();
    quiet.open(START, { awaitsAnswer: false });
    const filed = new SlaHistory();
    filed.open(START, { status: 'resolved' });
    expect([quiet.clocks(), filed.clocks()]).toEqual([[], []]);
    quiet.mail(hours(5));
    filed.mail(hours(5));
    expect([quiet.says('firstResponse'), filed.says('resolution')]).toEqual(['running due +13', 'running due +45']);
  });
});

describe('a response', () => {
  test('is an agent’s public answer; a note or the requester’s own mail is none', () => {
    const history = opened();
    history.note(hours(1));
    history.mail(hours(2));
    expect(history.says('firstResponse')).toBe('running due +8');
    history.answer(hours(3));
    expect(history.says('firstResponse')).toBe('met due +8 at +3');
    expect(history.says('nextResponse')).toBe('none');
  });

  test('at the very deadline is in time, and a moment later is not', () => {
    const history = opened();
    history.answer(hours(8));
    expect(history.says('firstResponse')).toBe('met due +8 at +8');
    const late = opened();
    const { events } = late.change(new Date(hours(8).getTime() + 1), {
      kind: 'article.accepted',
      articleId: '9',
      articleKind: 'reply',
      awaitsAnswer: false,
    });
    expect(late.says('firstResponse')).toBe('breached due +8 at +8');
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'sla.breached',
        target: 'firstResponse',
        at: hours(8).toISOString(),
        because: null,
      }),
    );
  });

  test('that was written in time and arrived late takes the recorded breach back', () => {
    const history = opened();
    const alarm = decideAlarm(history.state, hours(8.1));
    history.change(hours(8.1), ...alarm.events);
    expect(history.says('firstResponse')).toBe('breached due +8 at +8');
    history.answer(hours(7.9));
    expect(history.says('firstResponse')).toBe('met due +8 at +7.9');
  });

  test('is owed anew from the oldest mail that waits for one, a cycle each time', () => {
    const history = opened();
    history.answer(hours(1));
    history.mail(hours(10));
    history.mail(hours(15));
    expect(history.says('nextResponse')).toBe('running due +22');
    history.answer(hours(16));
    history.mail(hours(30));
    expect(history.says('nextResponse', 1)).toBe('met due +22 at +16');
    expect(history.says('nextResponse', 2)).toBe('running due +42');
  });

  test.each([
    ['of one owed for more than that, and the newer part is owed from the newer mail', 1, 'met due +8 at +1', '+14'],
    ['of none', 0.2, 'met due +8 at +0.2', '+14'],
  ])('that is older than the newest question ends only what is older: %s', (_, at, first, next) => {
    const history = opened();
    history.mail(hours(2));
    history.mail(hours(3));
    history.answer(hours(at), 'open');
    expect(history.says('firstResponse')).toBe(first);
    expect(history.says('nextResponse')).toBe(`running due ${next}`);
    history.answer(hours(2.5), 'open');
    expect(history.says('nextResponse', 1)).toBe('met due +14 at +2.5');
    expect(history.says('nextResponse', 2)).toBe('running due +15');
    history.answer(hours(4), 'open');
    expect(history.says('nextResponse', 2)).toBe('met due +15 at +4');
  });

  test('that never arrived is none: it is owed from where it was, and the wait it began was none', () => {
    const history = opened();
    const answer = history.answer(hours(1), 'pending');
    expect(history.says('resolution')).toBe('paused due +280');
    history.lose(hours(5), answer);
    expect(history.says('firstResponse')).toBe('running due +8');
    expect(history.says('resolution')).toBe('running due +40');
  });

  test('that arrives after all ends what was asked before it was written, when it arrives, and no more than that', () => {
    const history = opened();
    const answer = history.answer(hours(1), 'pending');
    history.lose(hours(2), answer);
    history.mail(hours(3));
    history.arrive(hours(5), answer, hours(1));
    expect(history.says('firstResponse')).toBe('met due +8 at +5');
    expect(history.says('nextResponse')).toBe('running due +15');
  });

  test('that arrives after all when others were lost too leaves open what they alone had answered', () => {
    const history = opened();
    const first = history.answer(hours(0.5), 'pending');
    history.lose(hours(0.75), first);
    history.mail(hours(1));
    const second = history.answer(hours(2), 'pending');
    history.lose(hours(2.5), second);
    history.arrive(hours(3), first, hours(0.5));
    expect(history.says('firstResponse')).toBe('met due +8 at +3');
    expect(history.says('nextResponse')).toBe('running due +13');
    expect(history.says('resolution')).toBe('running due +40');
  });

  test('that is older than the newest question of a ticket at rest leaves it owed when that is opened again', () => {
    const history = opened();
    history.mail(hours(3));
    history.to(hours(4), 'resolved');
    history.answer(hours(1), 'resolved');
    expect(history.says('nextResponse')).toBe('none');
    history.to(hours(6), 'open');
    expect(history.says('firstResponse')).toBe('met due +8 at +1');
    expect(history.says('nextResponse')).toBe('running due +17');
  });

  test('that never arrived, found out after the deadline, was never in time', () => {
    const history = opened();
    const answer = history.answer(hours(1));
    const { events } = history.lose(hours(50), answer);
    expect(history.says('firstResponse')).toBe('breached due +8 at +8');
    // Its deadline had stood still while it seemed to wait: moved into the past, it is broken by what moved it.
    expect(history.says('resolution')).toBe('breached due +40 at +50');
    expect(events).toContainEqual(
      expect.objectContaining({ target: 'resolution', at: hours(50).toISOString(), because: 'mail.unsettled' }),
    );
  });

  test('that never arrived is replaced by the next one that did, at its time', () => {
    const history = opened();
    const answer = history.answer(hours(1), 'open');
    history.answer(hours(9), 'open');
    history.lose(hours(10), answer, { articleId: '3', at: hours(9).toISOString() });
    expect(history.says('firstResponse')).toBe('breached due +8 at +8');
    expect(history.clocks()[0]?.endedAt).toEqual(hours(9));
  });

  test('sent again after one that never arrived begins the wait, though the status stays as it is', () => {
    const history = opened();
    const lost = history.answer(hours(1), 'pending');
    history.lose(hours(2), lost);
    history.answer(hours(3), 'pending');
    expect(history.says('firstResponse')).toBe('met due +8 at +3');
    expect(history.says('resolution')).toBe('paused due +280');
  });

  test('sent twice and lost once: the wait began with the one that arrived', () => {
    const history = opened();
    const lost = history.answer(hours(1), 'pending');
    const arrived = history.answer(hours(2), 'pending');
    history.lose(hours(5), lost, { articleId: arrived, at: hours(2).toISOString() });
    expect(history.says('firstResponse')).toBe('met due +8 at +2');
    expect(history.says('resolution')).toBe('paused due +280');
  });
});

describe('a resolution', () => {
  test('is met when the ticket is resolved; what was owed besides is no longer', () => {
    const history = opened();
    history.to(hours(2), 'resolved');
    expect(history.says('resolution')).toBe('met due +40 at +2');
    expect(history.says('firstResponse')).toBe('cancelled due +8 at +2');
    expect(history.clocks().map(({ nextAt }) => nextAt)).toEqual([null, null]);
  });

  test('goes on when the ticket is reopened, without the time in between', () => {
    const history = opened();
    history.answer(hours(1), 'resolved');
    history.mail(hours(101));
    expect(history.says('resolution')).toBe('running due +140');
    expect(history.says('nextResponse')).toBe('running due +113');
    history.to(hours(102), 'resolved');
    history.to(hours(102.5), 'closed');
    expect(history.says('resolution')).toBe('met due +140 at +102');
  });

  test('taken back at once, as by /undo, leaves the clocks as if it had not been', () => {
    const history = opened();
    history.to(hours(2), 'resolved');
    history.to(hours(2), 'new');
    expect([history.says('firstResponse'), history.says('resolution')]).toEqual(['running due +8', 'running due +40']);
  });

  test('that was broken stays broken, whatever comes', () => {
    const history = opened();
    history.answer(hours(1), 'open');
    history.to(hours(41), 'resolved');
    history.mail(hours(42));
    history.to(hours(43), 'resolved');
    expect(history.says('resolution')).toBe('breached due +40 at +40');
  });
});

describe('a pause', () => {
  test('stops the clocks that the plan names for the status, and never the first response', () => {
    const history = opened();
    history.to(hours(1), 'pending');
    expect(history.says('firstResponse')).toBe('running due +8');
    expect(history.says('resolution')).toBe('paused due +280');
    history.to(hours(5), 'open');
    expect(history.says('resolution')).toBe('running due +44');
  });

  test('of a plan that names the first response stops that too', () => {
    const history = opened({
      pause: { pending: { targets: ['firstResponse'], maxMs: null }, 'on-hold': { targets: [], maxMs: null } },
    });
    history.to(hours(1), 'pending');
    expect(history.says('firstResponse')).toBe('paused');
    expect(history.clocks()[0]?.nextAt).toBeNull();
    history.to(hours(100), 'open');
    expect(history.says('firstResponse')).toBe('running due +107');
  });

  test('lasts as long as the plan lets it; each wait has its own limit', () => {
    const history = opened();
    history.to(hours(1), 'pending');
    history.to(hours(1 + 11 * 24), 'open');
    // Ten of the eleven days did not count.
    expect(history.says('resolution')).toBe(`running due +${40 + 240}`);
    history.to(hours(1 + 11 * 24), 'on-hold');
    expect(history.says('resolution')).toBe('paused');
    history.to(hours(1 + 41 * 24), 'open');
    expect(history.says('resolution')).toBe(`running due +${40 + 240 + 720}`);
  });

  test('that outlasts its limit lets the promise break while the ticket still waits', () => {
    const history = opened();
    history.answer(hours(1), 'pending');
    const dueAt = hours(1 + 240 + 39);
    expect(history.clocks()[1]?.nextAt).toEqual(dueAt);
    expect(decideAlarm(history.state, new Date(dueAt.getTime() - 1)).events).toEqual([]);
    expect(decideAlarm(history.state, dueAt).events).toHaveLength(1);
  });
});

describe('another priority or plan', () => {
  test('moves every open deadline, counted from where it started', () => {
    const history = opened();
    history.prioritise(hours(1), 'high');
    expect([history.says('firstResponse'), history.says('resolution')]).toEqual(['running due +2', 'running due +16']);
  });

  test('that moves a deadline into the past breaks the promise at that moment, and says so', () => {
    const history = opened();
    const { events } = history.prioritise(hours(3), 'high');
    expect(history.says('firstResponse')).toBe('breached due +2 at +3');
    expect(events).toEqual([
      expect.objectContaining({ kind: 'sla.breached', at: hours(3).toISOString(), because: 'ticket.priority-changed' }),
    ]);
    // Nothing lets it off again.
    history.prioritise(hours(4), 'low');
    expect(history.says('firstResponse')).toBe('breached due +2 at +3');
  });

  test('does not touch what was kept', () => {
    const history = opened();
    history.answer(hours(3), 'open');
    history.prioritise(hours(4), 'urgent');
    expect(history.says('firstResponse')).toBe('met due +8 at +3');
  });

  test('that promises nothing takes the promise back, and another one gives it again', () => {
    const history = opened();
    history.prioritise(hours(1), 'low');
    expect(history.says('resolution')).toBe('cancelled at +1');
    history.prioritise(hours(2), 'normal');
    expect(history.says('resolution')).toBe('running due +40');
    history.under(hours(3), null);
    expect(history.says('firstResponse')).toBe('cancelled at +3');
    history.prioritise(hours(4), 'urgent');
    expect(history.says('firstResponse')).toBe('cancelled at +3');
  });

  test('gives a promise to a ticket that had none, from when its requester began to wait', () => {
    const history = new SlaHistory([slaPlan()]);
    history.slaPlanId = null;
    history.open(START);
    expect(history.clocks()).toEqual([]);
    const { events } = history.under(hours(5), '1');
    expect([history.says('firstResponse'), history.says('resolution')]).toEqual(['running due +8', 'running due +40']);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'sla.started' }));
  });

  test('brings the version in force; a change of priority alone keeps the one that promised', () => {
    const older = slaPlan();
    const younger = slaPlan({
      versionId: '12',
      targetMs: { ...older.targetMs, firstResponse: { normal: HOUR, high: HOUR } },
    });
    const history = new SlaHistory([older]);
    history.open(START);
    const planAt = () => younger;
    const fact = { occurredAt: hours(0.5), configVersion: '2' };
    const change = (event: Parameters<SlaHistory['change']>[1]) =>
      decideClockChange(history.state, { ...fact, events: [event] }, planAt).clocks;
    expect(change({ kind: 'ticket.priority-changed', from: 'normal', to: 'high' })[0]).toMatchObject({
      slaPlanVersionId: '11',
    });
    expect(change({ kind: 'ticket.sla-plan-changed', from: '1', to: '1', reason: 'given' })[0]).toMatchObject({
      slaPlanVersionId: '12',
      dueAt: hours(1),
    });
  });
});

describe('thresholds', () => {
  const warned = () => opened({ escalations: steps('any 50%', 'any breach', 'resolution breach + 2h') });
  const fire = (history: SlaHistory, at: Date) => {
    const { events } = decideAlarm(history.state, at);
    history.change(at, ...events);
    return events.map((event) =>
      event.kind === 'sla.escalated' ? `${event.target} ${event.threshold}` : `${event.kind}`,
    );
  };

  test('are crossed one after the other, each once', () => {
    const history = warned();
    expect(fire(history, hours(3.99))).toEqual([]);
    expect(fire(history, hours(4))).toEqual(['firstResponse 50%']);
    expect(fire(history, hours(4))).toEqual([]);
    expect(fire(history, hours(8))).toEqual(['sla.breached', 'firstResponse breach']);
    expect(fire(history, hours(20))).toEqual(['resolution 50%']);
    expect(fire(history, hours(40))).toEqual(['sla.breached', 'resolution breach']);
    expect(fire(history, hours(41.9))).toEqual([]);
    expect(fire(history, hours(42))).toEqual(['resolution breach+2h']);
    expect(fire(history, hours(1000))).toEqual([]);
    expect(history.clocks().map(({ nextAt }) => nextAt)).toEqual([null, null]);
  });

  test('crossed during a long silence are one alarm, with the true times', () => {
    const history = warned();
    expect(decideAlarm(history.state, hours(50)).events).toEqual([
      expect.objectContaining({ kind: 'sla.breached', target: 'firstResponse', at: hours(8).toISOString() }),
      expect.objectContaining({ threshold: '50%' }),
      expect.objectContaining({ threshold: 'breach' }),
      expect.objectContaining({ kind: 'sla.breached', target: 'resolution', at: hours(40).toISOString() }),
      expect.objectContaining({ threshold: '50%' }),
      expect.objectContaining({ threshold: 'breach' }),
      expect.objectContaining({ threshold: 'breach+2h' }),
    ]);
  });

  test('do not fire again when the deadline moves', () => {
    const history = warned();
    fire(history, hours(4));
    history.prioritise(hours(5), 'low');
    expect(history.says('firstResponse')).toBe('running due +16');
    expect(fire(history, hours(8))).toEqual([]);
  });

  test('that a change moves into the past fire at the change', () => {
    const history = warned();
    history.prioritise(hours(1.5), 'high');
    expect(fire(history, hours(1.5))).toEqual(['firstResponse 50%']);
  });

  test('stand still with their clock', () => {
    const history = warned();
    history.answer(hours(1), 'pending');
    expect(fire(history, hours(100))).toEqual([]);
    history.mail(hours(101));
    expect(fire(history, hours(119.9)).filter((what) => what.startsWith('resolution'))).toEqual([]);
    expect(fire(history, hours(120))).toEqual(['resolution 50%']);
  });

  test('after the breach stand still with it, and fall away with what was owed', () => {
    const history = warned();
    history.answer(hours(1), 'open');
    fire(history, hours(20));
    fire(history, hours(40));
    history.to(hours(41), 'on-hold');
    expect(fire(history, hours(50))).toEqual([]);
    history.to(hours(51), 'open');
    expect(history.clocks()[1]?.nextAt).toEqual(hours(52));
    history.to(hours(51.5), 'resolved');
    expect(fire(history, hours(60))).toEqual([]);
  });

  test('of what is over by now are only told of a breach', () => {
    const history = warned();
    history.answer(hours(9), 'open');
    expect(fire(history, hours(9))).toEqual(['firstResponse breach']);
  });

  test('a change made by an escalation leaves the clock that caused it alone', () => {
    const history = warned();
    const { events } = decideAlarm(history.state, hours(4));
    history.prioritise(hours(4), 'high', ...events);
    expect([history.says('firstResponse'), history.says('resolution')]).toEqual(['running due +8', 'running due +16']);
    // The next change is nobody's escalation.
    history.prioritise(hours(4.5), 'urgent');
    expect(history.says('firstResponse')).toBe('breached due +0.5 at +4.5');
  });
});

test('a change that happened before the one recorded last does not make time run backwards', () => {
  const history = opened();
  history.answer(hours(11), 'pending');
  history.mail(hours(10));
  expect(history.says('nextResponse')).toBe('running due +22');
  expect(inHours(history.clocks()[1]?.dueAt ?? START)).toBe('+40');
});
