import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBody } from '../../src/ingest/body.ts';
import { readHeader } from '../../src/ingest/header-reader.ts';
import { readMime } from '../../src/ingest/mime-parts.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import type { TextMark } from '../../src/ingest/trim/lines.ts';
import { bounceMeasures } from './bounces.ts';
import { CORPUS, type Measure } from './measure.ts';
import { DOCKET, type Reader } from './reader.ts';
import { judgeTree, mime4jTrees, stalwartTrees, type TreeCase, type TreeVerdict } from './trees.ts';

export async function listMeasures(): Promise<Measure[]> {
  return [
    emailReplyTrimmer(),
    ...crispReplies(),
    edgetier(),
    mailParserReply(),
    await jetbrains(),
    ...(await quotequail()),
    ...crispForwards(),
    ...(await trees('stalwart_mail_parser', stalwartTrees)),
    ...(await trees('james_mime4j', mime4jTrees)),
    ...(await bounceMeasures()),
  ];
}

function read(...path: string[]): string {
  return readFileSync(join(CORPUS, ...path), 'utf8').replaceAll('\r\n', '\n');
}

function readJson<Content>(...path: string[]): Content {
  return JSON.parse(read(...path)) as Content;
}

const tidy = (text: string) => text.replaceAll('\r', '').trim();
const flat = (text: string) => text.replace(/[\s\u00a0\u200b\ufeff]+/g, ' ').trim();

function emailReplyTrimmer(): Measure {
  const folder = 'email_reply_trimmer';
  return {
    folder,
    name: 'reply, exact',
    cases: readdirSync(join(CORPUS, folder, 'emails')).map((name) => ({
      name,
      isRight: ({ trim }) =>
        trim && tidy(trim(read(folder, 'emails', name)).replyWithSignOff) === tidy(read(folder, 'trimmed', name)),
    })),
  };
}

/** How a mail is taken apart, all of it right or not: no library of those we compare with reads a whole mail. */
async function trees(folder: string, casesIn: (path: string) => TreeCase[]): Promise<Measure[]> {
  const verdicts = await Promise.all(
    casesIn(join(CORPUS, folder)).map(async ({ name, raw, expected }) => ({
      name,
      ...(await judgeTree(raw, expected)),
    })),
  );
  const measure = (name: string, isRight: (verdict: TreeVerdict) => boolean): Measure => ({
    folder,
    name,
    cases: verdicts.map((verdict) => ({
      name: verdict.name,
      isRight: (reader) => (reader === DOCKET ? isRight(verdict) : null),
    })),
  });
  return [
    measure('bodies, all of a mail', ({ bodies }) => bodies.every((isRight) => isRight)),
    measure('attachments, all of a mail and none too many', ({ attachments }) =>
      attachments.every((isRight) => isRight),
    ),
  ];
}

interface CrispReply {
  first_fragment_equals_trimmed?: string;
  first_fragment_equals?: string;
  visible_text_equals?: string;
  first_fragment_matches?: string[];
}

function crispReplies(): Measure[] {
  const folder = 'crisp_email_reply_parser';
  const expected = Object.entries(readJson<Record<string, CrispReply>>(folder, 'expected.json'));
  const exact = expected.flatMap(
    ([name, { first_fragment_equals_trimmed, first_fragment_equals, visible_text_equals }]) => {
      const first = first_fragment_equals_trimmed ?? first_fragment_equals;
      if (first === undefined && visible_text_equals === undefined) return [];
      return [
        {
          name,
          isRight: ({ trim }: Reader) => {
            if (trim === null) return null;
            const { firstPart, replyWithSignOff } = trim(read(folder, 'fixtures', name));
            return first === undefined
              ? tidy(replyWithSignOff) === tidy(visible_text_equals ?? '')
              : tidy(firstPart) === tidy(first);
          },
        },
      ];
    },
  );
  const checked = expected.flatMap(([name, { first_fragment_matches }]) =>
    first_fragment_matches === undefined
      ? []
      : [
          {
            name,
            isRight: ({ trim }: Reader) => {
              if (trim === null) return null;
              const { firstPart } = trim(read(folder, 'fixtures', name));
              return first_fragment_matches.every((pattern) => new RegExp(pattern).test(firstPart.trimStart()));
            },
          },
        ],
  );
  return [
    { folder, name: 'reply, exact', cases: exact },
    { folder, name: 'reply, checks', cases: checked },
  ];
}

interface TextCheck {
  check: 'equals' | 'startswith' | 'endswith' | 'contains' | 'not_contains';
  value: string;
  signoff_included?: boolean | 'default';
}

/** The folder's README asks to leave these out: they concern a word limit. */
const WORD_LIMIT = new Set(['long_passage.txt', 'test_word_limit.txt']);

