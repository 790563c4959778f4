import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConfigObject, configObjects } from '../../src/core/desk-config-diff.ts';
import { formatFileProblem, readDeskFile, writeDeskFile } from '../../src/core/desk-config-file.ts';

/** A mailbox without faults, two spaces deep; `extra` lines are added to it. */
const mailbox = (
  extra = '',
  imap = '{ host: imap.desk.example, user: support, password: { env: SECRET } }',
) => `mailboxes:
  - key: support
    address: support@desk.example
    department: general
    imap: ${imap}
    smtp: { host: smtp.desk.example }
${extra}`;

const rule = (when: string, then = '[{ addTag: x }]') =>
  `version: 1\nrules:\n  - key: a\n    when: ${when}\n    then: ${then}\n`;
const calendar = (hours: string) =>
  `version: 1\ncalendars:\n  - key: office\n    timezone: Europe/Berlin\n    hours:\n${hours}`;

/** `▸` stands right before the place where the fault must be reported. */
const FAULTS: [name: string, text: string, message: string][] = [
  // YAML itself
  ['a tab as indentation', 'version: 1\ndesk:\n▸\tname: x\n', 'a tab stands here: indent with spaces'],
  ['a name twice in a group', 'version: 1\n▸version: 1\n', 'already stands in the same group'],
  ['an alias', 'version: 1\ndesk: { name: &a x, language: ▸*a }\n', 'aliases are not supported'],
  ['an alias that was never set', 'version: 1\ndesk: { name: ▸*hunter2 }\n', 'aliases are not supported'],
  ['a bomb of aliases', 'version: 1\na: &a [x]\nb: &b [▸*a, *a]\nc: [*b, *b]\n', 'aliases are not supported'],
  ['a tag', 'version: 1\ndesk: { name: ▸!secret x }\n', 'begins with !'],
  ['an open bracket', 'version: 1\nagents: [\n▸', 'opened above is not closed'],
  ['a second document', 'version: 1\n▸---\nversion: 1\n', 'several documents'],
  ['text instead of sections', '▸hello\n', 'expected sections'],
  ['brackets without end', `${'['.repeat(5000)}`, ''],
  // Shape
  ['no version', '▸desk: { name: x }\n', 'missing version: expected 1'],
  ['a version of the future', 'version: ▸2\n', 'only version this release knows'],
  ['a misspelt section', 'version: 1\n▸mailboxs: []\n', 'unknown field "mailboxs"; did you mean "mailboxes"?'],
  [
    'a misspelt field',
    'version: 1\ndepartments:\n  - { key: a, nmae: A, ▸mialbox: b, mailbox: b }\n',
    'did you mean "mailbox"?',
  ],
  ['a list where a group belongs', 'version: 1\ndesk: ▸[]\n', 'expected fields: name'],
  ['a group where a list belongs', 'version: 1\nagents: ▸{ john: x }\n', 'expected a list'],
  ['a number as a name', 'version: 1\nteams:\n  - { key: a, name: ▸500, agents: [] }\n', 'put it in quotes'],
  ['a key with capitals', 'version: 1\nteams:\n  - { key: ▸Tier1, name: x, agents: [] }\n', 'lower-case letters'],
  [
    'a port as text',
    `version: 1\n${mailbox('', '{ host: h.example, port: ▸"993", user: a, password: { env: S } }')}`,
    'whole number from 1 to 65535',
  ],
  [
    'a port out of range',
    `version: 1\n${mailbox('', '{ host: h.example, port: ▸70000, user: a, password: { env: S } }')}`,
    'from 1 to 65535',
  ],
  [
    'a host with a port',
    `version: 1\n${mailbox('', '{ host: ▸"h.example:993", user: a, password: { env: S } }')}`,
    'without a port',
  ],
  [
    'a wrong word',
    `version: 1\n${mailbox('    returnPath: ▸mailboks')}`,
    'expected token or mailbox; did you mean "mailbox"?',
  ],
  [
    'an address that is none',
    'version: 1\nagents:\n  - { key: a, name: A, role: agent, emails: [▸john] }\n',
    'expected a mail address',
  ],
  [
    'no address at all',
    'version: 1\nagents:\n  - { key: a, name: A, role: agent, emails: ▸[] }\n',
    'at least one address',
  ],
  [
    'a missing field',
    'version: 1\nagents:\n  - ▸{ key: a, name: A, emails: [a@b.example] }\n',
    'missing role: expected agent, lead or admin',
  ],
  ['a zone that is none', 'version: 1\ndesk: { timezone: ▸Berlin }\n', 'IANA time zone'],
  ['a language that is none', 'version: 1\ndesk: { language: ▸english_uk }\n', 'language tag'],
  ['a duration without unit', 'version: 1\ndesk: { closeResolvedAfter: ▸7 }\n', 'expected a duration'],
  ['a duration of no time', 'version: 1\ndesk: { closeResolvedAfter: ▸0d }\n', 'such as 7d'],
  [
    'days in business time',
    'version: 1\nslaPlans:\n  - { key: a, name: A, calendar: always, targets: { resolution: { low: ▸2d } } }\n',
    'expected a duration in h, m',
  ],
  ['a day that does not exist', `version: 1\n${mailbox('    importSince: ▸2026-02-30')}`, 'such as 2026-12-31'],
  ['an unknown choice of object', `version: 1\n${mailbox('    afterReceipt: ▸{ mov: Done }')}`, 'did you mean "move"?'],
  [
    'an unknown proof',
    `version: 1\n${mailbox('    authentication: [▸{ result: mx.example }]')}`,
    'did you mean "results"?',
  ],
  [
    'a field too many in a choice',
    `version: 1\n${mailbox('    authentication: [{ results: mx.example, ▸host: x }]')}`,
    'unknown field "host"',
  ],
  // Secrets
  [
    'a password in the file',
    `version: 1\n${mailbox('', '{ host: h.example, user: a, password: ▸hunter2 }')}`,
    'a secret is never written here',
  ],
  [
    'a password as a number',
    `version: 1\n${mailbox('', '{ host: h.example, user: a, password: ▸12345678 }')}`,
    'a secret is never written here',
  ],
  [
    'a password in a group',
    `version: 1\n${mailbox('', '{ host: h.example, user: a, password: ▸{ value: hunter2 } }')}`,
    'a secret is never written here',
  ],
  [
    'a password as a variable name',
    `version: 1\n${mailbox('', '{ host: h.example, user: a, password: { env: ▸"hunter2!" } }')}`,
    'name of an environment variable',
  ],
  [
    'a secret file by a relative path',
    `version: 1\n${mailbox('', '{ host: h.example, user: a, password: { file: ▸secret } }')}`,
    'an absolute path',
  ],
  // Meaning
  [
    'a department that does not exist',
    `version: 1\n${mailbox().replace('general', '▸genral')}departments: [{ key: general, name: G, mailbox: support }]\n`,
    'no department "genral"; did you mean "general"?',
  ],
  [
    'a mailbox that does not exist',
    `version: 1\n${mailbox()}departments:\n  - key: general\n    name: G\n    mailbox: ▸suport\n`,
    'no mailbox "suport"; did you mean "support"?',
  ],
  [
    'an SLA plan of an empty section',
    'version: 1\nslaPlans: []\ndepartments: [{ key: a, name: A, mailbox: m, slaPlan: ▸gold }]\n',
    'no SLA plan "gold"; slaPlans has none yet',
  ],
  [
    'a team of strangers',
    'version: 1\nagents: [{ key: john, name: J, emails: [j@b.example], role: agent }]\nteams: [{ key: t, name: T, agents: [john, ▸jon] }]\n',
    'no agent "jon"; did you mean "john"?',
  ],
  [
    'a deputy for oneself',
    'version: 1\nagents: [{ key: john, name: J, emails: [j@b.example], role: agent, deputy: ▸john }]\n',
    'stand in for themselves',
  ],
  [
    'deputies in a circle',
    `version: 1
agents:
  - { key: ann, name: A, emails: [a@b.example], role: agent, deputy: john }
  - { key: john, name: J, emails: [j@b.example], role: agent, deputy: kim }
  - { key: kim, name: K, emails: [k@b.example], role: agent, deputy: ▸john }
`,
    'deputies in a circle (john → kim → john): name somebody else',
  ],
  [
    'a key twice',
    'version: 1\nteams:\n  - { key: a, name: A, agents: [] }\n  - { key: ▸a, name: B, agents: [] }\n',
    'another team has the key "a"',
  ],
  [
    'an address twice',
    'version: 1\nagents:\n  - { key: a, name: A, role: agent, emails: [x@b.example] }\n  - { key: b, name: B, role: agent, emails: [▸X@B.example] }\n',
    'is in emails of agent a already',
  ],
  [
    'an agent at the address of the desk',
    `version: 1\n${mailbox()}agents: [{ key: a, name: A, role: agent, emails: [▸support@desk.example] }]\n`,
    'is in address of mailbox support already',
  ],
  [
    'a bare line to another machine',
    `version: 1\n${mailbox('', '{ host: h.example, tls: ▸none, user: a, password: { env: S } }')}`,
    'only allowed to this machine itself',
  ],
  ['a login without a secret', `version: 1\n${mailbox('', '▸{ host: h.example, user: a }')}`, 'missing password'],
  ['a reply address without a token', `version: 1\n${mailbox('    replyAddress: ▸support@desk.example')}`, '{token}'],
  [
    'a reply address that is too long',
    `version: 1\n${mailbox('    replyAddress: ▸"customer-service-team+{token}@desk.example"')}`,
    'more than 64 octets before the @; this would work: "support+{token}@desk.example"',
  ],
  [
    'an address that is too long to reply to',
    `version: 1\n${mailbox().replace('support@', '▸customer-service-team@')}`,
    '{token}@reply.desk.example',
  ],
  [
    'a choice without choices',
    'version: 1\ntopics: [{ key: t, name: T, department: d, fields: [▸{ key: f, label: F, type: choice }] }]\n',
    'missing choices',
  ],
  ['an unknown day', calendar('      ▸mon-friday: ["09:00-17:00"]\n'), 'did you mean "monday-friday"?'],
  [
    'ranges over the same day',
    calendar('      monday-friday: ["09:00-17:00"]\n      friday-sunday: ▸["10:00-14:00"]\n'),
    'friday lies in monday-friday as well',
  ],
  ['frames that overlap', calendar('      monday: ["09:00-13:00", ▸"12:00-17:00"]\n'), 'overlaps'],
  ['a frame that is none', calendar('      monday: [▸"9-17"]\n'), 'expected a time frame'],
  [
    'a holiday without a day',
    'version: 1\ncalendars: [{ key: a, timezone: UTC, hours: {}, holidays: [▸{ name: X }] }]\n',
    'either date',
  ],
  ['an unknown field in a rule', rule('{ field: ▸subjct, is: x }'), 'did you mean "subject"?'],
  ['an unknown operator', rule('{ field: subject, ▸contians: x }'), 'did you mean "contains"?'],
  ['two operators', rule('▸{ field: subject, is: x, word: y }'), 'expected one operator, found is and word'],
  ['a priority that is none', rule('{ field: priority, atLeast: ▸hihg }'), 'did you mean "high"?'],
  [
    'a kind of mail that is none',
    rule('{ field: mailKind, in: [bounce, ▸newsletter] }'),
    'expected person, auto-reply',
  ],
  ['an expression that RE2 does not know', rule("{ field: subject, matches: ▸'(?=a)b' }"), 'look-around'],
  ['an expression that is none', rule("{ field: subject, matches: ▸'(a' }"), 'not a regular expression'],
  ['an unknown action', rule('{ field: subject, is: x }', '[▸{ setPriorty: high }]'), 'did you mean "setPriority"?'],
  [
    'two actions in one',
    rule('{ field: subject, is: x }', '[▸{ setPriority: high, stop: true }]').replace(
      '▸{ setPriority: high, stop',
      '{ setPriority: high, ▸stop',
    ),
    'unknown field "stop"',
  ],
  [
    'a threshold that is none',
    'version: 1\nslaPlans: [{ key: a, name: A, calendar: always, targets: {}, escalations: [{ target: any, at: ▸soon, do: [{ notify: assignee }] }] }]\n',
    '50%, breach or breach + 2h',
  ],
];

