import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command, CommandContext } from '../../src/core/command-line.ts';
import { COMMAND_WORDS, commandWordOf } from '../../src/core/command-words.ts';
import { readCommands } from '../../src/core/commands.ts';
import type { InboundMail } from '../../src/core/inbound-mail.ts';
import { trimReply } from '../../src/ingest/trim/trim.ts';
import { inboundMail } from '../support/inbound-mail.ts';

const CONTEXT: CommandContext = {
  // A Monday.
  now: new Date('2026-11-23T16:00:00Z'),
  zone: 'Europe/Berlin',
  agents: [
    { personId: '50', key: 'john', name: 'John Smith', addresses: ['john@desk.test'] },
    { personId: '51', key: 'jane', name: 'Jane Doe', addresses: ['jane@desk.test', 'j.doe@desk.test'] },
    { personId: '52', key: 'jdoe', name: 'Jack Doe', addresses: ['jack@desk.test'] },
  ],
  departments: [
    { id: '100', key: 'general', name: 'Support' },
    { id: '101', key: 'banking', name: 'Online Banking' },
  ],
  slaPlans: [{ id: '300', key: 'gold', name: 'Gold Customers' }],
};

const mailOf = (text: string, differs: Partial<InboundMail> = {}) =>
  inboundMail({ text, ...trimReply(text, 'Re: it'), ...differs });
/** With the new text that remains instead of where it begins. */
const read = (written: string, differs: Partial<InboundMail> = {}) => {
  const mail = mailOf(written, differs);
  const reading = readCommands(mail, CONTEXT);
  if (reading.outcome !== 'commands') return reading;
  const { textFrom, ...rest } = reading;
  const remaining = mail.spans.filter(({ kind, to }) => kind === 'reply' && to > textFrom);
  const text = remaining.map(({ from, to }) => mail.text.slice(Math.max(from, textFrom), to)).join('');
  return { ...rest, text: text.trimEnd() };
};
const commandsOf = (text: string): Command[] => {
  const reading = read(text);
  return reading.outcome === 'commands' ? reading.commands.map(({ command }) => command) : [];
};
const until = (iso: string | null) => (iso === null ? null : new Date(iso));

