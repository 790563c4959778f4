import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TextSpanKind } from '../../src/core/inbound-mail.ts';
import { ATTRIBUTION_LANGUAGES } from '../../src/ingest/trim/languages/attributions.ts';
import { DISCLAIMER_LANGUAGES } from '../../src/ingest/trim/languages/disclaimers.ts';
import { HEADER_LANGUAGES } from '../../src/ingest/trim/languages/header-labels.ts';
import { SEPARATOR_LANGUAGES } from '../../src/ingest/trim/languages/separators.ts';
import { trimReply } from '../../src/ingest/trim/trim.ts';
import { cpuStopwatch } from '../support/cpu-stopwatch.ts';

function pieces(text: string, subject = 'Re: banking'): Partial<Record<TextSpanKind, string>> {
  const found: Partial<Record<TextSpanKind, string>> = {};
  for (const { kind, from, to } of trimReply(text, subject).spans)
    found[kind] = (found[kind] ?? '') + text.slice(from, to);
  return found;
}

const ANSWER = 'It works now.\n\nThank you\n\n';
const QUOTE = '> Does it work?\n>\n> Support\n';

describe('an introduced quote below the answer is told apart', () => {
  test.for([
    ['Gmail, en', 'On Mon, Nov 23, 2026 at 10:00 AM Desk <support@desk.test> wrote:'],
    ['Gmail, en, wrapped', 'On Mon, Nov 23, 2026 at 10:00 AM A Desk With A Long Name <\nsupport@desk.test> wrote:'],
    ['Apple, en', 'On 23. Nov 2026, at 10:00, Desk <support@desk.test> wrote:'],
    ['Gmail, de', 'Am Mo., 23. Nov. 2026 um 10:00 Uhr schrieb Desk <support@desk.test>:'],
    ['Thunderbird, de', 'Am 23.11.26 um 10:00 schrieb Desk:'],
    ['Gmail on Android, de', 'Desk <support@desk.test> schrieb am Mo., 23. Nov. 2026, 10:00:'],
    ['Gmail, fr', 'Le lun. 23 nov. 2026 à 10:00, Desk <support@desk.test> a écrit :'],
    ['Gmail, fr, with a no-break space', 'Le lun. 23 nov. 2026 à 10:00, Desk <support@desk.test> a écrit\u00a0:'],
    ['Gmail, es', 'El lun, 23 nov 2026 a las 10:00, Desk (<support@desk.test>) escribió:'],
    ['Gmail, it', 'Il giorno lun 23 nov 2026 alle ore 10:00 Desk <support@desk.test> ha scritto:'],
    ['Gmail, nl', 'Op ma 23 nov 2026 om 10:00 schreef Desk <support@desk.test>:'],
    ['Gmail, pt', 'Em seg., 23 de nov. de 2026 às 10:00, Desk <support@desk.test> escreveu:'],
    ['old Gmail, no language', '2026-11-23 10:00 GMT+01:00 Desk <support@desk.test>:'],
  ])('attribution: %s', ([, attribution = '']) => {
    expect(pieces(`${ANSWER}${attribution}\n\n${QUOTE}`)).toEqual({
      reply: ANSWER,
      quoted: `${attribution}\n\n${QUOTE}`,
    });
    expect(pieces(`${ANSWER}${attribution}\n\nDoes it work?\n`)).toEqual({
      reply: ANSWER,
      quoted: `${attribution}\n\nDoes it work?\n`,
    });
  });

  test.for([
    ['en', 'From: Desk <support@desk.test>\nSent: Monday, 23 November 2026 10:00\nTo: Karen\nSubject: RE: banking'],
    [
      'en, bold',
      '*From:* Desk <support@desk.test>\n*Sent:* Monday, 23 November 2026 10:00\n*To:* Karen\n*Subject:* RE: banking',
    ],
    ['de', 'Von: Desk <support@desk.test>\nGesendet: Montag, 23. November 2026 10:00\nAn: Karen\nBetreff: AW: banking'],
    ['fr', 'De : Desk <support@desk.test>\nEnvoyé : lundi 23 novembre 2026 10:00\nÀ : Karen\nObjet : RE: banking'],
    [
      'es',
      'De: Desk <support@desk.test>\nEnviado: lunes, 23 de noviembre de 2026 10:00\nPara: Karen\nAsunto: RE: banking',
    ],
    ['it', 'Da: Desk <support@desk.test>\nInviato: lunedì 23 novembre 2026 10:00\nA: Karen\nOggetto: R: banking'],
    [
      'nl',
      'Van: Desk <support@desk.test>\nVerzonden: maandag 23 november 2026 10:00\nAan: Karen\nOnderwerp: RE: banking',
    ],
    [
      'pt',
      'De: Desk <support@desk.test>\nEnviado: segunda-feira, 23 de novembro de 2026 10:00\nPara: Karen\nAssunto: RE: banking',
    ],
  ])('repeated header: %s', ([, header = '']) => {
    const quoted = `________________________________\n${header}\n\nDoes it work?\n`;
    expect(pieces(ANSWER + quoted)).toEqual({ reply: ANSWER, quoted });
  });

  test.for(
    ATTRIBUTION_LANGUAGES.flatMap(({ language, samples }) => samples.map((sample) => [language, sample] as const)),
  )('attribution in %s: %s', ([, attribution]) => {
    for (const below of [`\n\n${QUOTE}`, `\n${QUOTE}`, '\n\nDoes it work?\n']) {
      expect(pieces(ANSWER + attribution + below)).toEqual({ reply: ANSWER, quoted: attribution + below });
    }
  });

  test.for(HEADER_LANGUAGES.map(({ language, sample }) => [language, sample] as const))(
    'repeated header in %s',
    ([, header]) => {
      const bold = header.replace(/^([^:]+:)/gm, '*$1*');
      for (const quoted of [`${header}\n\nDoes it work?\n`, `${bold}\n\nDoes it work?\n`]) {
        expect(pieces(ANSWER + quoted)).toEqual({ reply: ANSWER, quoted });
      }
    },
  );

  test.for(SEPARATOR_LANGUAGES.flatMap(({ original }) => original))('separator: %s', (words) => {
    const quoted = `-----${words}-----\nDoes it work?\n`;
    expect(pieces(ANSWER + quoted)).toEqual({ reply: ANSWER, quoted });
  });

  test.for(SEPARATOR_LANGUAGES.flatMap(({ boundaries }) => boundaries))('our own line: %s', (words) => {
    const quoted = `--- ${words} ---\nDoes it work?\n`;
    expect(pieces(ANSWER + quoted)).toEqual({ reply: ANSWER, quoted });
    expect(pieces(`${ANSWER}> ## ${words} ##\n${QUOTE}`).reply).toBe(ANSWER);
  });
});

