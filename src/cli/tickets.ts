import { type Command, Option } from 'commander';
import { countNoun } from '../core/count-noun.ts';
import { TICKET_STATUSES, type TicketStatus } from '../core/ticket.ts';
import { PermanentError } from '../errors.ts';
import type {
  DeliveryReportShown,
  ListedTicket,
  ShownArticle,
  ShownDelivery,
  ShownTicket,
} from '../store/ticket-lists.ts';
import { ROWS_SHOWN, readLimit } from './arguments.ts';
import type { CliContext } from './context.ts';
import { addNoun, addVerb, JSON_OPTION } from './help.ts';
import { formatAge, type Output, printable, printableLines, shorten } from './output.ts';

interface ListOptions {
  status?: TicketStatus[];
  department?: string;
  assignee?: string;
  requester?: string;
  waiting?: boolean;
  limit?: number;
  json?: boolean;
}

export function addTicketsCommands(program: Command, context: CliContext): void {
  const noun = addNoun(program, 'tickets', 'look at tickets');
  addVerb(noun, 'list', 'list tickets, newest first', [
    'docket tickets list',
    'docket tickets list --status new --status open --department general',
    'docket tickets list --waiting',
    'docket tickets list --json | jq -r .number',
  ])
    .addOption(new Option('--status <status...>', 'only these; may be repeated').choices(TICKET_STATUSES))
    .option('--department <key>', 'only of this department')
    .option('--assignee <key>', 'only of this agent')
    .option('--requester <address>', 'only of this requester')
    .option('--waiting', 'only those that wait for an agent because nobody is free')
    .option('--limit <count>', `at most so many (default: ${ROWS_SHOWN}, all with --json)`, readLimit)
    .option(...JSON_OPTION)
    .action((options: ListOptions) => list(context, options));
  addVerb(noun, 'show <number>', 'show one ticket with its articles, events and clocks', [
    'docket tickets show 1001',
    "docket tickets show 1001 --json | jq '.articles[].deliveries'",
  ])
    .option(...JSON_OPTION)
    .action((number: string, options: { json?: boolean }) => show(context, number, options));
}

async function list(context: CliContext, { json, limit, status, ...filter }: ListOptions): Promise<void> {
  const { listTickets } = await import('../store/ticket-lists.ts');
  const { output } = context;
  await context.withDatabase(async (db) => {
    const wanted = limit ?? (json ? Number.POSITIVE_INFINITY : ROWS_SHOWN);
    const rows: ListedTicket[] = [];
    const found = listTickets(db, { ...filter, ...(status ? { statuses: status } : {}) }, json ? wanted : wanted + 1);
    for await (const ticket of found) {
      if (json) output.json(listedFields(ticket));
      else rows.push(ticket);
    }
    if (!json) showTable(context, rows.slice(0, wanted), rows.length > wanted);
  });
}

/** Only what a list promises: the page's query knows more. */
function listedFields(ticket: ListedTicket): object {
  const { id, number, subject, status, priority, department, mailbox, slaPlan, assignee, waitsForAgentSince } = ticket;
  const { requester, requesterName, tags, articleCount, createdAt, updatedAt } = ticket;
  return {
    ...{ id, number, subject, status, priority, department, mailbox, slaPlan, assignee, waitsForAgentSince },
    ...{ requester, requesterName, tags, articleCount, createdAt, updatedAt },
  };
}

function showTable({ output, clock }: CliContext, tickets: ListedTicket[], more: boolean): void {
  const now = clock.now();
  output.table(tickets, [
    { title: 'NUMBER', value: ({ number }) => number },
    { title: 'STATUS', value: ({ status }) => status },
    { title: 'PRIORITY', value: ({ priority }) => priority },
    { title: 'DEPARTMENT', value: ({ department }) => department },
    { title: 'ASSIGNEE', value: (ticket) => assigneeShown(ticket, now) },
    { title: 'REQUESTER', value: ({ requester, requesterName }) => shorten(requester ?? requesterName, 32) },
    { title: 'ARTICLES', value: ({ articleCount }) => articleCount, align: 'right' },
    { title: 'UPDATED', value: ({ updatedAt }) => formatAge(updatedAt, now), align: 'right' },
    { title: 'SUBJECT', value: ({ subject }) => shorten(subject, 60) },
  ]);
  if (tickets.length === 0) output.say('No tickets.');
  if (more) output.say('There are more: raise --limit.');
}

/** `- (waits 5 min)`: nobody has it, and that is for want of somebody. */
function assigneeShown({ assignee, waitsForAgentSince: since }: ListedTicket, now: Date): string {
  return assignee ?? (since === null ? '-' : `- (waits ${formatAge(since, now)})`);
}

