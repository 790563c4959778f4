import { readTime } from './command-time.ts';
import { COMMAND_WORDS, type CommandWord, commandWordOf, isCommandWord } from './command-words.ts';
import { configuredAddress } from './configured-address.ts';
import type { DeskAgent, DeskDepartment, DeskSlaPlan } from './desk-config.ts';
import { showsFirst, startsWithCommand } from './html-start.ts';
import type { InboundMail, TextSpan } from './inbound-mail.ts';
import { nearestWord } from './nearest-word.ts';
import { type Id, TICKET_PRIORITIES, type TicketPriority, type TicketStatus } from './ticket.ts';

/**
 * The grammar of /commands (design.md §10).
 *
 * They are taken only from the first block of the top-level text/plain: lines at the very top that start with `/`; empty lines
 * between them do not matter. Never from quotes, signatures, HTML or attachments. All or nothing: one line that is no command
 * and the whole mail does nothing. A line that starts with a known command anywhere else is doubt, and doubt keeps the mail,
 * so that **nothing that starts with a known command is ever relayed**.
 */
export type CommandReading =
  /** No line starts with a command: an ordinary answer. */
  | { outcome: 'none' }
  /** `textFrom`: where the text below the commands begins, an offset into the mail's text. */
  | { outcome: 'commands'; commands: WrittenCommand[]; textFrom: number }
  | { outcome: 'errors'; errors: CommandError[] }
  /** There is a command where none is taken from. `line` is null where it stands in the HTML alone. */
  | { outcome: 'doubt'; reason: CommandDoubt; line: number | null };

/**
 * further-down: below words, with none at the top · not-all-at-top: with others at the top · may-be-wrapped: the first line of
 * the text may be the end of a long command line that a mail program broke in two.
 */
export type CommandDoubt = 'further-down' | 'not-all-at-top' | 'may-be-wrapped' | 'html-only' | 'parts-differ';

export type Command =
  | { name: 'take' }
  /** Null: nobody. */
  | { name: 'assign'; agentId: Id | null }
  | { name: 'dept'; departmentId: Id }
  | { name: 'priority'; priority: TicketPriority }
  | { name: 'sla'; slaPlanId: Id }
  /** Of /status, /pending, /hold, /resolve, /close and /reopen. `until` wakes what waits. */
  | { name: 'status'; status: Exclude<TicketStatus, 'new'>; until: Date | null }
  | { name: 'tag'; add: string[]; remove: string[] }
  /** Canonical addresses. */
  | { name: 'cc'; add: string[]; remove: string[] }
  /** Null: the text below the commands is the note. */
  | { name: 'note'; text: string | null }
  /** The agent themselves: until a time, or until they are back. */
  | { name: 'away'; until: Date | null }
  /** The requester of a mail that was passed on is who it says. */
  | { name: 'confirm' }
  | { name: 'undo' | 'back' | 'send' | 'preview' | 'why' | 'help' };

export interface WrittenCommand {
  command: Command;
  /** 1-based, in the mail's text. */
  line: number;
  /** The line as written. */
  written: string;
}

export interface CommandError {
  /** 1-based. */
  line: number;
  /** 1-based, in characters, at the word that is wrong. */
  column: number;
  code: CommandErrorCode;
  /** The word that is wrong; '' where one is missing. */
  word: string;
  /** "Did you mean …?" */
  suggestion: string | null;
  /** What may stand there, where that is a short list. */
  allowed: string[];
}

export type CommandErrorCode =
  | 'unknown-command'
  | 'not-available'
  | 'too-many'
  | 'missing'
  | 'not-expected'
  | 'unknown-agent'
  | 'ambiguous-agent'
  | 'unknown-department'
  | 'unknown-plan'
  | 'unknown-priority'
  | 'unknown-status'
  | 'unknown-time'
  | 'past-time'
  | 'far-time'
  | 'bad-tag'
  | 'bad-address'
  | 'said-twice'
  | 'stands-alone';

