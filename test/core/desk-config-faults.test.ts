import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type FileProblem, readDeskFile } from '../../src/core/desk-config-file.ts';

/** A sound file with every section, into which one fault is planted at a time. */
const WHOLE = readFileSync(new URL('../fixtures/desk/whole.yaml', import.meta.url), 'utf8');

/** What stands in the file; what somebody wrote instead, with `▸` right before the place that must be named; what is said. */
const FAULTS: [name: string, stands: string, written: string, told: string][] = [
  [
    'a tab as indentation',
    '  timezone: America/New_York\n  language',
    '▸\ttimezone: America/New_York\n  language',
    'a tab stands here: indent with spaces',
  ],
  [
    'a line indented one too far',
    'America/New_York\n  language: en',
    '▸America/New_York\n   language: en',
    'a second name begins here: put a text that has a colon in it in quotes, and line up the names of a group',
  ],
  [
    'a line indented one too little',
    '    aliases: [help',
    '▸   aliases: [help',
    'this line is indented less than its group: align it with the names above it',
  ],
  [
    'no space behind a colon',
    '  acknowledge: true',
    '  ▸acknowledge:true',
    'expected a colon and a space between name and value',
  ],
  [
    'no space behind a dash',
    '  - key: ada',
    '▸  -key: ada',
    'this line does not line up with its group: align it with the lines above, and put a space behind a dash',
  ],
  [
    'a colon in a text',
    'fromName: Desk Support',
    'fromName: ▸Desk Support: we help',
    'a second name begins here: put a text that has a colon in it in quotes, and line up the names of a group',
  ],
  [
    'a bracket that is not closed',
    'aliases: [help@desk.example, banking@desk.example]\n    ',
    'aliases: [help@desk.example, banking@desk.example\n    ▸',
    'the bracket that was opened above is not closed: close it before this line',
  ],
  [
    'a quote that is not closed',
    'name: Desk Example',
    'name: ▸"Desk Example',
    'the quote that begins here is never closed: close it at the end of the text',
  ],
  [
    'a field twice',
    '    role: agent\n    departments: [banking]',
    '    role: agent\n    ▸role: lead\n    departments: [banking]',
    'this name already stands in the same group: remove one of the two',
  ],
  [
    'an alias',
    'departments: [general, banking]',
    'departments: ▸*both',
    'aliases are not supported: write the value out here',
  ],
  [
    'a text that begins with @',
    'fromName: Online Banking',
    'fromName: ▸@Online Banking',
    'a text cannot begin with this sign: put it in quotes',
  ],
  ['a second document', 'teams:\n', '▸---\nteams:\n', 'the file holds several documents: remove the line ---'],
  [
    'a misspelt section',
    'departments:\n',
    '▸departements:\n',
    'departements: unknown field "departements"; did you mean "departments"?',
  ],
  [
    'a field in other letters',
    '    fromName: Desk Support',
    '    ▸fromname: Desk Support',
    'mailboxes.0.fromname: unknown field "fromname"; did you mean "fromName"?',
  ],
  [
    'a field that is missing',
    'key: support\n    address: support@desk.example\n    aliases: [help@desk.example, banking@desk.example]\n    fromName: Desk Support\n    department: general\n    imap',
    '▸key: support\n    address: support@desk.example\n    aliases: [help@desk.example, banking@desk.example]\n    fromName: Desk Support\n    imap',
    'mailboxes.0: missing department: expected a key: lower-case letters, digits and single hyphens',
  ],
  [
    'a word that is none of the known',
    'role: admin',
    'role: ▸administrator',
    'agents.2.role: expected agent, lead or admin',
  ],
  ['yes for true', 'acknowledge: true', 'acknowledge: ▸yes', 'desk.acknowledge: expected true or false'],
  [
    'a version that is a release',
    'version: 1',
    'version: ▸1.0.3',
    'version: expected 1: it is the only version this release knows',
  ],
  [
    'a key that is a name',
    'key: online-banking',
    'key: ▸Online Banking',
    'topics.0.key: expected a key: lower-case letters, digits and single hyphens',
  ],
  [
    'a port in the host',
    'host: smtp.desk.example',
    'host: ▸smtp.desk.example:465',
    'mailboxes.0.smtp.host: expected a host name or IP address, without a port',
  ],
  [
    'a section left empty',
    'teams:\n  - key: banking-tier1\n    name: Banking tier 1\n    agents: [jane, john]\n',
    'teams:▸\n',
    'teams: expected a list: [one, another], or [] for none',
  ],
  [
    'one address where a list belongs',
    'emails: [john@desk.example]',
    'emails: ▸john@desk.example',
    'agents.0.emails: expected a list: [one, another], or [] for none',
  ],
  [
    'an address with a name',
    'emails: [ada@desk.example]',
    "emails: [▸'Ada <ada@desk.example>']",
    'agents.2.emails.0: expected a mail address such as support@desk.example',
  ],
  [
    'a duration in words',
    'closeResolvedAfter: 7d',
    'closeResolvedAfter: ▸7 days',
    'desk.closeResolvedAfter: expected a duration in d, h, m, such as 7d',
  ],
  [
    'days in business time',
    'low: 16h',
    'low: ▸2d',
    'slaPlans.0.targets.firstResponse.low: expected a duration in h, m, such as 8h',
  ],
  [
    'a threshold past the end',
    'at: 50%',
    'at: ▸150%',
    'slaPlans.0.escalations.0.at: expected a share or moment such as 50%, breach or breach + 2h',
  ],
  [
    'a password in the file',
    'password: {env: SUPPORT_PASSWORD}\n      folders',
    'password: ▸hunter2\n      folders',
    'mailboxes.0.imap.password: a secret is never written here: use { env: NAME } or { file: PATH }',
  ],
  [
    'a dollar before a variable',
    'password: {env: SUPPORT_PASSWORD}\n      folders',
    'password: {env: ▸$SUPPORT_PASSWORD}\n      folders',
    'mailboxes.0.imap.password.env: expected the name of an environment variable, such as SUPPORT_PASSWORD',
  ],
  [
    'a secret in a relative file',
    'password: {env: SUPPORT_PASSWORD}\n      folders',
    'password: {file: ▸support-password}\n      folders',
    'mailboxes.0.imap.password.file: expected an absolute path, such as /run/secrets/support',
  ],
  [
    'two logins',
    '      folders: [INBOX]',
    '      oauth2: ▸{tokenUrl: "https://login.example/token", clientId: desk, refreshToken: {env: TOKEN}}\n      folders: [INBOX]',
    'mailboxes.0.imap.oauth2: expected one login, by password or by oauth2: remove one of the two',
  ],
  [
    'a department that is misspelt',
    '    department: general\n',
    '    department: ▸genral\n',
    'mailboxes.0.department: no department "genral"; did you mean "general"?',
  ],
  [
    'an SLA plan that does not exist',
    '    name: Support\n    mailbox: support\n    slaPlan: standard',
    '    name: Support\n    mailbox: support\n    slaPlan: ▸premium',
    'departments.0.slaPlan: no SLA plan "premium"; expected standard',
  ],
  [
    'a team with an agent who does not exist',
    'agents: [jane, john]',
    'agents: [jane, ▸jon]',
    'teams.0.agents.1: no agent "jon"; did you mean "john"?',
  ],
  ['a shift that is no calendar', 'shift: office', 'shift: ▸day', 'agents.1.shift: no calendar "day"; expected office'],
  [
    'an agent who is their own deputy',
    'deputy: john',
    'deputy: ▸jane',
    'agents.1.deputy: an agent cannot stand in for themselves: name another',
  ],
  [
    'a department where a team belongs',
    'team: banking-tier1}}]\nrules',
    'team: ▸banking}}]\nrules',
    'slaPlans.0.escalations.2.do.1.notify.team: no team "banking"; expected banking-tier1',
  ],
  [
    'a fallback that is the strategy',
    'fallback: round-robin\n      claim',
    'fallback: ▸least-loaded\n      claim',
    'departments.1.assign.fallback: the fallback is what the strategy does already: name another, or leave it out',
  ],
  [
    'an address of a mailbox and of an agent',
    'emails: [ada@desk.example]',
    'emails: [▸banking@desk.example]',
    'agents.2.emails.0: the address banking@desk.example is in aliases of mailbox support already: remove one of the two',
  ],
  [
    'a key of two agents',
    'key: ada',
    'key: ▸john',
    'agents.2.key: another agent has the key "john": rename one of the two',
  ],
  [
    'a reply address too long for its token',
    'replyAddress: support+{token}',
    'replyAddress: ▸customer-service-desk+{token}',
    'mailboxes.0.replyAddress: with its token it would have more than 64 octets before the @; this would work: "support+{token}@desk.example"',
  ],
  [
    'a line without protection',
    'port: 465\n      tls: implicit',
    'port: 25\n      tls: ▸none',
    'mailboxes.0.smtp.tls: an unprotected line is only allowed to this machine itself: use implicit or starttls',
  ],
  [
    'two ranges over one day',
    'saturday: [10:00',
    'friday-saturday: ▸[10:00',
    'calendars.0.hours.friday-saturday: friday lies in monday-friday as well: let ranges not overlap, or name a single day',
  ],
  [
    'time frames that overlap',
    '13:00-17:30',
    '▸12:00-17:30',
    'calendars.0.hours.monday-friday.1: overlaps another time frame of the same day: move one, or make them one',
  ],
  [
    'days in short',
    'monday-friday',
    '▸mon-fri',
    'calendars.0.hours.mon-fri: unknown day "mon-fri"; expected a day or a range such as monday-friday; did you mean "monday-friday"?',
  ],
  [
    'a date in another order',
    'date: 2026-12-25',
    'date: ▸25.12.2026',
    'calendars.0.holidays.0.date: expected a day that exists, written 2026-12-31',
  ],
  [
    'a choice without choices',
    'key: device\n        label: Device\n        type: choice\n        choices: [iPhone, Android, Browser]\n',
    '▸key: device\n        label: Device\n        type: choice\n',
    'topics.0.fields.0: missing choices: add what can be chosen, such as choices: [one, another]',
  ],
  [
    'two operators in one condition',
    '{field: subject, word: banking}',
    '▸{field: subject, word: banking, contains: mobile}',
    'rules.0.when.all.1.any.0: expected one operator, found contains and word: write one condition for each',
  ],
  [
    'an expression that looks behind',
    "'(?i)\\bapp",
    "▸'(?<=x)\\bapp",
    'rules.0.when.all.1.any.2.matches: RE2 has no look-around and no back-references: write it without "(?<="',
  ],
  [
    'a capture that no expression has',
    "'error-{{ error }}",
    "▸'error-{{ eror }}",
    'rules.0.then.2.addTag.1: no expression of this rule captures "eror"; did you mean "error"?',
  ],
  [
    'a misspelt action',
    '{setPriority: urgent',
    '▸{setPriorty: urgent',
    'rules.1.then.0: expected setDepartment, setPriority, setSlaPlan, setStatus, assign, addTag, removeTag, setField, addNote, addCollaborator, notify, suppress, raisePriority, quarantine or webhook; did you mean "setPriority"?',
  ],
];

test.each(FAULTS)('%s is told at its place, with what to do', (_name, stands, written, told) => {
  expect(WHOLE).toContain(stands);
  const marked = WHOLE.replace(stands, () => written);
  const before = marked.slice(0, marked.indexOf('▸')).split('\n');
  const read = readDeskFile(marked.replace('▸', ''), { stored: null, prune: false });
  const problems = read.outcome === 'faulty' ? read.problems : [];
  expect(problems.map(said)).toEqual([told]);
  expect(problems[0]).toMatchObject({ line: before.length, column: (before.at(-1) ?? '').length + 1 });
});

test('they are fifty', () => {
  expect(new Set(FAULTS.map(([, , written]) => written)).size).toBe(50);
});

function said({ path, message }: FileProblem): string {
  return path === '' ? message : `${path}: ${message}`;
}
