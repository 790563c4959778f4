import { describe, expect, test } from 'vitest';
import { LANGUAGES } from '../../src/outbound/catalogue/catalogue.ts';
import { type ReceiptContent, type ReceiptInput, receipt } from '../../src/outbound/receipt.ts';

const UNTIL = new Date('2026-11-24T08:00:00Z');
const NOTHING_ASKED = { help: false, why: null };

function written(about: ReceiptContent, language = 'en') {
  const input: ReceiptInput = {
    ticket: { number: '1042', subject: 'Re: Card lost', status: 'closed' },
    deskName: 'Desk Support',
    languages: [language],
    zone: 'Europe/Berlin',
    agentId: '50',
    agentName: (id) => `agent ${id}`,
    departmentName: (id) => `department ${id}`,
    planName: (id) => `plan ${id}`,
    firstSeq: 17,
    actAddress: 'support+token@desk.test',
    about,
  };
  return receipt(input);
}

/** What a reader of the HTML sees, on one line. */
function wordsOf(html: string): string {
  return html
    .replace(/<style>[\s\S]*?<\/style>|<title>.*?<\/title>|<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&#34;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}

const done = (result: Extract<ReceiptContent, { kind: 'done' }>['done'][number]['result']) =>
  ({
    kind: 'done',
    done: [{ line: 1, written: '/as written', result }],
    text: null,
    notice: null,
    asks: NOTHING_ASKED,
  }) satisfies ReceiptContent;

describe('a receipt says', () => {
  test.each<[ReceiptContent, string]>([
    [done({ what: 'assigned', to: '50' }), 'It is yours now.'],
    [done({ what: 'assigned', to: '51' }), 'It is with agent 51 now.'],
    [done({ what: 'assigned', to: null }), 'Nobody has it now.'],
    [
      done({ what: 'department', to: '7', unassigned: true }),
      'It is in department 7 now, and nobody has it there yet.',
    ],
    [done({ what: 'plan', to: '3' }), 'It is under the SLA plan plan 3 now.'],
    [done({ what: 'status', to: 'resolved', until: null }), 'It is resolved now.'],
    [done({ what: 'status', to: 'on-hold', until: UNTIL }), 'It is on hold until Nov 24, 2026, 9:00 AM.'],
    [done({ what: 'tags', added: ['a'], removed: ['b'] }), '+a -b'],
    [done({ what: 'nothing' }), 'It was so already.'],
    [{ ...done({ what: 'nothing' }), text: 'ignored' }, 'was not sent to anybody'],
    [
      { ...done({ what: 'status', to: 'resolved', until: null }), notice: 'sent' },
      'It is resolved now. The requester was told.',
    ],
    [
      { ...done({ what: 'status', to: 'resolved', until: null }), notice: 'address-limit' },
      'The requester was not told: they have had as many automatic emails as one address gets for now. An answer',
    ],
    [{ kind: 'undone', results: [], notice: 'unverified-requester' }, 'was not told: nobody has vouched'],
    [
      {
        kind: 'errors',
        errors: [
          {
            line: 3,
            column: 11,
            code: 'unknown-priority',
            word: 'hihg',
            suggestion: 'high',
            allowed: ['low', 'high'],
            written: '/priority hihg',
          },
        ],
      },
      'Line 3, character 11: hihg is no priority. Did you mean high? Possible: low, high.',
    ],
    [
      { kind: 'refused', refusals: [{ line: 2, written: '/pending', reason: 'not-from-here' }] },
      'Line 2: a ticket that is closed cannot be put there. Correct this and send',
    ],
    [
      { kind: 'refused', refusals: [{ line: 1, written: '/take', reason: 'not-allowed' }] },
      'Line 1: you may not do this on this ticket. Somebody who works in its department, or an administrator, can do it.',
    ],
    [
      { kind: 'doubt', reason: 'not-all-at-top', line: 5, written: '/close' },
      'Line 5: this starts with a command, but stands below your text.',
    ],
    [{ kind: 'doubt', reason: 'html-only', line: null, written: '' }, 'commands count in plain text only'],
    [{ kind: 'undone', results: [{ what: 'priority', to: 'low' }], notice: null }, 'Its priority is low now.'],
    [{ kind: 'undone', results: [{ what: 'no-plan' }], notice: null }, 'It is under no SLA plan now.'],
    [{ kind: 'not-undone', reason: 'undone-already' }, 'It has been taken back already.'],
    [{ kind: 'not-undone', reason: 'changed-since' }, 'Somebody has changed the same thing since.'],
    [{ kind: 'released' }, 'Your held answer on #1042 was sent.'],
    [
      { kind: 'preview', done: [], text: { fate: 'sent', words: 'Dear <Karen>,\nit is done.' }, asks: NOTHING_ASKED },
      'Dear <Karen>,',
    ],
  ])('in text and HTML the same: %j', (about, words) => {
    const { text, html, subject } = written(about);
    expect(subject).toBe('Re: [#1042] Card lost');
    expect(text.replace(/\s+/g, ' ')).toContain(words);
    expect(wordsOf(html)).toContain(words);
  });

  test('how to take back what was done, and offers it only then', () => {
    const link = 'mailto:support%2Btoken@desk.test?subject=%2Fundo%20%231042&body=%2Fundo%2017';
    const { text, html } = written(done({ what: 'priority', to: 'high' }));
    expect(text).toContain(link);
    expect(html).toContain(link.replace('&', '&amp;'));
    for (const about of [
      done({ what: 'nothing' }),
      done({ what: 'note' }),
      { kind: 'undone', results: [], notice: null } satisfies ReceiptContent,
    ]) {
      expect(written(about).text).not.toContain('mailto:');
    }
  });

  test.each(Object.keys(LANGUAGES))('every command in the help, in language %s', (language) => {
    const { text } = written(
      { kind: 'done', done: [], text: null, notice: null, asks: { help: true, why: [] } },
      language,
    );
    for (const word of ['/take', '/assign WHO', '/hold [TIME]', '/cc', '/send', '/undo']) expect(text).toContain(word);
  });

  test('words of an agent’s line on one line, whatever they are', () => {
    const about = done({ what: 'nothing' });
    const line = { line: 1, written: '/note a\u2028b\u0007 <script>', result: { what: 'note' as const } };
    const { text, html } = written({ ...about, done: [line] });
    expect(text).toContain('/note a b <script>\n');
    expect(html).not.toContain('<script>');
  });
});
