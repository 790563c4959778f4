import { type Command, type CommandContext, type CommandFault, fault, readLine, wordsOf } from './command-line.ts';
import { commandWordOf } from './command-words.ts';
import { showsFirst, startsWithCommand } from './html-start.ts';
import type { InboundMail, TextSpan } from './inbound-mail.ts';

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

export interface WrittenCommand {
  command: Command;
  /** 1-based, in the mail's text. */
  line: number;
  /** The line as written. */
  written: string;
}

export interface CommandError extends CommandFault {
  /** 1-based. */
  line: number;
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