describe('a fault is told at its line and column, with what was expected', () => {
  test.each(FAULTS)('%s', (_name, marked, message) => {
    const at = marked.indexOf('▸');
    const before = marked.slice(0, Math.max(0, at)).split('\n');
    const read = readDeskFile(marked.replace('▸', ''), { stored: null, prune: false });
    if (read.outcome === 'sound') throw new Error('the file was found sound');
    const told = read.problems.map((problem) => formatFileProblem('docket.yaml', problem));
    const place = at < 0 ? 'docket.yaml:1:' : `docket.yaml:${before.length}:${(before.at(-1) ?? '').length + 1} `;
    expect(
      told.filter((line) => line.startsWith(place) && line.includes(message)),
      told.join('\n'),
    ).toHaveLength(at < 0 ? told.length : 1);
  });

  test('every fault at once, in the order of the file', () => {
    const read = readDeskFile(
      'version: 1\ndesk: { timezone: Mars, langauge: en }\nteams:\n  - { key: A, name: A, agents: [john] }\nagents: []\n',
      { stored: null, prune: false },
    );
    const told =
      read.outcome === 'faulty' ? read.problems.map((problem) => formatFileProblem('docket.yaml', problem)) : [];
    expect(told).toEqual([
      'docket.yaml:2:19 desk.timezone: expected an IANA time zone such as America/New_York',
      'docket.yaml:2:25 desk.langauge: unknown field "langauge"; did you mean "language"?',
      'docket.yaml:4:12 teams.0.key: expected a key: lower-case letters, digits and single hyphens',
      'docket.yaml:4:33 teams.0.agents.0: no agent "john"; agents has none yet',
    ]);
  });

  test('a secret is never repeated', () => {
    for (const [, marked] of FAULTS) {
      const read = readDeskFile(marked.replace('▸', ''), { stored: null, prune: false });
      expect(JSON.stringify(read)).not.toMatch(/hunter2|12345678/);
    }
  });

  test('a file of more than a mebibyte is refused unread', () => {
    const read = readDeskFile('#'.repeat(1_048_577), { stored: null, prune: false });
    expect(read).toMatchObject({ outcome: 'faulty', problems: [{ message: expect.stringContaining('larger') }] });
  });
});

