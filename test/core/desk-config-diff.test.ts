import { describe, expect, test } from 'vitest';
import {
  type ConfigChange,
  type ConfigObject,
  configObjects,
  configSections,
  diffConfiguration,
  orderConfiguration,
} from '../../src/core/desk-config-diff.ts';

const team = (key: string, ...agents: string[]): ConfigObject => ({ kind: 'team', key, spec: { name: key, agents } });
const rule = (key: string, stop?: boolean): ConfigObject => ({
  kind: 'rule',
  key,
  spec: stop === undefined ? { name: key } : { name: key, stop },
});
const given = (...objects: ConfigObject[]) => ({ kinds: new Set(objects.map(({ kind }) => kind)), objects });

const CASES: [name: string, stored: ConfigObject[], file: ReturnType<typeof given>, changes: ConfigChange[]][] = [
  ['nothing stored, nothing given', [], given(), []],
  ['the same again', [team('a', 'x')], given(team('a', 'x')), []],
  ['a section that is missing is left alone', [team('a'), rule('r')], given(rule('r')), []],
  [
    'an object more',
    [team('a')],
    given(team('a'), team('b', 'x')),
    [{ action: 'add', kind: 'team', key: 'b', spec: { name: 'b', agents: ['x'] } }],
  ],
  [
    'an object in front moves nobody',
    [team('b')],
    given(team('a'), team('b')),
    [{ action: 'add', kind: 'team', key: 'a', spec: { name: 'a', agents: [] } }],
  ],
  ['an object less', [team('a'), team('b')], given(team('a')), [{ action: 'remove', kind: 'team', key: 'b' }]],
  [
    'an emptied section',
    [team('a')],
    { kinds: new Set(['team']), objects: [] },
    [{ action: 'remove', kind: 'team', key: 'a' }],
  ],
  [
    'a field changed, with its place',
    [{ kind: 'mailbox', key: 'm', spec: { imap: { host: 'a', port: 993 }, aliases: ['x'] } }],
    given({ kind: 'mailbox', key: 'm', spec: { imap: { host: 'a', port: 143 }, aliases: ['x'], fromName: 'M' } }),
    [
      {
        action: 'change',
        kind: 'mailbox',
        key: 'm',
        spec: { imap: { host: 'a', port: 143 }, aliases: ['x'], fromName: 'M' },
        fields: [
          { field: 'imap.port', from: 993, to: 143 },
          { field: 'fromName', from: undefined, to: 'M' },
        ],
      },
    ],
  ],
  [
    'a field dropped',
    [rule('a', true)],
    given(rule('a')),
    [
      {
        action: 'change',
        kind: 'rule',
        key: 'a',
        spec: { name: 'a' },
        fields: [{ field: 'stop', from: true, to: undefined }],
      },
    ],
  ],
  [
    'a list is one value, and its order counts',
    [team('a', 'x', 'y')],
    given(team('a', 'y', 'x')),
    [
      {
        action: 'change',
        kind: 'team',
        key: 'a',
        spec: { name: 'a', agents: ['y', 'x'] },
        fields: [{ field: 'agents', from: ['x', 'y'], to: ['y', 'x'] }],
      },
    ],
  ],
  [
    'the order of fields says nothing, also inside lists',
    [{ kind: 'rule', key: 'a', spec: { name: 'A', parts: [{ assign: { team: 't', strategy: 'manual' } }] } }],
    given({ kind: 'rule', key: 'a', spec: { parts: [{ assign: { strategy: 'manual', team: 't' } }], name: 'A' } }),
    [],
  ],
  [
    'another order of the same objects',
    [rule('a'), rule('b'), rule('c')],
    given(rule('c'), rule('a'), rule('b')),
    [{ action: 'reorder', kind: 'rule', keys: ['c', 'a', 'b'] }],
  ],
  [
    'the same key in another section is another object',
    [team('a')],
    given(team('a'), rule('a')),
    [{ action: 'add', kind: 'rule', key: 'a', spec: { name: 'a' } }],
  ],
];

describe('what a file changes', () => {
  test.each(CASES)('%s', (_name, stored, file, changes) => {
    expect(diffConfiguration(stored, file)).toEqual(changes);
  });
});

test('what a file does not name stays behind what it names', () => {
  expect(orderConfiguration([rule('x'), rule('a'), team('t')], given(rule('b'), rule('a')))).toEqual([
    { kind: 'rule', keys: ['b', 'a', 'x'] },
  ]);
});

test('sections become objects and sections again', () => {
  const file = { version: 1, desk: { name: 'Desk' }, teams: [{ key: 'a', name: 'A', agents: [] }], rules: [] } as const;
  const { kinds, objects } = configObjects({ ...file, teams: [{ key: 'a', name: 'A', agents: [] }], rules: [] });
  expect([...kinds]).toEqual(['desk', 'team', 'rule']);
  expect(objects).toEqual([
    { kind: 'desk', key: 'desk', spec: { name: 'Desk' } },
    { kind: 'team', key: 'a', spec: { name: 'A', agents: [] } },
  ]);
  expect(configSections(objects)).toEqual({ version: 1, desk: file.desk, teams: file.teams });
});
