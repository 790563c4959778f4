import { forwardAt } from '../../src/ingest/trim/forward-start.ts';
import { splitLines, type TextMark } from '../../src/ingest/trim/lines.ts';
import { trimReply } from '../../src/ingest/trim/trim.ts';

/** What a corpus asks of whoever reads a mail. A library answers what it can; what it has no notion of is null. */
export interface Reader {
  name: string;
  /** The folder of the corpus that is made of a library's own tests. */
  ownFolder: string | null;
  trim: ((text: string, marks?: TextMark[]) => Trimmed) | null;
  forward: ((text: string, subject: string, marks?: TextMark[]) => Passed | null) | null;
}

export interface Trimmed {
  /** The new text alone, with the closing formula and name, and all that precedes the first cut. */
  reply: string;
  replyWithSignOff: string;
  firstPart: string;
  signature: string;
  quoted: string;
  /** The line on which the first quotation begins; null when there is none. */
  quoteLine: number | null;
}

export interface Passed {
  name: string;
  address: string;
  subject: string;
  text: string;
}

export const DOCKET: Reader = {
  name: 'docket',
  ownFolder: null,
  trim: (text, marks) => trimmedByDocket(text, marks),
  forward: (text, subject, marks) => {
    const mail = trimReply(text, subject, marks).forwarded;
    return (
      mail && { name: mail.from?.name ?? '', address: mail.from?.address ?? '', subject: mail.subject, text: mail.text }
    );
  },
};

function trimmedByDocket(text: string, marks: TextMark[] = []): Trimmed {
  const lines = splitLines(text, marks);
  const { spans, cuts } = trimReply(text, '', marks);
  const signOffs = new Set(cuts.filter(({ rule }) => rule === 'sign-off').map(({ from }) => from));
  const forward = forwardAt(lines, '');
  const passedOn = forward?.announced ? lines[forward.line]?.from : undefined;
  // The sender's own words: what is passed on is shown with them, and asked for by other measures.
  const own = passedOn === undefined || text.slice(0, passedOn).trim() === '' ? text.length : passedOn;
  const pick = (kept: (span: (typeof spans)[number]) => boolean) =>
    spans
      .filter(kept)
      .map(({ from, to }) => text.slice(from, Math.min(to, own)))
      .join('');
  const firstCut = cuts.find(({ from, rule }) => !signOffs.has(from) || rule !== 'sign-off')?.from ?? text.length;
  const firstMark = lines.find(({ words }) => words.startsWith('>'))?.from ?? text.length;
  const quotedFrom = cuts.find((cut) => spans.some((span) => span.kind === 'quoted' && span.from === cut.from))?.from;
  const starts = [quotedFrom, passedOn].filter((from) => from !== undefined);
  return {
    reply: pick(({ kind }) => kind === 'reply'),
    replyWithSignOff: pick(({ kind, from }) => kind === 'reply' || signOffs.has(from)),
    firstPart: text.slice(0, Math.min(firstCut, firstMark, own)),
    signature: pick(({ kind }) => kind === 'signature'),
    quoted: pick(({ kind }) => kind === 'quoted'),
    quoteLine: starts.length === 0 ? null : lines.findIndex(({ from }) => from === Math.min(...starts)),
  };
}

interface Fragment {
  getContent(): string;
  isHidden(): boolean;
}

/** Those of the libraries that are installed; what is not is left out of the table. */
export async function installedLibraries(): Promise<Reader[]> {
  return (await Promise.all([emailReplyParser(), planer(), emailForwardParser()])).filter((reader) => reader !== null);
}

async function emailReplyParser(): Promise<Reader | null> {
  const Parser = constructorOf(await load('email-reply-parser'));
  if (Parser === null) return null;
  const parser = new Parser() as { read(text: string): { getFragments(): Fragment[]; getVisibleText(): string } };
  return {
    name: 'email-reply-parser',
    ownFolder: 'crisp_email_reply_parser',
    trim: (text) => {
      const email = parser.read(text);
      const fragments = email.getFragments();
      const reply = email.getVisibleText();
      const hidden = fragments.filter((fragment) => fragment.isHidden());
      return {
        reply,
        replyWithSignOff: reply,
        firstPart: fragments[0]?.getContent() ?? '',
        signature: hidden.map((fragment) => fragment.getContent()).join('\n'),
        quoted: hidden.map((fragment) => fragment.getContent()).join('\n'),
        quoteLine: lineOf(
          text,
          fragments.findIndex((fragment) => fragment.isHidden()),
          fragments,
        ),
      };
    },
    forward: null,
  };
}

function lineOf(text: string, at: number, fragments: Fragment[]): number | null {
  if (at === -1) return null;
  const first = fragments[at]?.getContent().trim().split('\n')[0] ?? '';
  return text.split('\n').findIndex((line) => line.trim() === first.trim());
}

async function planer(): Promise<Reader | null> {
  const library = await load('planer');
  const extractFrom = functionIn(library, 'extractFrom');
  if (extractFrom === null) return null;
  return {
    name: 'planer',
    ownFolder: null,
    trim: (text) => {
      const reply = String(extractFrom(text, 'text/plain'));
      const kept = reply.trimEnd();
      const isPrefix = text.startsWith(kept);
      return {
        reply,
        replyWithSignOff: reply,
        firstPart: reply,
        signature: '',
        quoted: isPrefix ? text.slice(kept.length) : '',
        quoteLine: kept === text.trimEnd() ? null : nextWordsLine(text, kept),
      };
    },
    forward: null,
  };
}

function nextWordsLine(text: string, kept: string): number {
  const rest = text.slice(kept.length);
  return text.slice(0, kept.length + rest.length - rest.trimStart().length).split('\n').length - 1;
}

async function emailForwardParser(): Promise<Reader | null> {
  const Parser = constructorOf(await load('email-forward-parser'));
  if (Parser === null) return null;
  interface Answer {
    forwarded: boolean;
    email: { body?: string; subject?: string; from?: { address?: string; name?: string } };
  }
  const parser = new Parser() as { read(body: string, subject?: string): Answer };
  return {
    name: 'email-forward-parser',
    ownFolder: 'crisp_email_forward_parser',
    trim: null,
    forward: (text, subject) => {
      const { forwarded, email } = parser.read(text, subject === '' ? undefined : subject);
      if (!forwarded) return null;
      return {
        name: email.from?.name ?? '',
        address: email.from?.address ?? '',
        subject: email.subject ?? '',
        text: email.body ?? '',
      };
    },
  };
}

/** A name in a variable: the libraries are compared when they are there and not asked for when they are not. */
async function load(name: string): Promise<unknown> {
  try {
    return await import(name);
  } catch {
    return null;
  }
}

type Constructor = new () => unknown;

function constructorOf(module: unknown): Constructor | null {
  for (let found = module; typeof found === 'object' && found !== null && 'default' in found; ) {
    found = found.default;
    if (typeof found === 'function') return found as Constructor;
  }
  return null;
}

function functionIn(module: unknown, name: string): ((...given: unknown[]) => unknown) | null {
  const holders = [
    module,
    typeof module === 'object' && module !== null && 'default' in module ? module.default : null,
  ];
  for (const holder of holders) {
    const found = typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : null;
    if (typeof found === 'function') return found as (...given: unknown[]) => unknown;
  }
  return null;
}
