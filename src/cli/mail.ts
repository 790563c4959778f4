import { type Command, Option } from 'commander';
import type { Id } from '../core/ticket.ts';
import { PermanentError } from '../errors.ts';
import type { ListedMail, ShownMail } from '../store/mail-lists.ts';
import { ROWS_SHOWN, readId, readLimit } from './arguments.ts';
import type { CliContext } from './context.ts';
import { addNoun, addVerb, JSON_OPTION } from './help.ts';
import { formatAge, type Output, printable, shorten } from './output.ts';

const MAIL_STATES = ['received', 'settled', 'quarantined'];

interface ListOptions {
  state?: string;
  mailbox?: string;
  limit?: number;
  json?: boolean;
}

export function addMailCommands(program: Command, context: CliContext): void {
  const noun = addNoun(program, 'mail', 'look at received mail, and what became of it');
  addVerb(noun, 'list', 'list received mails, newest first', [
    'docket mail list',
    'docket mail list --state quarantined',
    'docket mail list --mailbox support --json',
  ])
    .addOption(new Option('--state <state>', 'only mail in this state').choices(MAIL_STATES))
    .option('--mailbox <key>', 'only mail of this mailbox')
    .option('--limit <count>', `at most so many (default: ${ROWS_SHOWN}, all with --json)`, readLimit)
    .option(...JSON_OPTION)
    .action((options: ListOptions) => list(context, options));
  addVerb(noun, 'show <id>', 'show one received mail: its state, the decision and its evidence', [
    'docket mail show 17',
    'docket mail show 17 --raw > mail.eml',
  ])
    .addOption(new Option('--raw', 'print the mail as it was received, byte for byte').conflicts('json'))
    .option(...JSON_OPTION)
    .action((id: string, options: { raw?: boolean; json?: boolean }) => show(context, readId(id), options));
  addVerb(noun, 'inspect [file...]', 'explain mail files as Docket reads them; needs no database', [
    'docket mail inspect mail.eml',
    'docket mail inspect < mail.eml',
    'docket mail inspect --json *.eml | jq -r .kind',
  ])
    .option('--own <address...>', 'an address of ours, to recognise our own mail by; may be repeated')
    .option(...JSON_OPTION)
    .action(async (files: string[], options: { own?: string[]; json?: boolean }) => {
      const { inspect } = await import('./mail-inspect.ts');
      await inspect(context, files, options);
    });
  addVerb(noun, 'replay <id>', 'give a mail in quarantine another try', [
    'docket mail replay 17',
    'docket mail replay 17 --as-plain-ticket   a ticket from its header alone',
  ])
    .option('--as-plain-ticket', 'do not try to understand it: open a ticket from its header')
    .option(...JSON_OPTION)
    .action((id: string, options: { asPlainTicket?: boolean; json?: boolean }) => replay(context, readId(id), options));
}

async function list(context: CliContext, { json, limit, ...filter }: ListOptions): Promise<void> {
  const { listMails } = await import('../store/mail-lists.ts');
  const { output } = context;
  await context.withDatabase(async (db) => {
    const wanted = limit ?? (json ? Number.POSITIVE_INFINITY : ROWS_SHOWN);
    const rows: ListedMail[] = [];
    for await (const mail of listMails(db, filter, json ? wanted : wanted + 1)) {
      if (json) output.json(mail);
      else rows.push(mail);
    }
    if (!json) showTable(context, rows.slice(0, wanted), rows.length > wanted);
  });
}

