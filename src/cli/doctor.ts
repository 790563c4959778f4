import type { Command } from 'commander';
import { nearestWord } from '../core/nearest-word.ts';
import type { Check, CheckResult } from '../desk/diagnose.ts';
import { UsageError } from '../errors.ts';
import type { CliContext } from './context.ts';
import { addVerb, JSON_OPTION } from './help.ts';
import { printable } from './output.ts';

interface DoctorOptions {
  only?: string[];
  list?: boolean;
  json?: boolean;
}

export function addDoctorCommand(program: Command, context: CliContext): void {
  addVerb(program, 'doctor', 'check everything Docket needs, and say how to mend what is wrong', [
    'docket doctor',
    'docket doctor --only database,mailbox',
    'docket doctor --json | jq "select(.outcome == \\"fail\\")"',
  ])
    .option('--only <checks...>', 'only these checks, by name', (names: string, all: string[] = []) => [
      ...all,
      ...names.split(','),
    ])
    .option('--list', 'list the checks without running them')
    .option(...JSON_OPTION)
    .action((options: DoctorOptions) => doctor(context, options));
}

async function doctor(context: CliContext, { only, list, json }: DoctorOptions): Promise<void> {
  const [{ diagnose }, { withChecks }] = await Promise.all([
    import('../desk/diagnose.ts'),
    import('./doctor-checks.ts'),
  ]);
  await withChecks(context, async (checks) => {
    const chosen = chooseChecks(checks, only);
    if (list) return listChecks(context, checks, json);
    const results: CheckResult[] = [];
    for await (const result of diagnose(checks, chosen)) {
      results.push(result);
      if (result.outcome === 'fail') context.noteFailure();
      if (json) context.output.json(result);
      else showResult(context, result);
    }
    const count = (outcome: CheckResult['outcome']) => results.filter((result) => result.outcome === outcome).length;
    context.output.say(
      `${count('pass')} passed, ${count('warn')} warnings, ${count('fail')} failed, ${count('skip')} skipped`,
    );
  });
}

function chooseChecks(checks: Check[], only: string[] | undefined): Set<string> {
  const known = checks.map(({ name }) => name);
  for (const name of only ?? [])
    if (!known.includes(name)) {
      const nearest = nearestWord(name, known);
      const hint = nearest === null ? 'See: docket doctor --list' : `Did you mean "${nearest}"?`;
      throw new UsageError('CHECK_UNKNOWN', `There is no check "${name}". ${hint}`);
    }
  return new Set(only ?? known);
}

function listChecks({ output }: CliContext, checks: Check[], json: boolean | undefined): void {
  if (json) for (const { name, about } of checks) output.json({ name, about });
  else
    output.table(checks, [
      { title: 'CHECK', value: ({ name }) => name },
      { title: 'LOOKS WHETHER', value: ({ about }) => about },
    ]);
}

const COLOURS = { pass: 'green', warn: 'yellow', fail: 'red', skip: 'gray' } as const;

function showResult({ output }: CliContext, { check, outcome, subject, detail, nextStep }: CheckResult): void {
  const name = subject === null ? check : `${check} ${subject}`;
  output.line(`${output.colour(COLOURS[outcome], outcome.padEnd(4))}  ${name.padEnd(24)}  ${printable(detail)}`);
  if (nextStep !== null) output.line(`${' '.repeat(32)}→ ${printable(nextStep)}`);
}