describe('references reach into what is stored', () => {
  const stored: ConfigObject[] = [
    { kind: 'department', key: 'general', spec: { name: 'General', mailbox: 'support' } },
    { kind: 'mailbox', key: 'sales', spec: { address: 'sales@desk.example', department: 'general' } },
    { kind: 'mailbox', key: 'support', spec: { address: 'support@desk.example', department: 'general' } },
  ];

  test('a section that the file leaves out is the stored one', () => {
    const text = `version: 1\n${mailbox()}`;
    expect(readDeskFile(text, { stored, prune: false })).toMatchObject({ outcome: 'sound' });
    expect(readDeskFile(text, { stored: [], prune: false })).toMatchObject({
      outcome: 'faulty',
      problems: [{ line: 5, column: 17, message: 'no department "general"; departments has none yet' }],
    });
  });

  test('what pruning would leave without its mailbox is told', () => {
    const text = `version: 1\n${mailbox().replace('key: support', 'key: help').replace('support@', 'help@')}`;
    expect(readDeskFile(text, { stored, prune: false })).toMatchObject({ outcome: 'sound' });
    expect(readDeskFile(text, { stored, prune: true })).toMatchObject({
      outcome: 'faulty',
      problems: [
        { line: 1, column: 1, message: expect.stringContaining('departments.general.mailbox: no mailbox "support"') },
      ],
    });
  });
});

