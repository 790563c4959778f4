import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findLeaks, type InternalWords } from '../../src/core/leak-guard.ts';
import { ownAddresses } from '../../src/core/own-address.ts';
import { mintToken, signingKeys } from '../../src/core/reply-token.ts';

const KEYS = signingKeys('a secret of the tests, long enough to be one');
const TOKEN = mintToken(KEYS, { purpose: 'note', ticketId: '7', addressId: '9' });
const FORGED = 'a'.repeat(45);
const BOUNDARY = '— Please answer above this line —';
const NOTE = 'Karen has called three times today; between us, her account is flagged for fraud since March.';
const INTERNAL: InternalWords = {
  boundaryLines: [BOUNDARY, '— Bitte über dieser Zeile antworten —'],
  keys: KEYS,
  own: ownAddresses([
    { address: 'support@desk.test', aliases: [], replyAddress: 'support+{token}@desk.test' },
    { address: 'help@desk.test', aliases: [], replyAddress: '{token}@reply.desk.test' },
  ]),
  notes: [NOTE, 'VIP', 'suspected fraudster'],
  publicTexts: [],
};

/** Any UTF-16, lone surrogates and controls included. */
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
const kinds = (text: string, internal: Partial<InternalWords> = {}) =>
  findLeaks({ text, cuts: [] }, { ...INTERNAL, ...internal }).map(({ kind }) => kind);
const answer = (piece: string) => `Hello Karen,\n\nplease update the app.\n\n${piece}\n\nRegards, John\n`;
const base64Lines = (text: string) => Buffer.from(text).toString('base64').replace(/.{60}/g, '$&\n');