/** What the words of a command can name, and when it is said. */
export interface CommandContext {
  now: Date;
  /** IANA, the agent's own. */
  zone: string;
  agents: readonly Pick<DeskAgent, 'personId' | 'key' | 'name' | 'addresses'>[];
  departments: readonly Pick<DeskDepartment, 'id' | 'key' | 'name'>[];
  slaPlans: readonly Pick<DeskSlaPlan, 'id' | 'key' | 'name'>[];
}

/** More than this was not written by hand. */
const COMMANDS_MAX = 40;

export function readCommands(
  mail: Pick<InboundMail, 'text' | 'html' | 'spans' | 'defects'>,
  context: CommandContext,
): CommandReading {
  const { block, below } = splitTop(mail.text, mail.spans);
  const further = below.find(({ text }) => commandWordOf(text) !== null);
  const isFromHtml = mail.defects.some(({ code }) => code === 'text-from-html');
  if (block.length === 0) {
    if (further !== undefined) return { outcome: 'doubt', reason: 'further-down', line: further.number };
    const inHtmlOnly = mail.html !== null && startsWithCommand(mail.html);
    return inHtmlOnly ? { outcome: 'doubt', reason: 'html-only', line: null } : { outcome: 'none' };
  }
  const first = block[0]?.number ?? null;
  if (isFromHtml) return { outcome: 'doubt', reason: 'html-only', line: first };
  // Two readers of one mail must see the same commands (AG-08).
  const isTwofold = mail.html !== null && !showsFirst(mail.html, block.map(({ text }) => text).join('\n'));
  if (isTwofold) return { outcome: 'doubt', reason: 'parts-differ', line: first };

  const { commands, errors } = readBlock(block, context);
  if (errors.length > 0) return { outcome: 'errors', errors };
  if (further !== undefined) return { outcome: 'doubt', reason: 'not-all-at-top', line: further.number };
  const [next] = below;
  if (next !== undefined && mayContinue(block.at(-1), next)) {
    return { outcome: 'doubt', reason: 'may-be-wrapped', line: next.number };
  }
  return { outcome: 'commands', commands, textFrom: startOf(below, mail.text) };
}

interface Line {
  text: string;
  number: number;
  /** Where it begins in the mail's text. */
  from: number;
}

/** The command lines at the top of the new text, and all other lines of it. */
function splitTop(text: string, spans: readonly TextSpan[]): { block: Line[]; below: Line[] } {
  const lines = newLines(text, spans);
  const block: Line[] = [];
  // Below a quote nothing is at the top.
  let isTop = spans[0]?.kind === 'reply';
  let at = 0;
  while (isTop && at < lines.length) {
    const line = lines[at] ?? { text: '', number: 0, from: 0 };
    isTop = isBlank(line.text) || isCommandLike(line.text);
    if (isTop && !isBlank(line.text)) block.push(line);
    if (isTop) at += 1;
  }
  return { block, below: lines.slice(at) };
}

/** The lines of the reply spans; trimming cuts at line ends only. */
function newLines(text: string, spans: readonly TextSpan[]): Line[] {
  const lines: Line[] = [];
  let number = 1;
  for (const { kind, from, to } of spans) {
    const written = text.slice(from, to).split('\n');
    const ends = written.at(-1) === '' && to < text.length ? written.slice(0, -1) : written;
    let start = from;
    for (const [at, line] of ends.entries()) {
      if (kind === 'reply') lines.push({ text: line, number: number + at, from: start });
      start += line.length + 1;
    }
    number += written.length - 1;
  }
  return lines;
}

function isBlank(line: string): boolean {
  return !/[^\s\p{Cf}]/u.test(line);
}

function isCommandLike(line: string): boolean {
  return /^[\s\p{Cf}]*[/\uff0f]/u.test(line);
}

/** Where mail programs break lines at the earliest; most do at 72 to 78 characters. */
const WRAP_COLUMN_MIN = 60;

/**
 * Whether a line stands right below a command and would not have fitted beside it: the end of a long `/note` must not pass for
 * the answer.
 */
