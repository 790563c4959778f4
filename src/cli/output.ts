import { styleText } from 'node:util';

/** What a command writes to; the process's own streams, or a test's. */
export interface CliStreams {
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
}

export interface Column<Row> {
  title: string;
  value(row: Row): string | number | null;
  align?: 'right';
}

export type Colour = 'red' | 'green' | 'yellow' | 'gray' | 'bold';

const SCHEMA_VERSION = 1;

/**
 * Data on standard output, talk on standard error. With `--json` the data is one JSON value a line, each with its
 * `schemaVersion`; without, it is for people.
 */
export class Output {
  readonly #streams: CliStreams;
  readonly #colourful: boolean;

  constructor(streams: CliStreams, env: Record<string, string | undefined>, colour: boolean) {
    this.#streams = streams;
    this.#colourful = colour && isColourful(streams.stdout, env);
  }

  /** One value as a line of JSON. */
  json(value: object): void {
    this.#write(`${jsonLine({ schemaVersion: SCHEMA_VERSION, ...value })}\n`);
  }

  /** A line of data for people. Nothing in it can steer the terminal. */
  line(text = ''): void {
    this.#write(`${text}\n`);
  }

  /** Data as it is: a raw mail, a configuration file. */
  raw(bytes: string | Uint8Array): void {
    this.#write(bytes);
  }

  table<Row>(rows: Row[], columns: Column<Row>[]): void {
    const cells = [
      columns.map(({ title }) => title),
      ...rows.map((row) => columns.map(({ value }) => printable(String(value(row) ?? '')))),
    ];
    const widths = columns.map((_, index) => Math.max(...cells.map((row) => displayWidth(row[index] ?? ''))));
    for (const [index, row] of cells.entries()) {
      const text = row
        .map((cell, column) => pad(cell, widths[column] ?? 0, columns[column]?.align))
        .join('  ')
        .trimEnd();
      this.line(index === 0 ? this.colour('bold', text) : text);
    }
  }

  /** Talk: progress, hints, what went wrong. */
  say(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  colour(colour: Colour, text: string): string {
    return this.#colourful ? styleText(colour, text, { validateStream: false }) : text;
  }

  #write(data: string | Uint8Array): void {
    this.#streams.stdout.write(data);
  }
}

/** NO_COLOR (no-color.org) and TERM=dumb switch colour off, and so does a pipe; FORCE_COLOR switches it on. */
function isColourful(stream: { isTTY?: boolean }, env: Record<string, string | undefined>): boolean {
  if (env.NO_COLOR || env.TERM === 'dumb' || env.FORCE_COLOR === '0') return false;
  return Boolean(env.FORCE_COLOR) || stream.isTTY === true;
}

/** JSON escapes the C0 controls only; a terminal also obeys DEL and the C1 ones. */
function jsonLine(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text of strangers on a terminal: on one line, without controls and without characters that reorder the others. */
export function printable(text: string): string {
  return text.replace(/\s+/gu, ' ').replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** The same over several lines. */
export function printableLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/\t/g, '    ').replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd'));
}

function pad(text: string, width: number, align: 'right' | undefined): string {
  const fill = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? fill + text : text + fill;
}

/** Columns on a terminal, near enough: East Asian letters and emoji take two, combining marks none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const letter of text) {
    if (/\p{M}|\u200d/u.test(letter)) continue;
    width += /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u.test(
      letter,
    )
      ? 2
      : 1;
  }
  return width;
}

export function shorten(text: string, lengthMax: number): string {
  const letters = [...text];
  return letters.length <= lengthMax ? text : `${letters.slice(0, lengthMax - 1).join('')}…`;
}

/** `3 minutes ago`, for people; machines get the instant. */
export function formatAge(since: Date, now: Date): string {
  return formatSeconds(Math.max(0, (now.getTime() - since.getTime()) / 1000));
}

export function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
