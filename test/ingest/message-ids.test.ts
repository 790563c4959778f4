import { expect, test } from 'vitest';
import { readMessageIds, readReferences } from '../../src/ingest/message-ids.ts';
import { cpuStopwatch } from '../support/cpu-stopwatch.ts';

test.for<[string, string, string[]]>([
  ['one in brackets', '<a@x>', ['a@x']],
  ['several, folded', '<a@x>\r\n\t<b@x>', ['a@x', 'b@x']],
  ['a fold inside the brackets', '<aaaa\r\n bbbb@x>', ['aaaabbbb@x']],
  ['words around it', 'Your message of "Mon, 23 Nov" <a@x>', ['a@x']],
  ['without brackets', 'a@x, b@y', ['a@x', 'b@y']],
  ['a word that is no id', 'yesterday', []],
  ['nothing between the brackets', '<>', []],
  ['without a domain, as some mobile clients write', '<AF12-99>', ['AF12-99']],
  ['an unclosed bracket', '<a@x> <b@y', ['a@x']],
])('ids are read as they are sent: %s', ([, value, ids]) => {
  expect(readMessageIds(value)).toEqual(ids);
});

test('an id longer than a line may be is none', () => {
  expect(readMessageIds(`<${'a'.repeat(2000)}@x>`)).toEqual([]);
});

test('case 30: 20,000 references are cut to the newest 500 in bounded time', () => {
  const value = Array.from({ length: 20_000 }, (_, at) => `<${at}@x>`).join(' ');
  const spentMs = cpuStopwatch();
  const { ids, cut } = readReferences([value]);
  expect(spentMs()).toBeLessThan(500);
  expect(ids).toHaveLength(500);
  expect(ids.at(-1)).toBe('19999@x');
  expect(cut).toBe(true);
});
