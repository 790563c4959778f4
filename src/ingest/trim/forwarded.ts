import type { ForwardedMail } from '../../core/inbound-mail.ts';
import { canonicalAddress } from '../address.ts';
import { oneLine } from '../clean-text.ts';
import { attributionLength } from './attribution.ts';
import { readClaimedDate } from './claimed-date.ts';
import { forwardAt } from './forward-start.ts';
import { type HeaderBlock, readBlock } from './header-block.ts';
import { readInlineHeader } from './inline-header.ts';
import { type TextLine, withoutMarks, wordsAt } from './lines.ts';

/** As it stands in the mail that passes it on, not looked into yet. */
export type ForwardedText = Omit<ForwardedMail, 'spans'>;
type OriginalMail = Omit<ForwardedText, 'startsAt'>;

/**
 * The mail that was passed on inside this text, as far as it can be told apart. Who wrote it is the claim of whoever passed
 * it on (AG-13).
 */
export function readForwarded(text: string, lines: TextLine[], subject: string): ForwardedText | null {
  const start = forwardAt(lines, subject);
  if (start === null) return null;
  const mail = { ...readOriginal(text, lines, start.line, start.header), startsAt: startOf(lines, start.line) };
  if (mail.text === '' && mail.from === null) return null;
  // Outlook for Mac repeats no subject: it is that of the mail which passes it on, behind its prefix.
  return mail.subject === '' && start.announced
    ? { ...mail, subject: subject.replace(/^[^:：]{1,24}[:：]\s*/, '') }
    : mail;
}

/** A line that only draws a rule above the header belongs to it, as Outlook's does. */
function startOf(lines: TextLine[], line: number): number {
  let at = line;
  while (at > 0 && /^[_=-]*$/.test(wordsAt(lines, at - 1))) at -= 1;
  return lines[at]?.from ?? 0;
}

/** The earlier mail whose introduction starts on line `from` and whose header, if it has one, on line `header`. */
function readOriginal(text: string, lines: TextLine[], from: number, header: number): OriginalMail {
  const attribution = attributionLength(lines, header);
  if (attribution > 0) {
    const introduction = lines
      .slice(header, header + attribution)
      .map(({ words }) => words)
      .join(' ');
    return {
      from: readAttributed(introduction),
      date: readClaimedDate(introduction),
      subject: '',
      text: bodyFrom(text, lines, header + attribution, false),
    };
  }
  const inline = readInlineHeader(wordsAt(lines, from));
  if (inline !== null) return fromBlock(inline, bodyFrom(text, lines, from + 1, false));
  const first = firstHeaderLine(lines, header);
  const block = readBlock(lines, first);
  return fromBlock(
    block.fields,
    bodyFrom(text, lines, Math.max(block.end, header), wordsAt(lines, first).startsWith('>')),
  );
}

/** Between the announcing line and the header, some programs repeat the rule or leave lines empty. */
function firstHeaderLine(lines: TextLine[], from: number): number {
  let at = from;
  while (at < lines.length && at < from + 6 && /^[_=-]*$|^-{2,}.*-{2,}$/.test(withoutMarks(wordsAt(lines, at))))
    at += 1;
  return at;
}

function fromBlock(fields: HeaderBlock['fields'], text: string): OriginalMail {
  const value = (wanted: string) => fields.find(({ label }) => label === wanted)?.value ?? '';
  return {
    from: readSender(value('from')),
    date: readClaimedDate(value('date')),
    subject: oneLine(value('subject')),
    text,
  };
}

/** What was written, without the marks or the indent that every line of it got. */
function bodyFrom(text: string, lines: TextLine[], from: number, isHeaderMarked: boolean): string {
  const isMarked = isHeaderMarked || lines.slice(from).every(({ words }) => words === '' || words.startsWith('>'));
  const written = lines.slice(from).map((line) => text.slice(line.from, line.to).replace(/\r?\n$/, ''));
  const isIndented = written.every((line) => line.trim() === '' || line.startsWith('    '));
  return written
    .map((line) => (isMarked ? line.replace(/^\s?>[ \u00a0]?/, '') : isIndented ? line.slice(4) : line))
    .join('\n')
    .replace(/\ufeff/g, '')
    .trim();
}

const SENDER_CHARACTERS_MAX = 1000;
const ADDRESS = /[^\s<>()[\]"',;:«»„”]{1,64}@[^\s<>()[\]"',;:]{3,255}/;

/** `"Karen" <karen@x.test>` and the many ways in which programs write that for people to read. */
function readSender(written: string): ForwardedMail['from'] {
  const value = written.slice(0, SENDER_CHARACTERS_MAX);
  const plain = value.replace(/<?mailto:[^\s>\]]*>?/gi, (link) =>
    ADDRESS.test(value.replace(link, '')) ? '' : link.replace(/^<?mailto:/i, '<'),
  );
  const found = ADDRESS.exec(plain);
  const before = found === null ? plain : plain.slice(0, found.index);
  const name = before
    .replace(/[<[(]\s*$/, '')
    .replace(/^[\s"'*]+|[\s"'*[\]<(]+$/g, '')
    .trim();
  return sender(name, found?.[0]);
}

/** The words that stand between the date and the name of an attribution, in the languages that have some. */
const BEFORE_NAME =
  /^(?:[,.:;)\s]|(?:schrieb|schreef|heeft|skrev|użytkownik|używatel|používateľ|uživatel|odesílatel|пользователь|користувач|időpontban|uhr|h|ч|г\.?|о|о\/η|ο χρήστης|από|lietotājs|je oseba)(?=[\s"„«<]))+/iu;

function readAttributed(introduction: string): ForwardedMail['from'] {
  const address = ADDRESS.exec(introduction);
  const before = address === null ? introduction : introduction.slice(0, address.index);
  const date = /^.*\d(?:[^\s"„«<]*)/u.exec(before)?.[0] ?? '';
  const name = before
    .slice(date.length)
    .replace(BEFORE_NAME, '')
    .replace(/^[\s"„«'*]+|[\s"”“»'*(<[]+$/g, '');
  return sender(name, address?.[0]);
}

/** Without an address nobody can be answered. */
function sender(name: string, written: string | undefined): ForwardedMail['from'] {
  const address = canonicalAddress(written ?? '')?.address;
  return address === undefined ? null : { name: oneLine(name), address };
}