function mayContinue(command: Line | undefined, next: Line): boolean {
  const [word = ''] = next.text.trimStart().split(/\s/, 1);
  if (command === undefined || word === '' || next.number !== command.number + 1) return false;
  return command.text.length + 1 + word.length > WRAP_COLUMN_MIN;
}

/** Of the first line that says something. */
function startOf(lines: readonly Line[], text: string): number {
  return lines.find((line) => !isBlank(line.text))?.from ?? text.length;
}

function readBlock(block: readonly Line[], context: CommandContext) {
  const commands: WrittenCommand[] = [];
  const errors: CommandError[] = [];
  const said = new Map<string, number>();
  for (const line of block.slice(0, COMMANDS_MAX)) {
    const words = wordsOf(line.text);
    const read = readLine(words, context);
    if ('code' in read) {
      errors.push({ line: line.number, ...read });
      continue;
    }
    const subject = SUBJECTS[read.name];
    if (subject !== undefined && said.has(subject))
      errors.push({ line: line.number, ...fault('said-twice', words[0]) });
    else commands.push({ command: read, line: line.number, written: line.text.trim() });
    if (subject !== undefined) said.set(subject, line.number);
  }
  const [alone] = commands.filter(({ command: { name } }) => name === 'undo' || name === 'send');
  if (alone !== undefined && block.length > 1 && errors.length === 0) {
    errors.push({ line: alone.line, ...fault('stands-alone', { text: alone.written, column: 1 }) });
  }
  const next = block[COMMANDS_MAX];
  if (next !== undefined) errors.push({ line: next.number, ...fault('too-many', wordsOf(next.text)[0]) });
  return { commands, errors };
}

/** What a command decides about; said twice, one would silently win. */
const SUBJECTS: Partial<Record<Command['name'], string>> = {
  take: 'assignee',
  assign: 'assignee',
  dept: 'department',
  priority: 'priority',
  sla: 'plan',
  status: 'status',
  note: 'note',
  away: 'presence',
  back: 'presence',
  undo: 'undo',
  send: 'send',
};

interface Word {
  text: string;
  /** 1-based. */
  column: number;
}

function wordsOf(line: string): Word[] {
  return Array.from(line.matchAll(/[^\s\p{Cf}]+/gu), ({ 0: text, index }) => ({ text, column: index + 1 }));
}

type Fault = Omit<CommandError, 'line'>;

function fault(code: CommandErrorCode, word: Word | undefined, differs: Partial<Fault> = {}): Fault {
  const text = word?.text ?? '';
  return { code, column: word?.column ?? 1, word: text.slice(0, WORD_MAX), suggestion: null, allowed: [], ...differs };
}

/** Longer words are cut before they are compared or repeated. */
const WORD_MAX = 60;

function readLine(words: readonly Word[], context: CommandContext): Command | Fault {
  const [first = { text: '/', column: 1 }, ...args] = words;
  const word = first.text.slice(1).toLowerCase();
  if (!isCommandWord(word)) {
    const nearest = nearestWord(word.slice(0, WORD_MAX), BUILT_WORDS);
    return fault('unknown-command', first, { suggestion: nearest === null ? null : `/${nearest}` });
  }
  const end = words.at(-1) ?? first;
  return GRAMMAR[word]({ word, first, args, end: end.column + end.text.length }, context);
}

interface Arguments {
  word: CommandWord;
  first: Word;
  args: readonly Word[];
  /** The column behind the last word: where what is missing would stand. */
  end: number;
}

type Read = (given: Arguments, context: CommandContext) => Command | Fault;

const notAvailable: Read = ({ first }) => fault('not-available', first);

