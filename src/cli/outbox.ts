import { type Command, Option } from 'commander';
import { UsageError } from '../errors.ts';
import type { OutboxMail, OutboxMailState } from '../store/outbox.ts';
import { ROWS_SHOWN, readId, readLimit } from './arguments.ts';
import type { CliContext } from './context.ts';
import { addNoun, addVerb, JSON_OPTION } from './help.ts';
import { formatAge, shorten } from './output.ts';

/** The states of store/outbox.ts, which `--help` must not load. */
const STATES: readonly OutboxMailState[] = [
  'queued',
  'sending',
  'deferred',
  'unknown',
  'delivered',
  'rejected',
  'expired',
];

interface ListOptions {
  state?: OutboxMailState;
  ticket?: string;
  open?: boolean;
  limit?: number;
  json?: boolean;
}

export function addOutboxCommands(program: Command, context: CliContext): void {
  const noun = addNoun(program, 'outbox', 'look at mail on its way out, and send it again');
  addVerb(noun, 'list', 'list mails to send and sent, newest first', [
    'docket outbox list --open',
    'docket outbox list --state rejected',
    'docket outbox list --ticket 1001 --json',
  ])
    .addOption(new Option('--state <state>', 'only mail in this state').choices(STATES))
    .option('--ticket <number>', 'only mail of this ticket')
    .option('--open', 'only mail that is still to be sent')
    .option('--limit <count>', `at most so many (default: ${ROWS_SHOWN}, all with --json)`, readLimit)
    .option(...JSON_OPTION)
    .action((options: ListOptions) => list(context, options));
  addVerb(noun, 'retry <id...>', 'try mails again at once, also those that were given up', [
    'docket outbox retry 42',
    'docket outbox retry 42 43 44',
  ])
    .option(...JSON_OPTION)
    .action((ids: string[], options: { json?: boolean }) => retry(context, ids.map(readId), options));
}

async function list(context: CliContext, { state, ticket, open, limit, json }: ListOptions): Promise<void> {
  const { listOutboxMails } = await import('../store/outbox.ts');
  const filter = {
    ...(state === undefined ? {} : { state }),
    ...(ticket === undefined ? {} : { ticketNumber: ticket.replace(/^#/, '') }),
    ...(open === undefined ? {} : { open }),
  };
  const wanted = limit ?? (json ? 2_147_483_646 : ROWS_SHOWN);
  const mails = await context.withDatabase((db) => listOutboxMails(db, filter, wanted + 1));
  const shown = mails.slice(0, wanted);
  if (json) for (const mail of shown) context.output.json(mail);
  else showTable(context, shown, mails.length > wanted);
}

function showTable({ output, clock }: CliContext, mails: OutboxMail[], more: boolean): void {
  const now = clock.now();
  output.table(mails, [
    { title: 'ID', value: ({ id }) => id, align: 'right' },
    { title: 'TICKET', value: ({ ticketNumber }) => ticketNumber ?? '-' },
    { title: 'PURPOSE', value: ({ purpose }) => purpose },
    { title: 'RECIPIENT', value: ({ recipientAddress }) => shorten(recipientAddress, 32) },
    { title: 'STATE', value: ({ state, returnedAt }) => (returnedAt === null ? state : `${state}, came back`) },
    { title: 'ATTEMPTS', value: ({ attempts }) => attempts, align: 'right' },
    { title: 'UNKNOWN', value: ({ unknownCount }) => unknownCount, align: 'right' },
    { title: 'AGE', value: ({ recordedAt }) => formatAge(recordedAt, now), align: 'right' },
    { title: 'NEXT TRY', value: ({ dueAt }) => dueAt?.toISOString() ?? '' },
    { title: 'LAST ANSWER', value: ({ lastAnswer, lastErrorCode }) => shorten(lastAnswer ?? lastErrorCode ?? '', 60) },
  ]);
  if (mails.length === 0) output.say('No mail.');
  if (more) output.say('There are more: raise --limit.');
}

async function retry(context: CliContext, ids: string[], { json }: { json?: boolean }): Promise<void> {
  if (ids.length === 0) throw new UsageError('ID_INVALID', 'Expected ids as docket outbox list shows them.');
  const { retryOutboxMail } = await import('../store/outbox.ts');
  await context.withDatabase(async (db) => {
    for (const id of ids) {
      const retried = await retryOutboxMail(db, id);
      if (!retried) context.noteFailure();
      if (json) context.output.json({ id, outcome: retried ? 'due' : 'unchanged' });
      else if (retried) context.output.say(`Mail ${id} is tried again within seconds, where docket serve runs.`);
      else context.output.say(`Mail ${id} is delivered, under way, or not there: nothing was changed.`);
    }
  });
}