/** Every section and every field of the agreed shape. */
const WHOLE = readFileSync(new URL('../fixtures/desk/whole.yaml', import.meta.url), 'utf8');

/** Ten of them: as few lines as can be, and as many. */
const SOUND: [name: string, text: string][] = [
  ['nothing but a version', 'version: 1\n'],
  ['empty sections', 'version: 1\nmailboxes: []\nrules: []\n'],
  ['a small desk', `version: 1\n${mailbox()}departments: [{ key: general, name: General, mailbox: support }]\n`],
  [
    'OAuth2, a private authority and a reply domain',
    `version: 1\n${mailbox(
      '    replyAddress: "{token}@reply.desk.example"\n    importSince: 2026-11-01T08:30:00+02:00\n    afterReceipt: flag',
      '{ host: h.example, tls: starttls, ca: { file: /etc/ca.pem }, user: a, oauth2: { tokenUrl: "https://login.example/token", clientId: c, refreshToken: { file: /run/secrets/t } } }',
    )}`,
  ],
  ['JSON, which is YAML', JSON.stringify({ version: 1, desk: { name: 'Desk', closeResolvedAfter: '1d12h' } })],
  [
    'a week that runs over midnight and over Sunday',
    calendar(
      '      friday-monday: ["22:00-06:00"]\n      saturday: ["00:00-24:00"]\n      wednesday: ["09:00-12:00", "12:00-18:00"]\n',
    ),
  ],
  ['every section and every field', WHOLE],
  [
    'comments, quotes, folded text and CRLF',
    `# Desk\r\nversion: 1 # one\r\ndesk:\r\n  name: >-\r\n    Desk\r\n    Example\r\n  language: 'de'\r\n`,
  ],
  [
    'words beside the keys: always, and a rule for everything',
    `version: 1\nslaPlans: [{ key: a, name: A, calendar: always, targets: {} }]\ncalendars: []\nrules: [{ key: all, then: [{ addTag: "{{x" }] }]\n`,
  ],
  [
    'nested conditions',
    rule(
      "{ any: [{ not: { field: header.x-spam, exists: true } }, { all: [{ field: field.device, is: iPhone }, { field: sizeBytes, lessThan: 1000 }, { field: subject, matches: '(?i)\\b(?P<code>E[0-9]+)\\b' }] }] }",
      '[{ setField: { code: "{{ code }}" } }, { notify: { agent: john } }]',
    ),
  ],
];

