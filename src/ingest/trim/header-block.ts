import { HEADER_LANGUAGES, type HeaderLabel } from './languages/header-labels.ts';
import { fold, type TextLine, withoutMarks, wordsAt } from './lines.ts';

/** A repeated header takes at most this many lines, with what is wrapped or left empty between them. */
const LINES_MAX = 18;
const WRAPPED_LINES_MAX = 3;
const LABEL_CHARACTERS_MAX = 32;

export interface HeaderBlock {
  /** The first line behind it. */
  end: number;
  fields: HeaderField[];
}

export interface HeaderField {
  label: HeaderLabel;
  value: string;
}

const LABELS = new Map<string, HeaderLabel>();
for (const language of HEADER_LANGUAGES) {
  for (const label of ['from', 'date', 'to', 'subject', 'other'] as const) {
    for (const word of language[label]) if (!LABELS.has(fold(word))) LABELS.set(fold(word), label);
  }
}

/** The header that Outlook and others repeat above a mail, if one starts on this line: who wrote, and two more fields. */
export function headerBlockAt(lines: TextLine[], at: number): HeaderBlock | null {
  const first = readLabel(lines[at]);
  if (first === null || first.label === 'other' || first.label === 'to') return null;
  if (TRACE_FIELD.test(wordsAt(lines, at - 1))) return null;
  const block = readBlock(lines, at);
  const labels = new Set(block.fields.map(({ label }) => label));
  const others = (['date', 'to', 'subject'] as const).filter((label) => labels.has(label)).length;
  return labels.has('from') && others >= 2 && isOfMail(block) ? block : null;
}

/** Below such a field stands a header as servers see it, which somebody pasted to ask about it: no program quotes with one. */
const TRACE_FIELD =
  /^(?:received|return-path|delivered-to|message-id|mime-version|content-type|dkim-signature|authentication-results|arc-[\w-]{1,40}|x-[\w-]{1,60}):/i;

/** Forms and settings have such labels too: there nobody writes to anybody, or *sent* is no time. */
function isOfMail({ fields }: HeaderBlock): boolean {
  const value = (wanted: HeaderLabel) => fields.find(({ label }) => label === wanted)?.value;
  const date = value('date');
  if (date !== undefined && !/\p{Nd}|^\p{Lu}/u.test(date)) return false;
  // What follows a label that nobody knows is not the sender's.
  const [from = ''] = (value('from') ?? '').split(/\s[\p{L}-]+:\s/u, 1);
  return value('to') !== undefined || from.includes('@');
}

/** Every labelled line from here on, whatever it is worth: below a line that announces a mail, one is enough. */
export function readBlock(lines: TextLine[], from: number): HeaderBlock {
  const fields: HeaderBlock['fields'] = [];
  let end = from;
  for (let at = from; at < Math.min(lines.length, from + LINES_MAX); ) {
    const field = readLabel(lines[at]);
    if (field === null) {
      const next = wrappedUntil(lines, at);
      const last = fields.at(-1);
      if (next === null) break;
      const wrapped = lines.slice(at, next).map(({ words }) => withoutMarks(words).trim());
      if (last !== undefined) last.value = [last.value, ...wrapped].join(' ').trim();
      at = next;
      continue;
    }
    if (field.label !== 'other' && fields.some(({ label }) => label === field.label)) break;
    fields.push({ ...field });
    at += 1;
    end = at;
  }
  return { end, fields };
}

export function headerLabelAt(lines: TextLine[], at: number): HeaderLabel | null {
  return readLabel(lines[at])?.label ?? null;
}

function readLabel(line: TextLine | undefined): HeaderField | null {
  if (line === undefined) return null;
  if (line.known.field === undefined) line.known.field = readField(line.words);
  return line.known.field;
}

/** `*Subject:* banking` as label and value; literal tags and stars come from HTML that was not laid out well. */
function readField(words: string): HeaderField | null {
  const line = withoutMarks(words);
  const colon = line.slice(0, LABEL_CHARACTERS_MAX).search(/[:：]/);
  if (colon < 1 || /\d/.test(line.slice(0, colon))) return null;
  const label = LABELS.get(
    fold(line.slice(0, colon))
      .replace(/<\/?div>|[*_]/g, '')
      .trim(),
  );
  if (label === undefined) return null;
  const value = line.slice(colon + 1).replace(/^[*_\s]+/, '');
  return { label, value: value.endsWith('**') ? value.slice(0, -2).trimEnd() : value.trim() };
}

/** The next labelled line when only a wrapped value or empty lines stand before it. */
function wrappedUntil(lines: TextLine[], at: number): number | null {
  const isGap = withoutMarks(wordsAt(lines, at)) === '';
  for (let next = at + 1; next <= at + (isGap ? 2 : WRAPPED_LINES_MAX); next++) {
    const words = wordsAt(lines, next);
    if (headerLabelAt(lines, next) !== null) return next;
    if (!isGap && withoutMarks(words) === '') return null;
    if (isGap && withoutMarks(words) !== '') return null;
  }
  return null;
}