test.for([
  ['a name and a verb', 'Karen Customer wrote:', '\n'],
  ['a day and a name', 'On Monday, Karen wrote:', '\n\n'],
  ['German', 'Karen Kundin schrieb:', '\n'],
  ['Horde', 'Quoting Karen <karen@x.test>:', '\n\n'],
  ['mutt', '* Karen <karen@x.test> [2026-11-23 10:00 +0100]:', '\n'],
  [
    'Yandex',
    '----------------\nTo: desk@x.test;\nSubject: banking;\n23.11.2026, 10:00, "Karen" <karen@x.test>:',
    '\n\n',
  ],
])('right above quoted lines this introduces them: %s', ([, introduction = '', gap = '']) => {
  const quoted = `${introduction}${gap}${QUOTE}`;
  expect(pieces(ANSWER + quoted)).toEqual({ reply: ANSWER, quoted });
});

test.for(['Here is what the manual says:', 'He wrote:', 'As I wrote:'])('this is the writer’s own: %s', (words) => {
  expect(pieces(`${words}\n${QUOTE}`).reply).toBe(`${words}\n`);
});

test('Apple’s programs mark the line that introduces the quote, too: it is as certain', () => {
  const quoted = '> On 23 Nov 2026, at 10:00, Karen <karen@x.test> wrote:\n> \n> Does it work?\n';
  expect(trimReply(ANSWER + quoted, '').cuts).toMatchObject([{ rule: 'attribution', confidence: 'certain' }]);
});

