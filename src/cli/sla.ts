import type { Command } from 'commander';
import type { ClockExplanation, SlaExplanation } from '../core/sla/explain.ts';
import { PermanentError } from '../errors.ts';
import type { CliContext } from './context.ts';
import { addNoun, addVerb, JSON_OPTION } from './help.ts';
import { type Output, printable } from './output.ts';

export function addSlaCommands(program: Command, context: CliContext): void {
  const noun = addNoun(program, 'sla', 'see what was promised, and how it is counted');
  addVerb(noun, 'explain <ticket>', 'list every interval that a ticket’s clocks count or do not, and why', [
    'docket sla explain 1001',
    "docket sla explain 1001 --json | jq '.clocks[] | {target, state, dueAt}'",
  ])
    .option(...JSON_OPTION)
    .action((number: string, options: { json?: boolean }) => explain(context, number, options));
}

async function explain(context: CliContext, number: string, { json }: { json?: boolean }): Promise<void> {
  const { findTicketId } = await import('../store/ticket-lists.ts');
  const { loadDesk } = await import('../store/desk-config.ts');
  const { explainTicketClocks } = await import('../desk/explain-clocks.ts');
  const explanation = await context.withDatabase(async (db) => {
    const ticketId = await findTicketId(db, number.replace(/^#/, ''));
    return ticketId === null ? null : explainTicketClocks(db, await loadDesk(db), ticketId);
  });
  if (explanation === null)
    throw new PermanentError('TICKET_UNKNOWN', `There is no ticket ${printable(number)}. See: docket tickets list`);
  if (json) context.output.json({ number: number.replace(/^#/, ''), ...explanation });
  else show(context.output, explanation);
}

function show(output: Output, { clocks, unpromised }: SlaExplanation): void {
  for (const clock of clocks) showClock(output, clock);
  for (const { target, cycle, startedAt } of unpromised)
    output.say(`${target} ${cycle}: owed since ${startedAt.toISOString()}, and promised by no plan.`);
  if (clocks.length + unpromised.length === 0) output.say('Nobody waits for anything: this ticket has no clocks.');
}

const WHY: Record<ClockExplanation['intervals'][number]['why'], string> = {
  running: 'counts',
  pending: 'pending: the plan pauses it',
  'on-hold': 'on-hold: the plan pauses it',
  'pause-limit': 'counts: still waiting, but longer than the plan lets it pause',
  resting: 'resolved or closed',
  unanswered: 'counts: it waited for an answer to a mail that never arrived',
};

function showClock(output: Output, clock: ClockExplanation): void {
  const iso = (time: Date | null) => time?.toISOString() ?? '';
  const broken =
    clock.breach === null
      ? ''
      : `${iso(clock.breach.at)}${clock.breach.because === null ? '' : `, by ${clock.breach.because}`}`;
  const promised = clock.promisedMs === null ? 'nothing any more' : span(clock.promisedMs);
  const facts: [string, string][] = [
    ['promised', `${promised} at priority ${clock.priority}, by plan ${clock.planKey} (${clock.calendar})`],
    ['counted', span(clock.countedMs)],
    ['due', iso(clock.dueAt)],
    ['broken', broken],
    ['ended', iso(clock.endedAt)],
    ['fired', clock.crossed.join(', ')],
    ['ahead', clock.ahead.map(({ key, at }) => `${key} at ${iso(at)}`).join(', ')],
  ];
  output.line(output.colour('bold', `${clock.target} ${clock.cycle}: ${clock.state}`));
  for (const [name, value] of facts) if (value !== '') output.line(`  ${name.padEnd(10)}${printable(value)}`);
  output.table(clock.intervals, [
    { title: '  FROM', value: ({ from }) => `  ${iso(from)}` },
    { title: 'TO', value: ({ to }) => iso(to) },
    { title: 'COUNTED', value: ({ countedMs }) => span(countedMs), align: 'right' },
    { title: 'WHY', value: ({ why }) => WHY[why] },
  ]);
  output.line();
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** Every counted second, as `1 d 2 h 30 min`. */
function span(ms: number): string {
  let left = Math.floor(ms / 1000) * 1000;
  const parts: string[] = [];
  for (const [unit, unitMs] of UNITS) {
    if (left >= unitMs) parts.push(`${Math.floor(left / unitMs)} ${unit}`);
    left %= unitMs;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}
