import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { addNoun, addVerb, JSON_OPTION } from './help.ts';

export function addMigrateCommands(program: Command, context: CliContext): void {
  const noun = addNoun(program, 'migrate', "bring the database's tables up to date");
  addVerb(noun, 'status', 'list the migrations this database has had, and those it lacks', [
    'docket migrate status',
    'docket migrate status --exit-code   fails when something is pending',
  ])
    .option('--exit-code', 'end with exit code 1 when a migration is pending, or known only to a newer release')
    .option(...JSON_OPTION)
    .action((options: { exitCode?: boolean; json?: boolean }) => showStatus(context, options));
  addVerb(noun, 'up', 'apply what is pending; several processes may try at once', ['docket migrate up'])
    .option(...JSON_OPTION)
    .action((options: { json?: boolean }) => migrateUp(context, options));
}

async function showStatus(context: CliContext, options: { exitCode?: boolean; json?: boolean }): Promise<void> {
  const { migrationStatus } = await import('../store/migrations.ts');
  const status = await context.withDatabase(migrationStatus);
  const rows = [
    ...status.applied.map((name) => ({ name, state: status.unknown.includes(name) ? 'unknown' : 'applied' })),
    ...status.pending.map((name) => ({ name, state: 'pending' })),
  ];
  const { output } = context;
  if (options.json) for (const row of rows) output.json(row);
  else {
    output.table(rows, [
      { title: 'MIGRATION', value: (row) => row.name },
      { title: 'STATE', value: (row) => row.state },
    ]);
    if (status.pending.length > 0) output.say('Apply what is pending with: docket migrate up');
    if (status.unknown.length > 0) output.say('A newer release was at this database: run that one.');
  }
  if (options.exitCode && status.pending.length + status.unknown.length > 0) context.noteFailure();
}

async function migrateUp(context: CliContext, options: { json?: boolean }): Promise<void> {
  const { migrate } = await import('../store/migrations.ts');
  const applied = await context.withDatabase(migrate);
  const { output } = context;
  for (const name of applied) {
    if (options.json) output.json({ name, state: 'applied' });
    else output.line(`applied ${name}`);
  }
  if (applied.length === 0) output.say('The database is up to date.');
}