test('Yahoo’s app quotes on the line that introduces the quote', () => {
  const quoted = '  On Fri, Nov 20, 2026 at 14:03, Desk<support@desk.test> wrote:   Hello Karen\n';
  expect(pieces(ANSWER + quoted)).toEqual({ reply: ANSWER, quoted });
});

test.for(DISCLAIMER_LANGUAGES.flatMap(({ starts }) => starts))('a notice below a mail: %s', (words) => {
  const notice = `${words} and so on,\nin two lines.\n`;
  expect(pieces(`${ANSWER}\n${notice}`).signature).toContain(notice);
  expect(pieces(notice)).toEqual({ reply: notice });
});

test('a notice may stand below a line that is drawn above it', () => {
  const notice = '----------------------------\nThis e-mail is confidential.\n';
  for (const gap of ['', '\n'])
    expect(pieces(`${ANSWER}${gap}${notice}`)).toEqual({ reply: `${ANSWER}${gap}`, signature: notice });
});

test.for([
  [
    'a form',
    'New contact form\n\nFrom: Karen\nEmail: karen@x.test\nSubject: Refund\nDate: 2026-11-23\n\nI would like a refund.\n',
  ],
  [
    'settings',
    'The file:\n\nfrom: support@x.test\nto: karen@x.test\nsubject: hello\nsent: true\n\nWhat is wrong with it?\n',
  ],
  [
    'the header of a mail that went missing',
    'Do you see why?\n\nReceived: from a by b; Mon, 23 Nov 2026 10:00:00 +0100\nFrom: a@x.test\nTo: b@x.test\nSubject: c\n\nIt went missing.\n',
  ],
  ['a log', 'It says:\n\n2026-11-20 14:03:11 ERROR From: a@x.test To: b@x.test Subject: c\n\nWhy?\n'],
  ['a shell', '$ mail -s test\n> hello\n> world\n.\n\nprints nothing.\n'],
  ['a sentence', 'Am 20.11.2026 um 14:03 Uhr schrieb mir Ihr Kollege, dass alles erledigt sei.\n\nDas stimmt nicht.\n'],
  ['a comment in SQL', 'select * from a\n-- only open ones\nwhere state = 1;\n\nreturns nothing.\n'],
  ['a letter after a greeting', 'Regards,\nKaren\n\nPS: and cancel order 18, it was ordered twice by mistake.\n'],
])('what people write and paste stays whole: %s', ([, text = '']) => {
  expect(pieces(text)).toEqual({ reply: text });
});

test('a quoted line that was wrapped without its mark is quoted to its end', () => {
  const quote =
    '> Is it the one with the long name that we sent to you on Monday of the last\nweek of October?\n> Support\n';
  expect(pieces(ANSWER + quote)).toEqual({ reply: ANSWER, quoted: quote });
});

test('quoted lines alone are a quote, above the answer or below it', () => {
  expect(pieces(`${ANSWER}${QUOTE}`)).toEqual({ reply: ANSWER, quoted: QUOTE });
  expect(pieces(`${QUOTE}\n${ANSWER}`)).toEqual({ quoted: `${QUOTE}\n`, reply: ANSWER });
});

