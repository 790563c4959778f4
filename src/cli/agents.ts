import type { Command } from 'commander';
import type { Knex } from 'knex';
import type { AbsenceChange } from '../core/absence.ts';
import { nearestWord } from '../core/nearest-word.ts';
import { UsageError } from '../errors.ts';
import type { ListedAbsence, ListedAgent } from '../store/agents.ts';
import type { CliContext } from './context.ts';
import { addNoun, addVerb, JSON_OPTION } from './help.ts';
import { type Output, printable } from './output.ts';

export function addAgentsCommands(program: Command, context: CliContext): void {
  const noun = addNoun(program, 'agents', 'see who is at work, and say who is away');
  addVerb(noun, 'list', 'list agents with what they have to do and whether they are away', [
    'docket agents list',
    "docket agents list --json | jq -r 'select(.awaySince != null).key'",
  ])
    .option(...JSON_OPTION)
    .action((options: { json?: boolean }) => list(context, options));
  addVerb(noun, 'show <key>', 'show one agent with their absences', ['docket agents show jane'])
    .option(...JSON_OPTION)
    .action((key: string, options: { json?: boolean }) => show(context, key, options));
  addVerb(noun, 'away <key>', 'say that an agent is away: no new tickets until they are back', [
    'docket agents away jane',
    'docket agents away jane --until "monday 9:00"',
    'docket agents away jane --from 2026-12-24 --until 2027-01-04',
  ])
    .option('--from <time>', 'when it begins (default: now)')
    .option('--until <time>', 'when it ends (default: when they are back)')
    .option(...JSON_OPTION)
    .action((key: string, options: AwayOptions) => away(context, key, options));
  addVerb(noun, 'back <key>', 'say that an agent is back; waiting tickets are given out again', [
    'docket agents back jane',
    'docket agents back jane --planned',
  ])
    .option('--planned', 'take back absences that have not begun yet as well')
    .option(...JSON_OPTION)
    .action((key: string, options: BackOptions) => back(context, key, options));
}

interface AwayOptions {
  from?: string;
  until?: string;
  json?: boolean;
}

interface BackOptions {
  planned?: boolean;
  json?: boolean;
}

async function list(context: CliContext, { json }: { json?: boolean }): Promise<void> {
  const { listAgents } = await import('../store/agents.ts');
  const agents = await context.withDatabase((db) => listAgents(db));
  const { output } = context;
  if (json) for (const agent of agents) output.json(agent);
  else showTable(output, agents);
}

function showTable(output: Output, agents: ListedAgent[]): void {
  output.table(agents, [
    { title: 'KEY', value: ({ key }) => key },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'ROLE', value: ({ role }) => role },
    { title: 'DEPARTMENTS', value: ({ departments }) => departments.join(', ') },
    { title: 'OPEN', value: ({ openCount }) => openCount, align: 'right' },
    { title: 'AT MOST', value: ({ capacity }) => capacity ?? '-', align: 'right' },
    { title: 'DEPUTY', value: ({ deputy }) => deputy ?? '-' },
    { title: 'PRESENCE', value: presence },
  ]);
  if (agents.length === 0) output.say('No agents.');
}

function presence({ awaySince, awayUntil, nextAwayFrom, timezone }: ListedAgent): string {
  if (awaySince !== null) return awayUntil === null ? 'away' : `away until ${timeIn(timezone, awayUntil)}`;
  return nextAwayFrom === null ? 'at work' : `at work, away from ${timeIn(timezone, nextAwayFrom)}`;
}

async function show(context: CliContext, key: string, { json }: { json?: boolean }): Promise<void> {
  const { listAbsences } = await import('../store/agents.ts');
  const { output } = context;
  const { agent, absences } = await context.withDatabase(async (db) => {
    const agent = await getAgent(db, key);
    return { agent, absences: await listAbsences(db, agent.personId, ABSENCES_SHOWN) };
  });
  if (json) output.json({ ...agent, absences });
  else showAgent(output, agent, absences);
}

const ABSENCES_SHOWN = 20;

function showAgent(output: Output, agent: ListedAgent, absences: ListedAbsence[]): void {
  const { key, name, role, departments, deputy, openCount, capacity, timezone } = agent;
  const facts: [string, string][] = [
    ['role', role],
    ['departments', departments.join(', ') || 'none'],
    ['presence', presence(agent)],
    [
      'open tickets',
      `${openCount}${capacity === null ? '' : ` of ${capacity}`} (docket tickets list --assignee ${key})`,
    ],
    ['deputy', deputy ?? 'nobody'],
    ['time zone', timezone],
  ];
  output.line(output.colour('bold', `${key} ${printable(name)}`));
  for (const [fact, value] of facts) output.line(`  ${fact.padEnd(14)}${printable(value)}`);
  if (absences.length === 0) return;
  output.line();
  output.table(absences, [
    { title: 'AWAY FROM', value: ({ from }) => timeIn(timezone, from) },
    { title: 'UNTIL', value: ({ until }) => (until === null ? 'until back' : timeIn(timezone, until)) },
    { title: 'SAID BY', value: ({ saidBy }) => saidBy ?? 'operator' },
  ]);
}

async function away(context: CliContext, key: string, { from, until, json }: AwayOptions): Promise<void> {
  const { readTime } = await import('../core/command-time.ts');
  const now = context.clock.now();
  const instant = (option: string, text: string | undefined, timezone: string, after: Date): Date | null => {
    if (text === undefined) return null;
    const read = readTime(text.trim().split(/\s+/), after, timezone);
    if (read.outcome === 'time') return read.time;
    const time = new Date(text);
    if (/^\d{4}-\d\d-\d\dT/.test(text) && time > after) return time;
    throw new UsageError(
      'TIME_INVALID',
      `--${option} ${printable(text)} is no time ahead. Expected 2h, 3d, 17:00, tomorrow 9:00, fri, 2026-12-01 or 2026-12-01T09:00:00Z.`,
    );
  };
  await record(context, key, json, ({ personId, timezone }) => {
    const begins = instant('from', from, timezone, now);
    return { is: 'away', agentId: personId, from: begins, until: instant('until', until, timezone, begins ?? now) };
  });
}

async function back(context: CliContext, key: string, { planned = false, json }: BackOptions): Promise<void> {
  await record(context, key, json, ({ personId }) => ({ is: 'back', agentId: personId, planned }));
}

async function record(
  context: CliContext,
  key: string,
  json: boolean | undefined,
  change: (agent: ListedAgent) => AbsenceChange,
): Promise<void> {
  const { recordAbsence } = await import('../store/absences.ts');
  const agent = await context.withDatabase(async (db) => {
    await recordAbsence(db, change(await getAgent(db, key)));
    return getAgent(db, key);
  });
  if (json) context.output.json(agent);
  else context.output.say(`${agent.key}: ${presence(agent)}.`);
}

async function getAgent(db: Knex, key: string): Promise<ListedAgent> {
  const { listAgents } = await import('../store/agents.ts');
  const [agent] = await listAgents(db, key);
  if (agent !== undefined) return agent;
  const keys = (await listAgents(db)).map((one) => one.key);
  const nearest = nearestWord(key, keys);
  const hint = nearest === null ? 'See: docket agents list' : `Did you mean ${nearest}?`;
  throw new UsageError('AGENT_UNKNOWN', `There is no agent ${printable(key)}. ${hint}`);
}

function timeIn(timeZone: string, time: Date): string {
  return new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone }).format(time);
}
