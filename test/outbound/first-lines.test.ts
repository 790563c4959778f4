import { expect, test } from 'vitest';
import { firstLines } from '../../src/outbound/first-lines.ts';
import { reply } from '../../src/outbound/reply.ts';

const ROOM = { linesMax: 10, charactersMax: 1000 };
const LISTING = 'server:\n    port: 80\n\ttls:  on\n| 1 |  2 |';

test.each<[name: string, text: string, lines: string[]]>([
  ['a listing keeps its shape', LISTING, ['server:', '    port: 80', '    tls:  on', '| 1 |  2 |']],
  ['so does its first line', '\n \n    indented\n  less\n', ['    indented', '  less']],
  ['what no line may hold is a space', 'a\u0000b\u202ec\ud800', ['a b c\ufffd']],
  ['nothing is no line', ' \n\t\n', []],
])('%s', (_name, text, lines) => {
  expect(firstLines(text, ROOM)).toEqual({ lines, moreCount: 0 });
});

test('more than there is room for is cut, and how much is said', () => {
  expect(firstLines('a\n\nb\nc', { linesMax: 2, charactersMax: 100 })).toEqual({ lines: ['a', ''], moreCount: 2 });
  expect(firstLines('abcdef\ng', { linesMax: 9, charactersMax: 3 })).toEqual({ lines: ['abc…'], moreCount: 1 });
});

test('HTML shows it in that shape, too', () => {
  const { html } = reply({
    ticketNumber: '1001',
    ticketSubject: 'Server',
    deskName: 'Desk',
    languages: ['en'],
    text: `${LISTING}\n<b>  &`,
    status: 'open',
  });
  const shape = html.replaceAll('\u00a0', '_');
  expect(shape).toContain('server:<br>\n___ port: 80<br>\n___ tls:_ on<br>\n| 1 |_ 2 |<br>\n&lt;b&gt;_ &amp;');
});