describe('a sound file has no faults, and comes back the same after being written', () => {
  test.each(SOUND)('%s', (_name, text) => {
    const read = readDeskFile(text, { stored: null, prune: false });
    if (read.outcome === 'faulty')
      throw new Error(read.problems.map((problem) => formatFileProblem('docket.yaml', problem)).join('\n'));
    const { objects } = configObjects(read.file);
    const written = writeDeskFile(objects);
    const again = readDeskFile(written, { stored: null, prune: false });
    if (again.outcome === 'faulty') throw new Error(written);
    expect(configObjects(again.file).objects).toEqual(objects);
    expect(writeDeskFile(configObjects(again.file).objects)).toBe(written);
  });
});

describe('whatever stands in a file, it is read', () => {
  const pieces = fc.constantFrom(
    ...'[]{}:-,&*!|>\'"%@#?\t\n \0é',
    '- ',
    ': ',
    '---\n',
    '<<: ',
    '__proto__: ',
    'null',
    '~',
    '1e999',
    '0x1F',
  );
  const mutation = fc.record({ at: fc.nat(WHOLE.length), cut: fc.nat(40), insert: pieces });

  test('without breaking, and each fault lies in the file', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const text = mutations.reduce(
          (changed, { at, cut, insert }) => changed.slice(0, at) + insert + changed.slice(at + cut),
          WHOLE,
        );
        const read = readDeskFile(text, { stored: [], prune: false });
        if (read.outcome === 'sound') {
          writeDeskFile(configObjects(read.file).objects);
          return;
        }
        const lines = text.split('\n');
        expect(read.problems.length).toBeGreaterThan(0);
        for (const { line, column, message } of read.problems) {
          expect(message).not.toBe('');
          expect(column).toBeGreaterThan(0);
          // A file that ends too early is at fault right behind its end.
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 2);
        }
      }),
      { numRuns: 100 },
    );
  });
});