describe('one line', () => {
  test.each<[string, Command]>([
    ['/take', { name: 'take' }],
    ['  /TAKE  ', { name: 'take' }],
    ['\ufeff/take', { name: 'take' }],
    ['/away', { name: 'away', until: null }],
    ['/away 2h', { name: 'away', until: until('2026-11-23T18:00:00Z') }],
    ['/away fri 8:00', { name: 'away', until: until('2026-11-27T07:00:00Z') }],
    ['/back', { name: 'back' }],
    ['/assign jane', { name: 'assign', agentId: '51' }],
    ['/assign Jane Doe', { name: 'assign', agentId: '51' }],
    ['/assign "jane doe"', { name: 'assign', agentId: '51' }],
    ['/assign Jack', { name: 'assign', agentId: '52' }],
    ['/assign @john', { name: 'assign', agentId: '50' }],
    ['/assign J.Doe@desk.test', { name: 'assign', agentId: '51' }],
    ['/assign <john@desk.test>', { name: 'assign', agentId: '50' }],
    ['/assign john@desk.test<mailto:john@desk.test>', { name: 'assign', agentId: '50' }],
    ['/assign me', { name: 'take' }],
    ['/assign nobody', { name: 'assign', agentId: null }],
    ['/dept banking', { name: 'dept', departmentId: '101' }],
    ['/dept Online Banking', { name: 'dept', departmentId: '101' }],
    ['/priority URGENT', { name: 'priority', priority: 'urgent' }],
    ['/sla gold', { name: 'sla', slaPlanId: '300' }],
    ['/sla gold customers', { name: 'sla', slaPlanId: '300' }],
    ['/status open', { name: 'status', status: 'open', until: null }],
    ['/status on-hold', { name: 'status', status: 'on-hold', until: null }],
    ['/status hold 2h', { name: 'status', status: 'on-hold', until: until('2026-11-23T18:00:00Z') }],
    ['/pending', { name: 'status', status: 'pending', until: null }],
    ['/hold fri', { name: 'status', status: 'on-hold', until: until('2026-11-27T08:00:00Z') }],
    ['/resolve', { name: 'status', status: 'resolved', until: null }],
    ['/close', { name: 'status', status: 'closed', until: null }],
    ['/reopen', { name: 'status', status: 'open', until: null }],
    ['/tag +Mobile -fraud vip', { name: 'tag', add: ['mobile', 'vip'], remove: ['fraud'] }],
    ['/tag a,b, -c', { name: 'tag', add: ['a', 'b'], remove: ['c'] }],
    ['/cc +Karl@Customer.Test -max@x.test', { name: 'cc', add: ['Karl@customer.test'], remove: ['max@x.test'] }],
    ['/cc karl@x.test<mailto:karl@x.test>', { name: 'cc', add: ['karl@x.test'], remove: [] }],
    ['/note', { name: 'note', text: null }],
    ['/note she called  again', { name: 'note', text: 'she called again' }],
    ['/undo', { name: 'undo', seq: null }],
    ['/undo 17', { name: 'undo', seq: 17 }],
    ['/preview', { name: 'preview' }],
    ['/why', { name: 'why' }],
    ['/help assign', { name: 'help' }],
    ['/send', { name: 'send', seq: null }],
    ['/send 17', { name: 'send', seq: 17 }],
  ])('%s', (line, command) => {
    expect(commandsOf(`${line}\n`)).toEqual([command]);
  });

  test.each<[string, string | null]>([
    ['2h', '2026-11-23T18:00:00Z'],
    ['1h30m', '2026-11-23T17:30:00Z'],
    ['3d', '2026-11-26T16:00:00Z'],
    ['2w', '2026-12-07T16:00:00Z'],
    ['18:30', '2026-11-23T17:30:00Z'],
    ['17:00', '2026-11-24T16:00:00Z'],
    ['7pm', '2026-11-23T18:00:00Z'],
    ['today 18:30', '2026-11-23T17:30:00Z'],
    ['tomorrow', '2026-11-24T08:00:00Z'],
    ['tomorrow 9:30', '2026-11-24T08:30:00Z'],
    ['Monday', '2026-11-30T08:00:00Z'],
    ['tue 12am', '2026-11-23T23:00:00Z'],
    ['2026-12-01', '2026-12-01T08:00:00Z'],
    ['2027-07-01 14:15', '2027-07-01T12:15:00Z'],
  ])('/pending %s', (time, expected) => {
    expect(commandsOf(`/pending ${time}`)).toEqual([{ name: 'status', status: 'pending', until: until(expected) }]);
  });

  test.each<[line: string, code: string, column: number, more: object]>([
    ['/resove', 'unknown-command', 1, { suggestion: '/resolve' }],
    ['/xyzzy plugh', 'unknown-command', 1, { suggestion: null }],
    ['/etc/hosts is wrong', 'unknown-command', 1, {}],
    ['/', 'unknown-command', 1, {}],
    ['//take', 'unknown-command', 1, {}],
    ['/merge 1002', 'not-available', 1, {}],
    ['/take it', 'not-expected', 7, { word: 'it' }],
    ['/assign', 'missing', 9, { word: '' }],
    ['/assign jnae', 'unknown-agent', 9, { suggestion: 'jane' }],
    ['  /assign Doe', 'ambiguous-agent', 11, { allowed: ['jane', 'jdoe'] }],
    ['/dept bankign', 'unknown-department', 7, { suggestion: 'banking', allowed: ['general', 'banking'] }],
    ['/priority hihg', 'unknown-priority', 11, { suggestion: 'high' }],
    ['/sla golt', 'unknown-plan', 6, { suggestion: 'gold', allowed: ['gold'] }],
    ['/sla', 'missing', 6, { allowed: ['gold'] }],
    ['/priority', 'missing', 11, { allowed: ['low', 'normal', 'high', 'urgent'] }],
    ['/priority high please', 'not-expected', 16, { word: 'please' }],
    ['/status new', 'unknown-status', 9, {}],
    ['/status constructor', 'unknown-status', 9, {}],
    ['/status open 2h', 'not-expected', 14, {}],
    ['/pending tomorow', 'unknown-time', 10, { suggestion: 'tomorrow' }],
    ['/pending tomorrow 25:00', 'unknown-time', 19, {}],
    ['/pending tomorrow 9:00 sharp', 'unknown-time', 24, {}],
    ['/hold 2026-02-30', 'unknown-time', 7, {}],
    ['/hold today 9:00', 'past-time', 7, {}],
    ['/hold 2020-01-01', 'past-time', 7, {}],
    ['/hold 400d', 'far-time', 7, {}],
    ['/hold 999999d', 'far-time', 7, {}],
    ['/tag', 'missing', 6, {}],
    ['/tag +', 'bad-tag', 6, {}],
    ['/tag +a -a', 'said-twice', 9, {}],
    ['/cc +karl', 'bad-address', 5, { word: '+karl' }],
    ['/cc +karl@x.test\u0000y', 'bad-address', 5, {}],
  ])('%s is an error that names its place', (line, code, column, more) => {
    expect(read(`/take\n\n${line}\n\nThe answer.\n`)).toMatchObject({
      outcome: 'errors',
      errors: [{ line: 3, code, column, ...more }],
    });
  });
});

