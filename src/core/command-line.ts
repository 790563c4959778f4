import { readTime } from './command-time.ts';
import { COMMAND_WORDS, type CommandWord, isCommandWord } from './command-words.ts';
import { configuredAddress } from './configured-address.ts';
import type { DeskAgent, DeskDepartment, DeskSlaPlan } from './desk-config.ts';
import { nearestWord } from './nearest-word.ts';
import { type Id, TICKET_PRIORITIES, type TicketPriority, type TicketStatus } from './ticket.ts';

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
  /** The change that begins with this event of the ticket, as the mail that told of it names it; null: the agent's newest. */
  | { name: 'undo' | 'send'; seq: number | null }
  | { name: 'back' | 'preview' | 'why' | 'help' };

/** What is wrong with a line, and at which word. */
export interface CommandFault {
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

interface Word {
  text: string;
  /** 1-based. */
  column: number;
}

export function wordsOf(line: string): Word[] {
  return Array.from(line.matchAll(/[^\s\p{Cf}]+/gu), ({ 0: text, index }) => ({ text, column: index + 1 }));
}

export function fault(
  code: CommandErrorCode,
  word: Word | undefined,
  differs: Partial<CommandFault> = {},
): CommandFault {
  const text = word?.text ?? '';
  return { code, column: word?.column ?? 1, word: text.slice(0, WORD_MAX), suggestion: null, allowed: [], ...differs };
}

/** Longer words are cut before they are compared or repeated. */
const WORD_MAX = 60;

/** What one line commands, or what is wrong with it. */
export function readLine(words: readonly Word[], context: CommandContext): Command | CommandFault {
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

type Read = (given: Arguments, context: CommandContext) => Command | CommandFault;

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
  undo: aboutChange('undo'),
  preview: bare({ name: 'preview' }),
  why: bare({ name: 'why' }),
  // Whatever is asked about: the answer is the whole list.
  help: () => ({ name: 'help' }),
  send: aboutChange('send'),
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

function missing({ end }: Arguments, allowed: string[] = []): CommandFault {
  return fault('missing', undefined, { column: end + 1, allowed });
}

function bare(command: Command): Read {
  return ({ args: [unexpected] }) => (unexpected === undefined ? command : fault('not-expected', unexpected));
}

function aboutChange(name: 'undo' | 'send'): Read {
  return ({ args: [change, unexpected] }) => {
    if (unexpected !== undefined) return fault('not-expected', unexpected);
    if (change === undefined) return { name, seq: null };
    return /^\d{1,9}$/.test(change.text) ? { name, seq: Number(change.text) } : fault('not-expected', change);
  };
}

function waiting(status: 'pending' | 'on-hold'): Read {
  return ({ args }, context) => readWait(status, args, context);
}

function readWait(
  status: 'pending' | 'on-hold',
  words: readonly Word[],
  context: CommandContext,
): Command | CommandFault {
  const until = readUntil(words, context);
  return until !== null && 'code' in until ? until : { name: 'status', status, until };
}

function readAbsence(words: readonly Word[], context: CommandContext): Command | CommandFault {
  const until = readUntil(words, context);
  return until !== null && 'code' in until ? until : { name: 'away', until };
}

/** Null where no time is written. */
function readUntil(words: readonly Word[], { now, zone }: CommandContext): Date | CommandFault | null {
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

function readStatus(given: Arguments, context: CommandContext): Command | CommandFault {
  const [word, ...more] = given.args;
  if (word === undefined) return missing(given, STATUSES_SHOWN);
  const name = word.text.toLowerCase();
  const status = Object.hasOwn(STATUS_NAMES, name) ? STATUS_NAMES[name] : undefined;
  if (status === undefined) return notOneOf('unknown-status', word, STATUSES_SHOWN);
  if (status === 'pending' || status === 'on-hold') return readWait(status, more, context);
  return more[0] === undefined ? { name: 'status', status, until: null } : fault('not-expected', more[0]);
}

function readPriority(given: Arguments): Command | CommandFault {
  const [word, unexpected] = given.args;
  if (word === undefined) return missing(given, [...TICKET_PRIORITIES]);
  const priority = TICKET_PRIORITIES.find((one) => one === word.text.toLowerCase());
  if (priority === undefined) return notOneOf('unknown-priority', word, [...TICKET_PRIORITIES]);
  return unexpected === undefined ? { name: 'priority', priority } : fault('not-expected', unexpected);
}

function notOneOf(code: CommandErrorCode, word: Word, allowed: string[]): CommandFault {
  return fault(code, word, { allowed, suggestion: nearestWord(word.text.slice(0, WORD_MAX), allowed) });
}

function readAssign(given: Arguments, { agents }: CommandContext): Command | CommandFault {
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

function readDepartment(given: Arguments, { departments }: CommandContext): Command | CommandFault {
  const named = readNamed(given, departments, 'unknown-department');
  return 'code' in named ? named : { name: 'dept', departmentId: named.id };
}

function readSlaPlan(given: Arguments, { slaPlans }: CommandContext): Command | CommandFault {
  const named = readNamed(given, slaPlans, 'unknown-plan');
  return 'code' in named ? named : { name: 'sla', slaPlanId: named.id };
}

/** Something of the configuration, by its key or its name. */
function readNamed(
  given: Arguments,
  there: readonly { id: Id; key: string; name: string }[],
  code: 'unknown-department' | 'unknown-plan',
): { id: Id } | CommandFault {
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

function readTags(given: Arguments): Command | CommandFault {
  return readSigned(given, 'bad-tag', (text) => {
    const tag = text.normalize('NFC').toLowerCase();
    return TAG.test(tag) ? tag : null;
  });
}

function readCollaborators(given: Arguments): Command | CommandFault {
  return readSigned(given, 'bad-address', (text) => configuredAddress(unquoted(text)));
}

/** `+this -that other`: without a sign it is added. */
function readSigned(
  given: Arguments,
  code: 'bad-tag' | 'bad-address',
  read: (text: string) => string | null,
): Command | CommandFault {
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