async function show(context: CliContext, number: string, { json }: { json?: boolean }): Promise<void> {
  const { findShownTicket } = await import('../store/ticket-lists.ts');
  const ticket = await context.withDatabase((db) => findShownTicket(db, number.replace(/^#/, '')));
  if (ticket === null)
    throw new PermanentError('TICKET_UNKNOWN', `There is no ticket ${printable(number)}. See: docket tickets list`);
  if (json) context.output.json(ticket);
  else showTicket(context.output, ticket);
}

function showTicket(output: Output, ticket: ShownTicket): void {
  const facts: [string, string][] = [
    ['status', `${ticket.status}, priority ${ticket.priority}`],
    ['requester', `${ticket.requesterName} <${ticket.requester ?? 'unknown'}>`],
    ['department', `${ticket.department} (mailbox ${ticket.mailbox})`],
    ['assignee', ticket.assignee ?? nobody(ticket)],
    ['SLA plan', ticket.slaPlan ?? 'none'],
    ['tags', ticket.tags.join(', ')],
    ['follows', ticket.follows ?? ''],
    ['merged into', ticket.mergedInto ?? ''],
    ['collaborators', ticket.collaborators.map(({ address, state }) => `${address} (${state})`).join(', ')],
    ['created', ticket.createdAt.toISOString()],
    ['updated', ticket.updatedAt.toISOString()],
  ];
  output.line(output.colour('bold', `#${ticket.number} ${printable(ticket.subject)}`));
  for (const [name, value] of facts) if (value !== '') output.line(`  ${name.padEnd(14)}${printable(value)}`);
  for (const article of ticket.articles) showArticle(output, article);
  if (ticket.clocks.length > 0) {
    output.line();
    output.table(ticket.clocks, [
      { title: 'CLOCK', value: ({ target, cycle }) => `${target} ${cycle}` },
      { title: 'STATE', value: ({ state }) => state },
      { title: 'DUE', value: ({ dueAt }) => dueAt?.toISOString() ?? '' },
      { title: 'ENDED', value: ({ endedAt }) => endedAt?.toISOString() ?? '' },
      { title: 'NEXT', value: ({ nextAt }) => nextAt?.toISOString() ?? '' },
    ]);
  }
  output.line();
  output.table(ticket.events, [
    { title: 'EVENT', value: ({ seq }) => seq, align: 'right' },
    { title: 'RECORDED', value: ({ recordedAt }) => recordedAt.toISOString() },
    { title: 'BY', value: ({ actor, cause }) => `${actor} (${cause})` },
    { title: 'KIND', value: ({ kind }) => kind },
    { title: 'WHAT', value: ({ data }) => shorten(JSON.stringify(data), 100) },
  ]);
}

function nobody({ waitsForAgentSince: since }: ShownTicket): string {
  return since === null ? 'nobody' : `nobody, waits for an agent since ${since.toISOString()}`;
}

function showArticle(output: Output, article: ShownArticle): void {
  const standing = [article.visibility, article.state, ...article.marks].join(', ');
  output.line();
  output.line(
    output.colour(
      'bold',
      `${article.kind} from ${printable(article.from ?? article.fromName)}, ${article.createdAt.toISOString()} (${standing})`,
    ),
  );
  for (const { kind, from, to } of article.spans) {
    const lines = printableLines(article.text.slice(from, to).replace(/\n$/, ''));
    if (kind === 'reply') for (const line of lines) output.line(`    ${line}`);
    else output.line(output.colour('gray', `    [${kind}: ${lines.length} lines]`));
  }
  for (const { fileName, contentType, sizeBytes } of article.attachments)
    output.line(`  attachment ${printable(fileName)} (${printable(contentType)}, ${sizeBytes} bytes)`);
  for (const delivery of article.deliveries) showDelivery(output, delivery);
}

function showDelivery(output: Output, delivery: ShownDelivery): void {
  const { id, purpose, recipient, state, attempts, unknownCount, lastAnswer, report } = delivery;
  const twice = unknownCount > 0 && state === 'delivered' ? ', may have arrived twice' : '';
  const answer = lastAnswer === null ? '' : `: ${printable(lastAnswer)}`;
  output.line(
    `  ${purpose} ${id} to ${printable(recipient)}: ${state} after ${countNoun(attempts, 'attempt')}${twice}${answer}`,
  );
  if (report !== null) output.line(`    ${reportWords(report)}`);
}

const REPORT_WORDS = { failed: 'it came back', delayed: 'it is delayed', complained: 'its reader complained' } as const;

function reportWords({ outcome, permanent, status, reason }: DeliveryReportShown): string {
  const why = [reason, status, outcome === 'failed' ? (permanent ? 'for good' : 'for now') : null];
  const said = why.filter((one) => one !== null).join(', ');
  return `${REPORT_WORDS[outcome]}${said === '' ? '' : `: ${printable(said)}`}`;
}