describe('the block', () => {
  test('takes several lines, and empty lines between them do not matter', () => {
    expect(read('\n/take\n\n  \n/tag +a\n/resolve\n\nDone, Karen.\n\nBye\n')).toEqual({
      outcome: 'commands',
      commands: [
        { command: { name: 'take' }, line: 2, written: '/take' },
        { command: { name: 'tag', add: ['a'], remove: [] }, line: 5, written: '/tag +a' },
        { command: { name: 'status', status: 'resolved', until: null }, line: 6, written: '/resolve' },
      ],
      text: 'Done, Karen.\n\nBye',
    });
  });

  test('leaves quote and signature out of the text', () => {
    const text = '/resolve\n\nDone.\n\n-- \nJohn\n/take\n\nOn Mon, 2 Nov 2026, Karen wrote:\n> /close\n> Help!\n';
    expect(read(text)).toMatchObject({ outcome: 'commands', commands: [{ line: 1 }], text: 'Done.' });
  });

  test('a long command is told apart from the text by an empty line, a short one without', () => {
    const note = '/note she has called three times today and is really very angry';
    expect(read(`${note}\n\nDone.\n`)).toMatchObject({ outcome: 'commands', text: 'Done.' });
    expect(read('/take\nDone.\n')).toMatchObject({ outcome: 'commands', text: 'Done.' });
  });

  test('commands alone leave no text', () => {
    expect(read('/take\n\nOn Mon, 2 Nov 2026, Karen wrote:\n> Help!\n')).toMatchObject({
      outcome: 'commands',
      text: '',
    });
  });

  test('without a line that starts with a slash there is nothing to read', () => {
    expect(read('Hello Karen,\nsee /etc/hosts\n/etc/hosts is a file\n')).toEqual({ outcome: 'none' });
    expect(read('')).toEqual({ outcome: 'none' });
  });

  test('AG-09: one bad line among five and there are only errors', () => {
    const reading = read('/take\n/tag +a\n/prio high\n/resolve\n/hold never\n\nDone.\n');
    expect(reading).toMatchObject({ outcome: 'errors', errors: [{ line: 3 }, { line: 5 }] });
  });

  test.each([
    ['/resolve\n/close', 2],
    ['/take\n/assign jane', 2],
    ['/note a\n/take\n/note b', 3],
    ['/priority low\n/priority low', 2],
  ])('%j decides the same thing twice', (text, line) => {
    expect(read(text)).toMatchObject({ outcome: 'errors', errors: [{ code: 'said-twice', line }] });
  });

  test.each(['/undo\n/take', '/take\n/send'])('%j: what undoes or sends stands alone', (text) => {
    expect(read(text)).toMatchObject({ outcome: 'errors', errors: [{ code: 'stands-alone' }] });
  });

  test('forty lines are enough', () => {
    expect(read('/tag a\n'.repeat(41))).toMatchObject({ outcome: 'errors', errors: [{ code: 'too-many', line: 41 }] });
  });
});

