import { expect, test } from 'vitest';
import { decideAnswer } from '../../src/core/answer.ts';
import { ownAddresses } from '../../src/core/own-address.ts';
import { mintToken, replyAddress, signingKeys } from '../../src/core/reply-token.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { BOUNDARY_LINES, notification } from '../../src/outbound/notification.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';

/**
 * An agent's answer in a quote style that nobody has seen is held, not relayed (issue 3, "Done when" 3). Each of these was made up, and
 * none is anything a trim could know: what keeps the notification inside is what stands in it.
 */
const KEYS = signingKeys('a secret of the tests, long enough to be one');
const PATTERN = 'support+{token}@desk.test';
const addressFor = (purpose: 'act' | 'note') =>
  replyAddress(PATTERN, mintToken(KEYS, { purpose, ticketId: '7', addressId: '9' }));

const TOLD = (language: string) =>
  notification({
    ticket: {
      number: '1042',
      subject: 'Card lost',
      status: 'new',
      priority: 'high',
      departmentName: 'Banking',
      clocks: [],
      followsNumber: null,
      proposed: [],
    },
    deskName: 'Desk Support',
    languages: [language],
    author: { name: 'Karen', address: 'karen@customer.test', certainty: 'confirmed' },
    answersTo: { name: 'Karen', othersCount: 0 },
    text: 'I lost my card.\n\nPlease send a new one.\n',
    attachments: [],
    leftBehind: [],
    whyLeft: 'too-large',
    reason: 'department',
    zone: 'UTC',
    alarm: null,
    addresses: { act: addressFor('act'), note: addressFor('note') },
    mayTake: true,
  });
const ANSWER = 'It is on its way.';

async function doubtsAbout(content: MailContent): Promise<string[]> {
  const mail = await parseMail(buildMail({ from: 'john@desk.test', ...content }));
  const internal = {
    boundaryLines: BOUNDARY_LINES,
    keys: KEYS,
    own: ownAddresses([{ address: 'support@desk.test', aliases: [], replyAddress: PATTERN }]),
    notes: [],
    publicTexts: ['I lost my card.\n\nPlease send a new one.\n'],
  };
  return decideAnswer(mail, [], 1, internal).doubts;
}

const lines = (text: string) => text.trim().split('\n');

const STYLES: [name: string, write: (told: string) => string][] = [
  ['no marker at all', (told) => `${ANSWER}\n\n${told}`],
  ['no marker, and the answer below', (told) => `${told}\n\n${ANSWER}\n`],
  [
    'bars',
    (told) =>
      `${ANSWER}\n\n${lines(told)
        .map((line) => `\u2502 ${line}`)
        .join('\n')}`,
  ],
  [
    'numbered lines',
    (told) =>
      `${ANSWER}\n\n${lines(told)
        .map((line, at) => `${at + 1}: ${line}`)
        .join('\n')}`,
  ],
  [
    'initials before each line',
    (told) =>
      `${ANSWER}\n\n${lines(told)
        .map((line) => `KC) ${line}`)
        .join('\n')}`,
  ],
  [
    'a box of stars',
    (told) =>
      `${ANSWER}\n\n${'*'.repeat(40)}\n${lines(told)
        .map((line) => `* ${line} *`)
        .join('\n')}`,
  ],
  ['an attribution in no language', (told) => `${ANSWER}\n\nKaren le skribis hierau je la deka horo:\n\n${told}`],
  ['an attribution after the quote', (told) => `${ANSWER}\n\n${told}\n(so far Karen)\n`],
  ['guillemets around it', (told) => `${ANSWER}\n\n\u00ab${told.trim()}\u00bb\n`],
  ['one long line', (told) => `${ANSWER} ${lines(told).join(' ')}\n`],
  ['wrapped at 20 letters', (told) => `${ANSWER}\n\n${told.replace(/(.{20})/g, '$1\n')}`],
  [
    'every second line left out',
    (told) =>
      `${ANSWER}\n\n${lines(told)
        .filter((_line, at) => at % 2 === 0)
        .join('\n')}`,
  ],
  ['only the actions', (told) => `${ANSWER}\n\n${told.slice(told.indexOf('mailto:'))}`],
  ['in capitals', (told) => `${ANSWER}\n\n${told.toUpperCase()}`],
];

test.each(STYLES)('held: an answer that quotes with %s', async (_name, write) => {
  expect(await doubtsAbout({ text: write(TOLD('en').text) })).not.toEqual([]);
});

test.each(STYLES)('held: the same in German, %s', async (_name, write) => {
  expect(await doubtsAbout({ text: write(TOLD('de').text) })).not.toEqual([]);
});

test.each<[string, (html: string) => string]>([
  ['in a box without a name', (html) => `<p>${ANSWER}</p><section data-history>${html}</section>`],
  ['as a table', (html) => `<table><tr><td>${ANSWER}</td></tr><tr><td>${html}</td></tr></table>`],
  ['as preformatted text', () => `<p>${ANSWER}</p><pre>${TOLD('en').text}</pre>`],
  ['above the answer', (html) => `<div>${html}</div><p>${ANSWER}</p>`],
  ['folded away', (html) => `<p>${ANSWER}</p><details><summary>earlier</summary>${html}</details>`],
])('held: an answer in HTML alone that quotes %s', async (_name, write) => {
  const body = TOLD('en').html.replace(/^[\s\S]*<body[^>]*>|<\/body>[\s\S]*$/g, '');
  expect(await doubtsAbout({ html: `<html><body>${write(body)}</body></html>` })).not.toEqual([]);
});

test('an answer in a style that is known goes out', async () => {
  const quoted = TOLD('en').text.replace(/^/gm, '> ');
  expect(
    await doubtsAbout({
      text: `${ANSWER}\n\nOn Mon, 23 Nov 2026 at 10:00, Karen via Desk Support <support@desk.test> wrote:\n\n${quoted}`,
    }),
  ).toEqual([]);
});