test.for([
  ['certain with its space', '-- \n', 'certain'],
  ['likely without', '--\n', 'likely'],
])('a signature is told apart: %s', ([, line = '', confidence]) => {
  const text = `${ANSWER}${line}Karen\nCustomer Ltd\n`;
  expect(pieces(text)).toEqual({ reply: ANSWER, signature: `${line}Karen\nCustomer Ltd\n` });
  expect(trimReply(text, '').cuts).toEqual([
    { rule: 'signature-line', confidence, from: ANSWER.length, to: text.length },
  ]);
});

test('a signature between the answer and the quote, and one below the quote', () => {
  const attribution = 'On 23 Nov 2026, Desk <support@desk.test> wrote:\n';
  expect(pieces(`${ANSWER}-- \nKaren\n\n${attribution}${QUOTE}`)).toEqual({
    reply: ANSWER,
    signature: '-- \nKaren\n\n',
    quoted: attribution + QUOTE,
  });
  expect(pieces(`${ANSWER}${attribution}${QUOTE}\n-- \nKaren\n`)).toEqual({
    reply: ANSWER,
    quoted: `${attribution}${QUOTE}\n`,
    signature: '-- \nKaren\n',
  });
});

describe('in doubt nothing is cut', () => {
  test.for([
    ['answers between the quoted lines', '> Does it work?\nNo.\n> Since when?\nYesterday.\n'],
    [
      'an answer in small letters',
      '> Is it the one with the long name that we sent to you on Monday last week?\nyes\n> And?\nno\n',
    ],
    ['an answer above and one below', `Short: no.\n${QUOTE}And one more thing.\n`],
    ['nothing but a quote', QUOTE],
    ['nothing but a signature', '-- \nKaren\n'],
    [
      'a sentence with the words of an attribution',
      'As the manual wrote:\nrestart it.\nOn page 3 you wrote:\nthe rest\nAs I wrote on 3 May 2026:\nit stops\n',
    ],
    ['a list of labels that is no header', 'From: Berlin\nto Hamburg, 3 tickets please.\n'],
    [
      'a forwarded mail, Gmail',
      'FYI\n\n---------- Forwarded message ---------\nFrom: Bob <bob@x.test>\nDate: Mon, Nov 23, 2026\nSubject: x\nTo: Karen\n\nOn 1 Nov 2026, A <a@b.test> wrote:\n> b\n',
    ],
    [
      'a forwarded mail, Apple',
      'FYI\n\nBegin forwarded message:\n\n> From: Bob <bob@x.test>\n> Subject: x\n>\n> text\n',
    ],
    ['two dashes inside a long text', `--\n${'one more line\n'.repeat(40)}`],
    ['an empty text', ''],
  ])('%s', ([, text = '']) => {
    expect(pieces(text)).toEqual(text === '' ? {} : { reply: text });
  });

  test.for(['Fwd: banking', 'FW: banking', 'WG: banking', 'TR : banking', 'Rv: banking'])(
    'a repeated header under a subject that says forwarded: %s',
    (subject) => {
      const text = `FYI\n\nFrom: Bob <bob@x.test>\nSent: Monday\nTo: Karen\nSubject: x\n\ntext\n`;
      expect(pieces(text, subject)).toEqual({ reply: text });
    },
  );
});

test('the words of languages are many', () => {
  expect(ATTRIBUTION_LANGUAGES.length).toBeGreaterThanOrEqual(30);
  expect(HEADER_LANGUAGES.length).toBeGreaterThanOrEqual(20);
});

const MAIL_LINES = fc.array(
  fc.oneof(
    fc.constantFrom(
      '',
      '-- ',
      '--',
      '> a',
      '>> b',
      'text',
      'On 1 Nov 2026, A <a@b> wrote:',
      '-----Original Message-----',
      'From: a',
      'Sent: b',
      'To: c',
      'Subject: d',
      'Begin forwarded message:',
      'Reply above this line',
      '________',
      'Am 1.1. schrieb',
      'Karen:',
      '\u{1f600}',
      '\ud800',
    ),
    fc.string({ maxLength: 20 }),
  ),
  { maxLength: 30 },
);