describe('AG-07, AG-08: a command where none is taken from', () => {
  test.each<[string, string, Partial<InboundMail>, object]>([
    ['below words', 'Done.\n/close\n', {}, { reason: 'further-down', line: 2 }],
    ['below other commands and words', '/take\nDone.\n/close\n', {}, { reason: 'not-all-at-top', line: 3 }],
    [
      'that a mail program may have broken in two',
      '/note she has called three times today and is really very\nangry\n\nDone.\n',
      {},
      { reason: 'may-be-wrapped', line: 2 },
    ],
    [
      'below a quote',
      'On Mon, 2 Nov 2026, Karen wrote:\n> Help!\n> Please!\n\n/close\n',
      {},
      { reason: 'further-down', line: 5 },
    ],
    [
      'in text that was read from HTML',
      '/close\n',
      { html: '<p>/close</p>', defects: [{ code: 'text-from-html', detail: '' }] },
      { reason: 'html-only', line: 1 },
    ],
    [
      'in the HTML alone',
      'Done.\n',
      { html: '<html><head><title>x</title></head><body><div>&#47;close</div>Done.</body>' },
      { reason: 'html-only', line: null },
    ],
    ['in the text alone (case 65)', '/close\n\nDone.\n', { html: '<p>Done.</p>' }, { reason: 'parts-differ', line: 1 }],
    [
      'other than in the HTML',
      '/tag +a\n\nDone.\n',
      { html: '<p>/tag +b</p><p>Done.</p>' },
      { reason: 'parts-differ', line: 1 },
    ],
  ])('%s is doubt', (_, text, differs, expected) => {
    expect(read(text, differs)).toEqual({ outcome: 'doubt', ...expected });
  });

  test.each([
    '<div>/take</div><div><br></div><div>/tag +a&nbsp;</div><div>Done.</div>',
    '<!-- x --><style>p { color: red }</style><p>/<span>take</span></p>\n<p>/tag +a</p>Done.',
    '<P CLASS=MsoNormal>/take<o:p></o:p></P><P>/tag&#32;+a</P><hr>Done.',
  ])('%s says the same', (html) => {
    expect(read('/take\n\n/tag +a\nDone.\n', { html })).toMatchObject({ outcome: 'commands', text: 'Done.' });
  });
});

describe('whatever it is given', () => {
  const line = fc.oneof(
    fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 30 }),
    fc
      .tuple(fc.constantFrom(' ', '', '\t', '\u200b', '> '), fc.constantFrom(...COMMAND_WORDS), fc.string())
      .map(([before, word, after]) => `${before}/${word} ${after}`),
    fc.constantFrom(
      '',
      'Hello',
      '-- ',
      '> quoted',
      'On Mon, 2 Nov 2026, Karen wrote:',
      '/take',
      '/resolve',
      '/hold 2h',
    ),
  );
  const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));

  test('it never throws, and what starts with a known command is never in the remaining text', () => {
    fc.assert(
      fc.property(text, (written) => {
        const reading = read(written);
        if (reading.outcome !== 'commands') return;
        expect(
          reading.text
            .split('\n')
            .map(commandWordOf)
            .filter((word) => word !== null),
        ).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('without doubt or commands no line of the new text starts with a known command', () => {
    fc.assert(
      fc.property(text, (written) => {
        const mail = mailOf(written);
        if (readCommands(mail, CONTEXT).outcome !== 'none') return;
        for (const { kind, from, to } of mail.spans) {
          if (kind !== 'reply') continue;
          expect(
            mail.text
              .slice(from, to)
              .split('\n')
              .map(commandWordOf)
              .filter((word) => word !== null),
          ).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['slashes', '/'.repeat(100_000)],
    ['lines', '/take\n'.repeat(20_000)],
    ['spaces', `/take${' '.repeat(100_000)}`],
    ['a long word', `/assign ${'a'.repeat(100_000)}`],
  ])('many %s take little time', (_, written) => {
    const before = process.cpuUsage();
    read(written, { html: `<style>${'<style></style>'.repeat(4_000)}` });
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1_000);
  });
});