describe('findLeaks', () => {
  test.each<[string, string]>([
    ['as we wrote it', BOUNDARY],
    ['quoted', `> ${BOUNDARY}`],
    ['wrapped', '— Please answer above\nthis line —'],
    ['quoted and wrapped', '> > — Please answer\n> > above this line —'],
    ['with other dashes and spaces', '-- Please answer above\u00a0this  line --'],
    ['shouted, in a table', '| *PLEASE ANSWER ABOVE THIS LINE* |'],
    ['with invisible signs in it', 'Please\u200b an\u00adswer above this line'],
    ['in full-width letters', 'Ｐｌｅａｓｅ answer above this line'],
    ['in another of our languages', '> Bitte u\u0308ber dieser Zeile antworten'],
    ['as quoted-printable', 'Please=20answer above th=\nis line'],
    ['as HTML', '<b>Please&nbsp;answer&#32;above &#x74;his line</b>'],
    ['as base64', base64Lines(`To: Jane\n\n${BOUNDARY}\n\nThe article\n`)],
  ])('the boundary line is found %s', (_, piece) => {
    expect(kinds(answer(piece))).toEqual(['boundary']);
  });

  test.each<[string, string]>([
    ['in an address', `<support+${TOKEN}@desk.test>`],
    ['alone', TOKEN],
    ['in capitals', TOKEN.toUpperCase()],
    ['at another domain', `support+${TOKEN}@elsewhere.test`],
    ['wrapped and quoted', `> support+${TOKEN.slice(0, 20)}\n> ${TOKEN.slice(20)}@desk.test`],
    ['hyphenated', `${TOKEN.slice(0, 9)}-${TOKEN.slice(9)}`],
    ['amid other letters', `xx${TOKEN}yy`],
    ['in a mailto link', `mailto:support%2B${TOKEN}%40desk.test`],
    ['with a soft line break', `support+${TOKEN.slice(0, 30)}=\n${TOKEN.slice(30)}@desk.test`],
    ['not signed, at a plus address of ours', `support+${FORGED}@desk.test`],
    ['not signed, at a reply domain of ours', `> ${FORGED.slice(0, 30)}\n> ${FORGED.slice(30)}@reply.desk.test`],
    ['not signed, percent-encoded', `support%2b${FORGED}%40desk.test`],
    ['in the source of a mail', base64Lines(`Reply-To: <support+${TOKEN}@desk.test>\n\nHello\n`)],
  ])('a token is found %s', (_, piece) => {
    expect(kinds(answer(piece))).toEqual(['token']);
  });

  test.each<[string, string]>([
    ['whole', NOTE],
    ['in part', 'between us, her account is flagged for fraud since'],
    ['quoted and wrapped', '> between us, her account\n> is flagged for fraud\n> since March'],
    ['in other case and punctuation', 'BETWEEN US: HER ACCOUNT IS FLAGGED - FOR FRAUD, SINCE MARCH!'],
    ['as a whole short note in a sentence', 'You are a suspected fraudster.'],
    ['as a very short note on a line of its own', '> VIP'],
    ['as base64', base64Lines(`Re: ${NOTE}`)],
  ])('a note is found %s', (_, piece) => {
    expect(kinds(answer(piece))).toEqual(['note']);
  });

  test.each<[string, string]>([
    ['at the start', '/resolve\n\nDone.'],
    ['below an empty line', '\n\n  /tag +a\nDone.'],
    ['further down', 'Done.\n\n/close'],
    ['behind an invisible sign', '\ufeff/close'],
    ['in capitals', '/RESOLVE now'],
    ['of those nobody has built yet', '/merge 1002'],
  ])('a command line is found %s', (_, text) => {
    expect(kinds(text)).toEqual(['command']);
  });

  test.each<[string, string]>([
    ['an ordinary answer', answer('It works with version 4.2 again.')],
    ['a path', answer('Look into /etc/hosts and /status/page.')],
    ['a path at the start', '/etc/hosts is the file.\n/status/page shows it.\n'],
    ['a word that a note has too', answer('Your account is open again since March, Karen.')],
    ['a very short note as a word', answer('Thank you for being a VIP customer.')],
    ['a long word', answer('a'.repeat(200))],
    ['an address of ours without a token', answer('Write to support@desk.test or hello@reply.desk.test.')],
    ['nothing', ''],
  ])('%s may leave', (_, text) => {
    expect(findLeaks({ text, cuts: [] }, INTERNAL)).toEqual([]);
  });

  test('words of a note that the requester has read already are no secret', () => {
    const quoting = { notes: [`Karen writes: ${answer('x')} What do we do?`], publicTexts: [answer('y')] };
    expect(kinds(answer('z'), quoting)).toEqual([]);
    expect(kinds('Karen writes: Hello Karen, please update the app. x', quoting)).toEqual(['note']);
  });

  test('a cut that is not certain keeps the mail', () => {
    const cut = { rule: 'attribution', from: 10, to: 20 };
    const ask = (confidence: 'certain' | 'likely') =>
      findLeaks({ text: 'Hello', cuts: [{ ...cut, confidence }] }, INTERNAL);
    expect(ask('likely')).toEqual([{ kind: 'uncertain-cut', line: null }]);
    expect(ask('certain')).toEqual([]);
  });

  test('it says on which line, each kind once', () => {
    const text = `Hello\n\n${TOKEN}\n> ${BOUNDARY}\n${TOKEN}\n${NOTE}\n/close\n`;
    expect(findLeaks({ text, cuts: [] }, INTERNAL)).toEqual([
      { kind: 'boundary', line: 4 },
      { kind: 'token', line: 3 },
      { kind: 'note', line: 6 },
      { kind: 'command', line: 7 },
    ]);
  });

  test('however a boundary, a token or a note is broken into lines and quoted, it is found', () => {
    const secret = fc.constantFrom<[string, string]>(['boundary', BOUNDARY], ['token', TOKEN], ['note', NOTE]);
    const breaks = fc.array(fc.constantFrom('', '', '', '\n', '\n> ', '\r\n>> ', ' ', '\u00a0', '\u200b', '-'), {
      minLength: 20,
      maxLength: 20,
    });
    fc.assert(
      fc.property(secret, breaks, fc.string(), fc.string(), ([kind, words], seams, before, after) => {
        const broken = [...words].map((character, at) => character + (seams[at % seams.length] ?? '')).join('');
        // Letters right before would make other words of it.
        expect(kinds(`${before}\n${broken}\n${after}`)).toContain(kind);
      }),
    );
  });

  test('it never throws', () => {
    fc.assert(
      fc.property(anyText, anyText, (text, note) => {
        findLeaks({ text, cuts: [] }, { ...INTERNAL, notes: [note], boundaryLines: [note] });
      }),
    );
  });

  test.each<[string, string]>([
    ['spaces', ' '.repeat(100_000)],
    ['letters', 'a'.repeat(100_000)],
    ['quote marks', '>'.repeat(100_000)],
    ['equals signs', '='.repeat(100_000)],
    ['encoded bytes', '=41%41&#65;'.repeat(10_000)],
    ['base64', `${'QUJD'.repeat(15)}\n`.repeat(1_600)],
    ['line breaks', '\n'.repeat(100_000)],
  ])('a hundred thousand %s take little time', (_, text) => {
    const before = process.cpuUsage();
    findLeaks({ text, cuts: [] }, { ...INTERNAL, notes: [text, NOTE], publicTexts: [text] });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(2_000);
  });
});