test('spans concatenated are the text, and something of every text that has words is left', () => {
  fc.assert(
    fc.property(MAIL_LINES, fc.constantFrom('\n', '\r\n', '\n\n'), fc.string(), (lines, lineEnd, subject) => {
      const text = lines.join(lineEnd);
      const { spans, cuts } = trimReply(text, subject);
      expect(spans.map(({ from, to }) => text.slice(from, to)).join('')).toBe(text);
      expect(spans.every(({ from, to }) => from < to)).toBe(true);
      expect(cuts.every(({ from, to }) => spans.some((span) => span.from === from && span.to === to))).toBe(true);
      const reply = spans.filter(({ kind }) => kind === 'reply').map(({ from, to }) => text.slice(from, to));
      if (text.trim() !== '') expect(reply.join('').trim()).not.toBe('');
    }),
    { numRuns: 2000 },
  );
});

test('what is left of a text is left whole when it is trimmed again', () => {
  fc.assert(
    fc.property(MAIL_LINES, (lines) => {
      const left = pieces(lines.join('\n')).reply ?? '';
      expect(pieces(left).reply ?? '').toBe(left);
    }),
    { numRuns: 2000 },
  );
});

/** Lines that begin, end or go on like something the rules look for, so often that every rule is asked on every line. */
const HOSTILE_LINES: [name: string, line: string][] = [
  ['lines that begin like attributions', 'On 1 a a a a a a a a a a a a a a\n'],
  ['dates that are introduced and never end', `On 12.5.2024 10:00 ${'a'.repeat(40)}\n`],
  ['lines that end like attributions', `${'wrote on '.repeat(40)}:\n`],
  ['attributions', '12.5.2024 10:00 schrieb a@b.cc irgendwas und noch mehr davon:\n'],
  ['Russian without an end', 'пн, 23 нояб. 2026 г. в 10:00, Karen написал что-то очень длинное\n'],
  ['Chinese verbs', '在2026年11月23日写道写道写道写道写道写道\n'],
  ['open brackets', 'On 12.5.2024 <<<<<<<<<<<<<<<<<<<<<\n'],
  ['labels', 'From: a\n'],
  ['labels of a header', 'From: a\nSent: b\n\n'],
  ['labels with wrapped values', 'Subject: a\nbbbb\nbbbb\n'],
  ['empty lines', '\n'],
  ['dashes', '-----original\n'],
  ['spaces', `${' '.repeat(60)}\n`],
  ['quotes and answers', '> a\nb\n'],
  ['introduced quotes and answers', 'On 1 Nov 2026, A <a@b.cc> wrote:\n> b\nanswer\n'],
  ['signatures', '-- \nKaren\n'],
  ['phones', 'Sent from my iPhone\n\n'],
  ['closings', 'Regards,\n'],
  ['addresses', `${'a@'.repeat(190)}:\n`],
  ['one line that ends like the one above a forwarded mail', `a${'-'.repeat(1024 * 1024 - 4)}a:\n`],
  ['one label with a value of spaces', `From:${' '.repeat(1024 * 1024 - 8)}x\n`],
  ['one line of links', `From: ${'<mailto:a@b.cc>'.repeat(65_000)}\nSubject: b\nDate: c\nTo: d\n\nx\n`],
  ['one line of spaces and commas', `a${' ,'.repeat(500_000)}a\n`],
];

describe('IN-10 a MiB of hostile text takes little time, however many lines it has', () => {
  test.for(HOSTILE_LINES)('%s', ([, line]) => {
    const whole = line.repeat((1024 * 1024) / line.length);
    for (const text of [`${whole}x`, whole.split('\n').slice(0, 19_000).join('\n')]) {
      const spentMs = cpuStopwatch();
      trimReply(text, 'Re: x');
      // 200 ms on a quiet machine; the bound tells linear from quadratic on a busy one.
      expect(spentMs()).toBeLessThan(1000);
    }
  });
});