const GRAMMAR: Readonly<Record<CommandWord, Read>> = {
  take: bare({ name: 'take' }),
  assign: readAssign,
  dept: readDepartment,
  priority: readPriority,
  sla: readSlaPlan,
  status: readStatus,
  pending: waiting('pending'),
  hold: waiting('on-hold'),
  resolve: bare({ name: 'status', status: 'resolved', until: null }),
  close: bare({ name: 'status', status: 'closed', until: null }),
  reopen: bare({ name: 'status', status: 'open', until: null }),
  tag: readTags,
  cc: readCollaborators,
  away: ({ args }, context) => readAbsence(args, context),
  back: bare({ name: 'back' }),
  confirm: bare({ name: 'confirm' }),
  note: ({ args }) => ({ name: 'note', text: args.length === 0 ? null : joined(args) }),
  undo: bare({ name: 'undo' }),
  preview: bare({ name: 'preview' }),
  why: bare({ name: 'why' }),
  // Whatever is asked about: the answer is the whole list.
  help: () => ({ name: 'help' }),
  send: bare({ name: 'send' }),
  team: notAvailable,
  merge: notAvailable,
  split: notAvailable,
  link: notAvailable,
  requester: notAvailable,
  field: notAvailable,
  canned: notAvailable,
};

const BUILT_WORDS = COMMAND_WORDS.filter((word) => GRAMMAR[word] !== notAvailable);

function joined(words: readonly Word[]): string {
  return words.map(({ text }) => text).join(' ');
}

function missing({ end }: Arguments, allowed: string[] = []): Fault {
  return fault('missing', undefined, { column: end + 1, allowed });
}

function bare(command: Command): Read {
  return ({ args: [unexpected] }) => (unexpected === undefined ? command : fault('not-expected', unexpected));
}

function waiting(status: 'pending' | 'on-hold'): Read {
  return ({ args }, context) => readWait(status, args, context);
}

function readWait(status: 'pending' | 'on-hold', words: readonly Word[], context: CommandContext): Command | Fault {
  const until = readUntil(words, context);
  return until !== null && 'code' in until ? until : { name: 'status', status, until };
}

function readAbsence(words: readonly Word[], context: CommandContext): Command | Fault {
  const until = readUntil(words, context);
  return until !== null && 'code' in until ? until : { name: 'away', until };
}

/** Null where no time is written. */
function readUntil(words: readonly Word[], { now, zone }: CommandContext): Date | Fault | null {
  if (words.length === 0) return null;
  const read = readTime(
    words.map(({ text }) => text.slice(0, WORD_MAX)),
    now,
    zone,
  );
  if (read.outcome === 'time') return read.time;
  return fault(read.fault, words[read.at], { suggestion: read.suggestion });
}

const STATUS_NAMES: Readonly<Record<string, Exclude<TicketStatus, 'new'>>> = {
  open: 'open',
  pending: 'pending',
  'on-hold': 'on-hold',
  onhold: 'on-hold',
  hold: 'on-hold',
  resolved: 'resolved',
  closed: 'closed',
};
const STATUSES_SHOWN = ['open', 'pending', 'on-hold', 'resolved', 'closed'];

function readStatus(given: Arguments, context: CommandContext): Command | Fault {
  const [word, ...more] = given.args;
  if (word === undefined) return missing(given, STATUSES_SHOWN);
  const name = word.text.toLowerCase();
  const status = Object.hasOwn(STATUS_NAMES, name) ? STATUS_NAMES[name] : undefined;
  if (status === undefined) return notOneOf('unknown-status', word, STATUSES_SHOWN);
  if (status === 'pending' || status === 'on-hold') return readWait(status, more, context);
  return more[0] === undefined ? { name: 'status', status, until: null } : fault('not-expected', more[0]);
}

function readPriority(given: Arguments): Command | Fault {
  const [word, unexpected] = given.args;
  if (word === undefined) return missing(given, [...TICKET_PRIORITIES]);
  const priority = TICKET_PRIORITIES.find((one) => one === word.text.toLowerCase());
  if (priority === undefined) return notOneOf('unknown-priority', word, [...TICKET_PRIORITIES]);
  return unexpected === undefined ? { name: 'priority', priority } : fault('not-expected', unexpected);
}

function notOneOf(code: CommandErrorCode, word: Word, allowed: string[]): Fault {
  return fault(code, word, { allowed, suggestion: nearestWord(word.text.slice(0, WORD_MAX), allowed) });
}