function edgetier(): Measure {
  const folder = 'edgetier_email_reply_parser';
  const expected = Object.entries(readJson<Record<string, TextCheck[]>>(folder, 'expected.json'));
  return {
    folder,
    name: 'reply, all checks of a file',
    cases: expected
      .filter(([name]) => !WORD_LIMIT.has(name))
      .map(([name, checks]) => ({
        name,
        isRight: ({ trim }) => {
          if (trim === null) return null;
          const { reply, replyWithSignOff } = trim(read(folder, 'emails', name));
          return checks.every((check) => holds(check.signoff_included === false ? reply : replyWithSignOff, check));
        },
      })),
  };
}

function holds(text: string, { check, value }: TextCheck): boolean {
  const [seen, wanted] = [flat(text), flat(value)];
  if (check === 'equals') return seen === wanted;
  if (check === 'startswith') return seen.startsWith(wanted);
  if (check === 'endswith') return seen.endsWith(wanted);
  return seen.includes(wanted) === (check === 'contains');
}

interface ThreadCheck extends TextCheck {
  reply_index: number;
  field: 'body' | 'headers' | 'signatures' | 'content';
}

/** Its checks of the newest reply, which is all that trimming tells; older replies are in the quoted text, uncut. */
function mailParserReply(): Measure {
  const folder = 'mail_parser_reply';
  const expected = Object.entries(
    readJson<Record<string, { reply_count?: number; checks: ThreadCheck[] }>>(folder, 'expected.json'),
  );
  return {
    folder,
    name: 'newest reply, quote or none, all checks of a file',
    cases: expected.map(([name, { checks, reply_count }]) => ({
      name,
      isRight: ({ trim }) => {
        if (trim === null) return null;
        const { reply, signature, quoted, quoteLine } = trim(read(folder, 'emails', name));
        const isSplit = reply_count === undefined || (quoteLine !== null || /^>/m.test(reply)) === reply_count > 1;
        const fields = { body: reply, signatures: signature, content: reply + signature, headers: quoted };
        return (
          isSplit &&
          checks.every((check) =>
            check.reply_index === 0
              ? holds(fields[check.field], check)
              : check.check === 'not_contains' || check.check === 'equals' || flat(quoted).includes(flat(check.value)),
          )
        );
      },
    })),
  };
}

interface QuoteLines {
  header_start_line: number;
  header_end_line: number;
  header_text: string[];
}

/** Off by one is allowed, as its README says; so is the line from which the expected header text begins. */
async function jetbrains(): Promise<Measure> {
  const folder = 'jetbrains_email_parser';
  const expected = Object.entries(readJson<Record<string, QuoteLines | null>>(folder, 'expected.json'));
  const cases = expected.map(async ([name, lines]) => {
    const { text } = await parseMail(readFileSync(join(CORPUS, folder, name)));
    return {
      name,
      isRight: ({ trim }: Reader) => {
        if (trim === null) return null;
        const { quoteLine } = trim(text);
        if (lines === null || quoteLine === null) return lines === null && quoteLine === null;
        return startsWithin(lines, quoteLine, text.split('\n'));
      },
    };
  });
  return { folder, name: 'start of the quotation', cases: await Promise.all(cases) };
}

function startsWithin(
  { header_start_line, header_end_line, header_text }: QuoteLines,
  at: number,
  lines: string[],
): boolean {
  if (Math.abs(at - header_start_line) <= 1) return true;
  const end = header_end_line - header_start_line;
  const block = flat(lines.slice(at, at + 8 + end).join(' '));
  return (
    block.startsWith(flat(header_text[0] ?? '')) || (at < header_end_line && block.includes(flat(header_text[0] ?? '')))
  );
}

interface Quotequail {
  quote: [string, unknown, [boolean, string][]][];
  quote_html: [string, unknown, [boolean, string][]][];
  unwrap: [string, Unwrapped | null][];
  unwrap_html_file: [string, Unwrapped][];
  unwrap_html_simple: [string, Unwrapped | null][];
}

interface Unwrapped {
  type: 'forward' | 'reply' | 'quote';
  from?: string;
  subject?: string;
  text?: string;
  text_top?: string;
  html?: string;
  html_top?: string;
}

