import type { Command } from 'commander';
import { countNoun } from '../core/count-noun.ts';
import type { ConfigChange, ConfigValue } from '../core/desk-config-diff.ts';
import type { FileProblem } from '../core/desk-config-file.ts';
import type { SoundPlan, TouchedObject } from '../desk/plan-configuration.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { addNoun, addVerb, JSON_OPTION } from './help.ts';
import { type Output, printable } from './output.ts';

interface PlanOptions {
  prune?: boolean;
  exitCode?: boolean;
  json?: boolean;
}

const PRUNE = ['--prune', 'also archive what the sections in the file no longer name'] as const;

export function addConfigCommands(program: Command, context: CliContext): void {
  const noun = addNoun(program, 'config', 'read and change what the desk does: docket.yaml');
  addVerb(noun, 'plan <file>', 'show what applying a docket.yaml would change; changes nothing', [
    'docket config plan docket.yaml',
    'docket config plan docket.yaml --exit-code   fails when something would change',
    'docket config pull | docket config plan -    nothing would change',
  ])
    .option(...PRUNE)
    .option('--exit-code', 'end with exit code 1 when something would change')
    .option(...JSON_OPTION)
    .action((file: string, options: PlanOptions) => plan(context, file, options));
  addVerb(noun, 'apply <file>', 'make a docket.yaml the configuration in force: the whole file or nothing', [
    'docket config apply docket.yaml',
    'docket config apply docket.yaml --prune',
  ])
    .option(...PRUNE)
    .option(...JSON_OPTION)
    .action((file: string, options: PlanOptions) => apply(context, file, options));
  addVerb(noun, 'pull', 'print the configuration in force as a docket.yaml', [
    'docket config pull > docket.yaml',
  ]).action(async () => {
    const { pullConfiguration } = await import('../desk/pull-configuration.ts');
    context.output.raw(await context.withDatabase(pullConfiguration));
  });
}

async function plan(context: CliContext, file: string, options: PlanOptions): Promise<void> {
  const text = (await context.readInput(file)).toString('utf8');
  const { planConfiguration } = await import('../desk/plan-configuration.ts');
  const plan = await context.withDatabase((db) => planConfiguration(db, text, { prune: options.prune ?? false }));
  if (plan.outcome === 'faulty') return showProblems(context, file, plan.problems, options);
  if (options.exitCode && plan.changes.length > 0) context.noteFailure();
  const { output } = context;
  if (options.json) return planAsJson(output, plan, plan.touched);
  showChanges(output, plan, plan.touched);
  if (plan.changes.length === 0) output.say('Nothing would change.');
  else
    output.say(
      `${summary(plan.changes)}. Make it so with: docket config apply ${options.prune ? '--prune ' : ''}${file}`,
    );
  if (plan.inactive.length > 0) output.line('Accepted and stored, but not yet active in this release:');
  for (const what of plan.inactive) output.line(`  ${what}`);
}

async function apply(context: CliContext, file: string, options: PlanOptions): Promise<void> {
  const text = (await context.readInput(file)).toString('utf8');
  const { applyConfiguration } = await import('../desk/apply-configuration.ts');
  const applied = await context.withDatabase((db) =>
    applyConfiguration(db, text, { prune: options.prune ?? false, actor: 'cli' }),
  );
  if (applied.outcome === 'faulty') return showProblems(context, file, applied.problems, options);
  const { output } = context;
  if (options.json) {
    planAsJson(output, applied);
    output.json({ kind: 'applied', configVersion: applied.configVersion });
  } else {
    showChanges(output, applied);
    if (applied.configVersion === null) output.say('Nothing had to change.');
    else output.say(`Applied as configuration version ${applied.configVersion}.`);
  }
}

async function showProblems(
  context: CliContext,
  file: string,
  problems: FileProblem[],
  { json }: PlanOptions,
): Promise<void> {
  const { formatFileProblem } = await import('../core/desk-config-file.ts');
  const { output } = context;
  const fileName = file === '-' ? 'standard input' : file;
  for (const problem of problems) {
    if (json) output.json({ kind: 'problem', file: fileName, ...problem });
    else output.say(formatFileProblem(fileName, problem));
  }
  output.say(`docket: ${countNoun(problems.length, 'problem')} in ${fileName}; nothing was changed.`);
  context.exitCode = EXIT.configuration;
}

function planAsJson(output: Output, { changes, keeps, inactive }: SoundPlan, touched: TouchedObject[] = []): void {
  const line = (change: ConfigChange, kept: boolean) => {
    const touches = touchedBy(touched, change);
    output.json({ kind: 'change', ...describeChange(change), kept, ...(touches === null ? {} : { touches }) });
  };
  for (const change of changes) line(change, false);
  for (const change of keeps) line(change, true);
  for (const what of inactive) output.json({ kind: 'inactive', what });
}

function showChanges(output: Output, { changes, keeps }: SoundPlan, touched: TouchedObject[] = []): void {
  for (const change of changes) {
    const [first, ...more] = changeLines(change);
    output.line(`${first}${touchesAsText(touched, change)}`);
    for (const line of more) output.line(line);
  }
  for (const change of keeps) {
    const { kind, key } = change;
    output.line(`  - ${kind} ${key}   (kept; --prune would archive it)${touchesAsText(touched, change)}`);
  }
}

/** Null for what nothing can lean on yet. */
function touchedBy(touched: TouchedObject[], change: ConfigChange): TouchedObject['touches'] | null {
  if (change.action !== 'change' && change.action !== 'remove') return null;
  return touched.find(({ kind, key }) => kind === change.kind && key === change.key)?.touches ?? null;
}

function touchesAsText(touched: TouchedObject[], change: ConfigChange): string {
  const counts = (touchedBy(touched, change) ?? []).map(({ what, count }) => countNoun(count, ...TOUCHED_WORDS[what]));
  return counts.length === 0 ? '' : `   touches ${counts.join(', ')}`;
}

const TOUCHED_WORDS: Record<TouchedObject['touches'][number]['what'], [singular: string, plural?: string]> = {
  'open-ticket': ['open ticket'],
  desk: ['desk'],
  mailbox: ['mailbox', 'mailboxes'],
  department: ['department'],
  agent: ['agent'],
  team: ['team'],
  topic: ['topic'],
  calendar: ['calendar'],
  slaPlan: ['SLA plan'],
  rule: ['rule'],
};

/** `objectKind`, because `kind` says what sort of line it is. */
function describeChange({ kind, ...change }: ConfigChange): object {
  return { objectKind: kind, ...change };
}

function changeLines(change: ConfigChange): string[] {
  switch (change.action) {
    case 'add':
      return [`  + ${change.kind} ${change.key}`];
    case 'remove':
      return [`  - ${change.kind} ${change.key}   (archived, with its history)`];
    case 'reorder':
      return [`  ~ order of ${change.kind}: ${change.keys.join(', ')}`];
    case 'change':
      return [
        `  ~ ${change.kind} ${change.key}`,
        ...change.fields.map(({ field, from, to }) => `      ${field}: ${show(from)} → ${show(to)}`),
      ];
  }
}

function show(value: ConfigValue | undefined): string {
  return value === undefined ? '(none)' : printable(JSON.stringify(value));
}

function summary(changes: ConfigChange[]): string {
  const actions = { add: 'addition', change: 'change', remove: 'removal', reorder: 'reordering' };
  return Object.entries(actions)
    .map(([action, word]) => [changes.filter((change) => change.action === action).length, word] as const)
    .filter(([many]) => many > 0)
    .map(([many, word]) => countNoun(many, word))
    .join(', ');
}