function showTable({ output, clock }: CliContext, mails: ListedMail[], more: boolean): void {
  const now = clock.now();
  output.table(mails, [
    { title: 'ID', value: ({ id }) => id, align: 'right' },
    { title: 'MAILBOX', value: ({ mailbox }) => mailbox },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'BECAME', value: ({ disposition }) => disposition ?? '-' },
    { title: 'KIND', value: ({ kind }) => kind ?? '-' },
    { title: 'TICKET', value: ({ ticketNumber }) => ticketNumber ?? '-' },
    { title: 'BYTES', value: ({ sizeBytes }) => sizeBytes, align: 'right' },
    { title: 'RECEIVED', value: ({ recordedAt }) => formatAge(recordedAt, now), align: 'right' },
    { title: 'MESSAGE-ID', value: ({ messageId }) => shorten(messageId ?? '-', 50) },
    { title: 'ERROR', value: ({ lastErrorCode }) => lastErrorCode ?? '' },
  ]);
  if (mails.length === 0) output.say('No mail.');
  if (more) output.say('There are more: raise --limit.');
}

async function show(context: CliContext, id: Id, { raw, json }: { raw?: boolean; json?: boolean }): Promise<void> {
  const { findShownMail, readRawMail } = await import('../store/mail-lists.ts');
  const { output } = context;
  await context.withDatabase(async (db) => {
    const mail = await findShownMail(db, id);
    if (mail === null) throw unknownMail(id);
    if (raw) output.raw((await readRawMail(db, id)) ?? '');
    else if (json) output.json(mail);
    else showMail(output, mail);
  });
}

function showMail(output: Output, mail: ShownMail): void {
  const becameOf = mail.ticketNumber === null ? '' : ` (ticket ${mail.ticketNumber})`;
  const facts: [string, string][] = [
    ['mailbox', `${mail.mailbox}, by ${mail.source}`],
    ['state', mail.state],
    ['became', mail.disposition === null ? '' : mail.disposition + becameOf],
    ['kind', mail.kind ?? ''],
    ['duplicate of', mail.duplicateOfId ?? ''],
    ['Message-ID', mail.messageId ?? 'none'],
    ['size', `${mail.sizeBytes} bytes${mail.announcedSizeBytes === null ? '' : ` of ${mail.announcedSizeBytes}`}`],
    ['SHA-256', mail.rawSha256],
    ['occurred', mail.occurredAt.toISOString()],
    ['recorded', mail.recordedAt.toISOString()],
    ['settled', mail.settledAt?.toISOString() ?? ''],
    ['attempts', String(mail.attempts)],
    ['last error', mail.lastErrorCode === null ? '' : `${mail.lastErrorCode}: ${mail.lastError ?? ''}`],
  ];
  output.line(output.colour('bold', `mail ${mail.id}`));
  for (const [name, value] of facts) if (value !== '') output.line(`  ${name.padEnd(14)}${printable(value)}`);
  for (const { folder, uidValidity, uid, vanished } of mail.places)
    output.line(
      `  listed in     ${printable(folder)}, UIDVALIDITY ${uidValidity}, UID ${uid}${vanished ? ', gone since' : ''}`,
    );
  for (const { rule, saw } of mail.evidence) output.line(`  because       ${printable(rule)}: ${printable(saw)}`);
  if (mail.state === 'quarantined') output.say(`Try again with: docket mail replay ${mail.id}`);
}

async function replay(
  context: CliContext,
  id: Id,
  { asPlainTicket = false, json }: { asPlainTicket?: boolean; json?: boolean },
): Promise<void> {
  const { replayMail } = await import('../desk/replay-mail.ts');
  const outcome = await context.withDatabase((db) => replayMail(db, { id, asPlainTicket }));
  if (outcome === 'unknown') throw unknownMail(id);
  if (json) context.output.json({ id, outcome });
  else if (outcome === 'replayed')
    context.output.say(`Mail ${id} is taken in again within seconds, where docket serve runs.`);
  else context.output.say(`Mail ${id} is not in quarantine: there is nothing to replay.`);
  if (outcome !== 'replayed') context.noteFailure();
}

function unknownMail(id: Id): PermanentError {
  return new PermanentError('MAIL_UNKNOWN', `There is no mail ${id}. See: docket mail list`);
}