async function quotequail(): Promise<Measure[]> {
  const folder = 'quotequail';
  const { quote, quote_html, unwrap, unwrap_html_file, unwrap_html_simple } = readJson<Quotequail>(
    folder,
    'cases.json',
  );
  const htmlFiles = unwrap_html_file.map(([name, wanted]) => [read(folder, 'files', name), wanted] as const);
  const visible = (chunks: [boolean, string][]) =>
    chunks
      .filter(([isVisible]) => isVisible)
      .map(([, chunk]) => chunk)
      .join('\n');
  return [
    {
      folder,
      name: 'visible text',
      cases: quote.map(([text, , chunks], at) => ({
        name: `quote ${at}`,
        isRight: ({ trim }) => trim && tidy(upToQuote(text, trim(text).quoteLine)) === tidy(visible(chunks)),
      })),
    },
    {
      folder,
      name: 'unwrapped: sender, subject, text',
      cases: unwrap.map(([text, wanted], at) => ({
        name: `unwrap ${at}`,
        isRight: (reader) => isUnwrapped(reader, { text, marks: [] }, wanted),
      })),
    },
    {
      folder,
      name: 'visible text of HTML',
      cases: await Promise.all(
        quote_html.map(async ([html, , chunks], at) => {
          const { text, marks } = await readHtml(html);
          const wanted = await readHtml(visible(chunks));
          return {
            name: `quote_html ${at}`,
            isRight: ({ trim }: Reader) =>
              trim && flat(upToQuote(text, trim(text, marks).quoteLine)) === flat(wanted.text),
          };
        }),
      ),
    },
    {
      folder,
      name: 'unwrapped HTML: sender, subject, text',
      cases: await Promise.all(
        [...htmlFiles, ...unwrap_html_simple].map(async ([html, wanted], at) => {
          const marked = await readHtml(html);
          const unwrapped = wanted && (await withoutMarkup(wanted));
          return { name: `unwrap_html ${at}`, isRight: (reader: Reader) => isUnwrapped(reader, marked, unwrapped) };
        }),
      ),
    },
  ];
}

/** A mail of nothing but HTML, as its text is read. */
async function readHtml(html: string): Promise<Marked> {
  const raw = Buffer.from(`Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${html}`);
  const { root } = await readMime(raw, readHeader(raw));
  return root === null ? { text: '', marks: [] } : readBody(root);
}

async function withoutMarkup(wanted: Unwrapped): Promise<Unwrapped> {
  const [text, top] = await Promise.all([readHtml(wanted.html ?? ''), readHtml(wanted.html_top ?? '')]);
  return { ...wanted, text: text.text, text_top: top.text };
}

function upToQuote(text: string, quoteLine: number | null): string {
  return quoteLine === null ? text : text.split('\n').slice(0, quoteLine).join('\n');
}

interface Marked {
  text: string;
  marks: TextMark[];
}

function isUnwrapped({ trim, forward }: Reader, { text, marks }: Marked, wanted: Unwrapped | null): boolean | null {
  const isForward = wanted?.type === 'forward';
  if (isForward ? forward === null : trim === null) return null;
  if (!isForward) {
    const { quoteLine, quoted } = trim?.(text, marks) ?? { quoteLine: null, quoted: '' };
    if (wanted === null) return quoteLine === null;
    const isTop = tidy(upToQuote(text, quoteLine)) === tidy(wanted.text_top ?? '');
    return isTop && flat(quoted.replace(/^>+ ?/gm, '')).includes(flat(wanted.text ?? ''));
  }
  // The case is asked as what is known to be passed on, as a subject would say it.
  const mail = forward?.(text, 'Fwd:', marks) ?? null;
  if (mail === null) return false;
  const { address } = { address: /[^\s<>"]+@[^\s<>"]+/.exec(wanted.from ?? '')?.[0] ?? '' };
  const isSender = wanted.from === undefined ? mail.address === '' : mail.address === address;
  return (
    isSender && flat(mail.subject) === flat(wanted.subject ?? '') && flat(mail.text).startsWith(flat(wanted.text ?? ''))
  );
}

interface CrispForward {
  body_file: string;
  subject_file: string | null;
  expect: Record<string, unknown>;
}

function crispForwards(): Measure[] {
  const folder = 'crisp_email_forward_parser';
  const expected = Object.entries(readJson<Record<string, CrispForward>>(folder, 'expected.json'));
  const measure = (name: string, isRight: (mail: Asked, expect: Record<string, unknown>) => boolean): Measure => ({
    folder,
    name,
    cases: expected
      .filter(([, { expect }]) => name === 'forwarded or not' || expect.forwarded === true)
      .map(([file, { body_file, subject_file, expect }]) => ({
        name: file,
        isRight: ({ forward }) => {
          if (forward === null) return null;
          const subject = subject_file === null ? '' : tidy(read(folder, 'fixtures', subject_file));
          return isRight(forward(read(folder, 'fixtures', body_file), subject), expect);
        },
      })),
  });
  const isSender = (mail: Asked, expect: Record<string, unknown>) =>
    mail !== null &&
    mail.address === (expect['email.from.address'] ?? '') &&
    mail.name === (expect['email.from.name'] ?? '');
  const isSubject = (mail: Asked, expect: Record<string, unknown>) => mail?.subject === expect['email.subject'];
  const isText = (mail: Asked, expect: Record<string, unknown>) =>
    mail !== null && (!('email.body' in expect) || flat(mail.text) === flat(String(expect['email.body'])));
  return [
    measure('forwarded or not', (mail, expect) => (mail !== null) === expect.forwarded),
    measure('sender', isSender),
    measure('subject', isSubject),
    measure('text', isText),
  ];
}

type Asked = ReturnType<NonNullable<Reader['forward']>>;