function readAssign(given: Arguments, { agents }: CommandContext): Command | Fault {
  const [word] = given.args;
  if (word === undefined) return missing(given);
  const wanted = unquoted(joined(given.args)).toLowerCase().replace(/^@/, '');
  if (wanted === 'me') return { name: 'take' };
  if (wanted === 'nobody') return { name: 'assign', agentId: null };
  const named = agents.filter(
    ({ key, name, addresses }) =>
      key === wanted || name.toLowerCase() === wanted || addresses.some((one) => one.toLowerCase() === wanted),
  );
  const fitting =
    named.length > 0 ? named : agents.filter(({ name }) => name.toLowerCase().split(' ').includes(wanted));
  const [agent, other] = fitting;
  if (agent === undefined) {
    const known = agents.flatMap(({ key, name }) => [key, name]);
    return fault('unknown-agent', word, {
      word: wanted.slice(0, WORD_MAX),
      suggestion: nearestWord(wanted.slice(0, WORD_MAX), known),
    });
  }
  if (other !== undefined)
    return fault('ambiguous-agent', word, { allowed: fitting.map(({ key }) => key).slice(0, 10) });
  return { name: 'assign', agentId: agent.personId };
}

function readDepartment(given: Arguments, { departments }: CommandContext): Command | Fault {
  const named = readNamed(given, departments, 'unknown-department');
  return 'code' in named ? named : { name: 'dept', departmentId: named.id };
}

function readSlaPlan(given: Arguments, { slaPlans }: CommandContext): Command | Fault {
  const named = readNamed(given, slaPlans, 'unknown-plan');
  return 'code' in named ? named : { name: 'sla', slaPlanId: named.id };
}

/** Something of the configuration, by its key or its name. */
function readNamed(
  given: Arguments,
  there: readonly { id: Id; key: string; name: string }[],
  code: 'unknown-department' | 'unknown-plan',
): { id: Id } | Fault {
  const [word] = given.args;
  const keys = there.map(({ key }) => key);
  if (word === undefined) return missing(given, keys);
  const wanted = unquoted(joined(given.args)).toLowerCase();
  const found = there.find(({ key }) => key === wanted) ?? there.find(({ name }) => name.toLowerCase() === wanted);
  if (found !== undefined) return { id: found.id };
  const suggestion = nearestWord(wanted.slice(0, WORD_MAX), [...keys, ...there.map(({ name }) => name)]);
  return fault(code, word, { suggestion, allowed: keys });
}

/** `"Jane Doe"`, `<jane@desk.example>`, and what mail programs make of an address: `jane@x <mailto:jane@x>`. */
function unquoted(text: string): string {
  return text
    .replace(/ ?<mailto:[^<>]*>/gi, '')
    .replace(/^["'<]|["'>]$/g, '')
    .trim();
}

const TAG = /^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,39}$/u;

function readTags(given: Arguments): Command | Fault {
  return readSigned(given, 'bad-tag', (text) => {
    const tag = text.normalize('NFC').toLowerCase();
    return TAG.test(tag) ? tag : null;
  });
}

function readCollaborators(given: Arguments): Command | Fault {
  return readSigned(given, 'bad-address', (text) => configuredAddress(unquoted(text)));
}

/** `+this -that other`: without a sign it is added. */
function readSigned(
  given: Arguments,
  code: 'bad-tag' | 'bad-address',
  read: (text: string) => string | null,
): Command | Fault {
  const add = new Set<string>();
  const remove = new Set<string>();
  for (const word of given.args) {
    for (const piece of word.text.split(',').filter((one) => one !== '')) {
      const value = read(piece.replace(/^[+-]/, ''));
      if (value === null) return fault(code, word);
      const [to, other] = piece.startsWith('-') ? [remove, add] : [add, remove];
      if (other.has(value)) return fault('said-twice', word);
      to.add(value);
    }
  }
  if (add.size + remove.size === 0) return missing(given);
  return { name: code === 'bad-tag' ? 'tag' : 'cc', add: [...add], remove: [...remove] };
}
