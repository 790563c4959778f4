import type { InboundMail } from './inbound-mail.ts';
import { replyText } from './reply-text.ts';
import { THANKS_LANGUAGES } from './thanks-phrases.ts';

/**
 * Whether a mail says thank you and nothing else (R12): such a mail needs no answer, and reopens nothing. All of its new words must
 * be thanks, courtesies, and names of those involved. One word more, a figure, a question mark or a file, and somebody wants
 * something: to reopen a ticket for a thank-you costs a glance, to miss a request costs its sender an answer.
 */
export function isPlainThanks(mail: InboundMail, names: readonly string[]): boolean {
  const said = replyText(mail);
  if (said.length > CHARACTERS_MAX || mail.attachments.length + mail.calendar.length > 0) return false;
  if (
    mail.forwarded !== null ||
    mail.protection === 'encrypted' ||
    mail.defects.some(({ code }) => code !== HARMLESS)
  ) {
    return false;
  }
  // What was cut off as a signature may be more than that.
  const cutOff = mail.spans.filter(({ kind }) => kind === 'signature').map(({ from, to }) => mail.text.slice(from, to));
  if (/[?？؟]/.test(said + cutOff.join(''))) return false;
  const known = new Set([mail.from?.name ?? '', ...names].flatMap(words));
  const wordsSaid = words(said);
  return LANGUAGES.some((phrases) => isMadeOf(wordsSaid, known, phrases));
}

/** A thank-you is short; what is longer is not looked at. */
const CHARACTERS_MAX = 300;

/** Some programs write HTML only, which says no less. */
const HARMLESS = 'text-from-html';

/** Whether the phrases of one language and names cover all the words, one thanks among them. */
function isMadeOf(said: string[], names: ReadonlySet<string>, { thanks, around }: Phrases): boolean {
  /** For each place that phrases reach, from the first word on: whether thanks were said on the way. */
  const reached: (boolean | undefined)[] = [false];
  for (let at = 0; at < said.length; at++) {
    const thanked = reached[at];
    if (thanked === undefined) continue;
    for (let to = at + 1; to <= Math.min(said.length, at + PHRASE_WORDS_MAX); to++) {
      const phrase = said.slice(at, to).join(' ');
      if (thanks.has(phrase)) reached[to] = true;
      else if (around.has(phrase) || names.has(phrase)) reached[to] = (reached[to] ?? false) || thanked;
    }
  }
  return reached[said.length] === true;
}

const SMILEY = /(?<=\s|^|[.!,])[:;]-?[)dp](?=\s|$)/g;
/** Signs that mean nothing or something friendly. Any other stays, and then is no word we know. */
const FRIENDLY =
  /[.,!;:…–—\-"'“”„‘’«»。、，！~*_\s]|\uFE0F|\u200D|\u2764|[\u{1F3FB}-\u{1F3FF}]|\u{1F64F}|\u{1F44D}|\u{1F44F}|\u{1F64C}|\u{1F44C}|\u{1F490}|\u{1F31E}|\u2728|\u{1F389}|\u{1F60A}|\u{1F642}|\u{1F600}|\u{1F603}|\u{1F604}|\u{1F601}|\u{1F609}|\u{1F917}|\u{1F4AA}/gu;

function words(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().replace(SMILEY, ' ').replace(FRIENDLY, ' ').split(' ').filter(Boolean);
}

interface Phrases {
  thanks: ReadonlySet<string>;
  around: ReadonlySet<string>;
}

const asPhrase = (text: string) => words(text).join(' ');
/** A line of single words, or one of phrases with bars between them. */
const phrasesOf = (line: string) => line.split(line.includes('|') ? '|' : ' ').map(asPhrase);

/** English courtesies stand below mail in every language. */
const ENGLISH = THANKS_LANGUAGES.find(({ language }) => language === 'en')?.around ?? [];
const LANGUAGES: readonly Phrases[] = THANKS_LANGUAGES.map(({ thanks, around }) => ({
  thanks: new Set(thanks.map(asPhrase)),
  around: new Set([...around, ...ENGLISH].flatMap(phrasesOf)),
}));
const PHRASE_WORDS_MAX = Math.max(
  ...LANGUAGES.flatMap(({ thanks, around }) => [...thanks, ...around]).map((phrase) => phrase.split(' ').length),
);
