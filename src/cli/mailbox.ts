import type { Command } from 'commander';
import type { Knex } from 'knex';
import type { DeskMailbox } from '../core/desk-config.ts';
import { nearestWord } from '../core/nearest-word.ts';
import { UsageError } from '../errors.ts';
import { ROWS_SHOWN, readLimit } from './arguments.ts';
import type { CliContext } from './context.ts';
import { addNoun, addVerb, JSON_OPTION } from './help.ts';
import { formatAge } from './output.ts';

export function addMailboxCommands(program: Command, context: CliContext): void {
  const noun = addNoun(program, 'mailbox', 'test mailboxes, fetch their mail now, see what is missing');
  addVerb(noun, 'test [key...]', 'try the login, folders and relay of mailboxes step by step; changes nothing', [
    'docket mailbox test',
    'docket mailbox test support --json',
  ])
    .option(...JSON_OPTION)
    .action((keys: string[], options: { json?: boolean }) => test(context, keys, options));
  addVerb(noun, 'poll [key...]', 'fetch what is new in mailboxes now, and end', ['docket mailbox poll support'])
    .option(...JSON_OPTION)
    .action((keys: string[], options: { json?: boolean }) => poll(context, keys, options));
  addVerb(noun, 'gaps [key]', 'list mails a server listed and we have not got', [
    'docket mailbox gaps',
    'docket mailbox gaps support --json',
  ])
    .option('--limit <count>', `at most so many (default: ${ROWS_SHOWN}, all with --json)`, readLimit)
    .option(...JSON_OPTION)
    .action((key: string | undefined, options: { limit?: number; json?: boolean }) => gaps(context, key, options));
}

async function test(context: CliContext, keys: string[], { json }: { json?: boolean }): Promise<void> {
  const { testMailServers } = await import('./mailbox-test.ts');
  await context.withDatabase(async (db) => {
    for (const mailbox of await chooseMailboxes(db, keys)) {
      const steps = await testMailServers(mailbox, context);
      const ok = steps.every(({ outcome }) => outcome !== 'failed');
      if (!ok) context.noteFailure();
      const { output } = context;
      if (json) output.json({ mailbox: mailbox.key, ok, steps });
      else {
        output.line(output.colour('bold', `${mailbox.key} <${mailbox.address}>`));
        for (const { server, step, outcome, detail, hint } of steps) {
          const colour = { ok: 'green', warning: 'yellow', failed: 'red' } as const;
          output.line(`  ${output.colour(colour[outcome], outcome.padEnd(8))}${server} ${step}: ${detail}`);
          if (hint !== null) output.line(`          ${hint}`);
        }
      }
    }
  });
}

async function poll(context: CliContext, keys: string[], { json }: { json?: boolean }): Promise<void> {
  const { pollMailbox } = await import('./mailbox-poll.ts');
  await context.withDatabase(async (db) => {
    for (const mailbox of await chooseMailboxes(db, keys)) {
      const polled = await pollMailbox(db, mailbox, context);
      const { output } = context;
      if (polled.folders.some(({ errorCode }) => errorCode !== null)) context.noteFailure();
      if (json) output.json({ mailbox: mailbox.key, ...polled });
      else {
        output.line(
          `${mailbox.key}: ${polled.newCount} new, ${polled.knownCount} known, ${polled.openGapCount} gaps open`,
        );
        for (const { folder, errorCode } of polled.folders)
          if (errorCode !== null) output.line(`  folder ${folder} cannot be polled: ${errorCode}`);
      }
    }
  });
}

async function gaps(
  context: CliContext,
  key: string | undefined,
  { limit, json }: { limit?: number; json?: boolean },
): Promise<void> {
  const { listGaps } = await import('../store/ledger.ts');
  const { output } = context;
  const found = await context.withDatabase(async (db) => {
    const mailboxId = key === undefined ? null : ((await chooseMailboxes(db, [key]))[0]?.id ?? null);
    return listGaps(db, { mailboxId, limit: limit ?? (json ? 1_000_000 : ROWS_SHOWN) });
  });
  const now = context.clock.now();
  if (json) for (const gap of found) output.json(gap);
  else if (found.length === 0) output.say('No gaps: every mail the servers listed is here.');
  else
    output.table(found, [
      { title: 'MAILBOX', value: ({ mailboxKey }) => mailboxKey },
      { title: 'FOLDER', value: ({ folder }) => folder },
      { title: 'UIDVALIDITY', value: ({ uidValidity }) => uidValidity, align: 'right' },
      { title: 'UID', value: ({ uid }) => uid, align: 'right' },
      { title: 'STATE', value: ({ state, alarming }) => (alarming ? `${state} (alarming)` : state) },
      { title: 'SINCE', value: ({ since }) => formatAge(since, now), align: 'right' },
      { title: 'ATTEMPTS', value: ({ attempts }) => attempts, align: 'right' },
      { title: 'ERROR', value: ({ lastErrorCode }) => lastErrorCode ?? '' },
    ]);
  if (found.some(({ state }) => state === 'gap')) context.noteFailure();
}

/** The mailboxes of these keys, or all of them when none is named. */
async function chooseMailboxes(db: Knex, keys: string[]): Promise<DeskMailbox[]> {
  const { loadDesk } = await import('../store/desk-config.ts');
  const { mailboxes } = await loadDesk(db);
  const known = mailboxes.map(({ key }) => key);
  for (const key of keys)
    if (!known.includes(key)) {
      const nearest = nearestWord(key, known);
      const hint = nearest === null ? `Known are: ${known.join(', ')}.` : `Did you mean "${nearest}"?`;
      throw new UsageError('MAILBOX_UNKNOWN', `There is no mailbox "${key}". ${hint}`);
    }
  return keys.length === 0 ? mailboxes : mailboxes.filter(({ key }) => keys.includes(key));
}
