import { z } from 'zod';
import { configuredAddress } from './configured-address.ts';
import { ASSIGN_STRATEGIES, SLA_TARGETS } from './desk-config.ts';
import { durationMs } from './duration.ts';
import { isLoopbackHost } from './loopback.ts';
import { chosenBy, fields, list, oneOrMore, text, wholeNumber, wordOr, words } from './schema.ts';
import { readThreshold } from './sla/thresholds.ts';
import { TICKET_PRIORITIES, TICKET_STATUSES } from './ticket.ts';

/**
 * The shape of docket.yaml, field by field; whether it makes sense together is checked in desk-config-meaning.ts.
 *
 * Messages say what was expected, in words that follow "docket.yaml:14:7 mailboxes.0.imap.port: ". They never repeat the
 * value at a place where someone may have written a secret.
 */
export const MAIL_KINDS = [
  'person',
  'auto-reply',
  'bounce',
  'delivery-report',
  'complaint',
  'read-receipt',
  'list',
  'loop',
] as const;
export const WEEKDAYS: readonly string[] = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
];

const key = text(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a key: lower-case letters, digits and single hyphens').refine(
  (value) => value.length <= 64,
  'expected at most 64 characters',
);
const name = z
  .string('expected text (put it in quotes if it looks like a number)')
  .refine((value) => value.trim() !== '', 'expected some text')
  .refine((value) => !/\p{Cc}/u.test(value), 'expected one line of text');
const flag = z.boolean('expected true or false');
const address = z.string('expected a mail address').transform((value, context) => {
  const canonical = configuredAddress(value);
  if (canonical) return canonical;
  context.addIssue({ code: 'custom', message: 'expected a mail address such as support@desk.example' });
  return z.NEVER;
});
const timezone = z
  .string('expected a time zone')
  .refine(isTimezone, 'expected an IANA time zone such as America/New_York');
const language = z
  .string('expected a language')
  .refine(isLanguage, 'expected a language tag (BCP 47) such as en or pt-BR');
const day = z.string('expected a day').refine(isDay, 'expected a day that exists, written 2026-12-31');
const dayOrInstant = z
  .string('expected a day')
  .refine(
    (value) =>
      isDay(value) || (/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value))),
    'expected a day such as 2026-12-31, or an instant such as 2026-12-31T09:00:00Z',
  );
const duration = (units: string, example: string) =>
  z
    .string(`expected a duration such as ${example}`)
    .refine(
      (value) => (durationMs(value) ?? 0) > 0 && new RegExp(`^[\\d${units}]+$`).test(value),
      `expected a duration in ${[...units].join(', ')}, such as ${example}`,
    );
const wallTime = duration('dhm', '7d');
const businessTime = duration('hm', '8h');
const hostName = text(/^[\w-]+(\.[\w-]+)*$|^[\da-fA-F:.]+$/, 'a host name or IP address, without a port');

// --- secrets and servers -------------------------------------------------------------------------------------------

const SECRET_EXPECTED = 'a secret is never written here: use { env: NAME } or { file: PATH }';
const secret = chosenBy(
  {
    env: fields({ env: text(/^[A-Za-z_]\w*$/, 'the name of an environment variable, such as SUPPORT_PASSWORD') }),
    file: fields({ file: text(/^\//, 'an absolute path, such as /run/secrets/support') }),
  },
  SECRET_EXPECTED,
);

const login = {
  user: name.optional(),
  password: secret.optional(),
  oauth2: fields({
    tokenUrl: z
      .string('expected the URL of the token endpoint')
      .refine(
        (value) =>
          URL.canParse(value) && (new URL(value).protocol === 'https:' || isLoopbackHost(new URL(value).hostname)),
        'expected an https:// URL',
      ),
    clientId: name,
    clientSecret: secret.optional(),
    refreshToken: secret,
    scope: name.optional(),
  }).optional(),
};
const server = {
  host: hostName,
  port: wholeNumber(1, 65_535).optional(),
  tls: words('implicit', 'starttls', 'none').optional(),
  ca: fields({ file: text(/^\//, 'an absolute path') }).optional(),
  ...login,
};
const imap = fields({ ...server, folders: list(name).min(1, 'expected at least one folder').optional() });
const smtp = fields(server);

const authenticationSource = chosenBy({
  results: fields({ results: name }),
  header: fields({ header: text(/^[!-9;-~]+$/, 'the name of a header field'), is: name }),
  receivedBy: fields({ receivedBy: hostName, with: name }),
  dkim: fields({ dkim: words('verify') }),
});

// --- objects, in the order of the file -----------------------------------------------------------------------------

const desk = fields({
  name: name.optional(),
  timezone: timezone.optional(),
  language: language.optional(),
  ticketNumber: fields({ start: wholeNumber(1, 999_999_999_999) }).optional(),
  closeResolvedAfter: wallTime.optional(),
  acknowledge: flag.optional(),
});

const mailbox = fields({
  key,
  address,
  aliases: list(address).optional(),
  fromName: name.optional(),
  department: key,
  imap,
  smtp,
  afterReceipt: wordOr(['keep', 'flag', 'delete'], { move: fields({ move: name }) }).optional(),
  replyAddress: z.string('expected an address with {token} in it').optional(),
  returnPath: words('token', 'mailbox').optional(),
  authentication: list(authenticationSource).optional(),
  importSince: dayOrInstant.optional(),
  answerSince: dayOrInstant.optional(),
});

const assign = fields({
  strategy: words(...ASSIGN_STRATEGIES),
  team: key.optional(),
  fallback: words(...ASSIGN_STRATEGIES).optional(),
  claimExpiry: wallTime.optional(),
  escalateAfter: wallTime.optional(),
  languages: list(language).optional(),
  skills: list(name).optional(),
});

const department = fields({
  key,
  name,
  mailbox: key,
  fromName: name.optional(),
  slaPlan: key.optional(),
  assign: assign.optional(),
  afterReply: words('open', 'pending', 'on-hold', 'resolved').optional(),
  newCc: words('propose', 'accept').optional(),
});

const agent = fields({
  key,
  name,
  emails: list(address).min(1, 'expected at least one address'),
  role: words('agent', 'lead', 'admin'),
  departments: list(key).optional(),
  skills: list(name).optional(),
  languages: list(language).optional(),
  capacity: wholeNumber(1, 10_000).optional(),
  shift: key.optional(),
  deputy: key.optional(),
});

const team = fields({ key, name, agents: list(key) });

const fieldKey = text(
  /^[a-z][A-Za-z0-9-]*$/,
  'a field key: letters, digits and hyphens, beginning with a small letter',
);
const topic = fields({
  key,
  name,
  department: key,
  priority: words(...TICKET_PRIORITIES).optional(),
  fields: list(
    fields({
      key: fieldKey,
      label: name,
      type: words('text', 'longText', 'number', 'date', 'choice', 'checkbox', 'email', 'phone'),
      choices: list(name).min(1, 'expected at least one choice').optional(),
      required: flag.optional(),
    }),
  ).optional(),
});

const frame = z.string('expected a time frame such as "09:00-17:30", in quotes').refine(isFrame, {
  error: 'expected a time frame such as "09:00-17:30"; 22:00-06:00 runs over midnight, 24:00 is allowed as its end',
});
const holiday = fields({
  date: day.optional(),
  every: z
    .string('expected a month and day, written 12-31')
    .refine(
      (value) => /^\d\d-\d\d$/.test(value) && isDay(`2024-${value}`),
      'expected a month and day that exist, written 12-31',
    )
    .optional(),
  name,
  hours: list(frame).optional(),
});
const calendar = fields({
  key,
  timezone,
  hours: z.record(z.string(), list(frame), 'expected days with their hours').transform(inWeekOrder),
  holidays: list(holiday).optional(),
});

const byPriority = fields({
  low: businessTime.optional(),
  normal: businessTime.optional(),
  high: businessTime.optional(),
  urgent: businessTime.optional(),
});
const pause = fields({ targets: list(words(...SLA_TARGETS)), max: wallTime.optional() });
const notify = wordOr(['assignee', 'department', 'requester', 'collaborators'], {
  team: fields({ team: key }),
  agent: fields({ agent: key }),
  department: fields({ department: key }),
});
const action = chosenBy({
  setDepartment: fields({ setDepartment: key }),
  setPriority: fields({ setPriority: words(...TICKET_PRIORITIES) }),
  setSlaPlan: fields({ setSlaPlan: key }),
  setStatus: fields({ setStatus: words(...TICKET_STATUSES) }),
  assign: fields({ assign }),
  addTag: fields({ addTag: oneOrMore(name) }),
  removeTag: fields({ removeTag: oneOrMore(name) }),
  setField: fields({
    setField: z.record(fieldKey, z.union([z.string(), z.number(), z.boolean()]), 'expected fields with their values'),
  }),
  addNote: fields({ addNote: z.string('expected text') }),
  addCollaborator: fields({ addCollaborator: oneOrMore(address) }),
  notify: fields({ notify }),
  suppress: fields({ suppress: oneOrMore(words('acknowledgement', 'notifications')) }),
  raisePriority: fields({ raisePriority: z.literal(true, 'expected true') }),
  quarantine: fields({ quarantine: name }),
  webhook: fields({ webhook: key }),
});
const slaPlan = fields({
  key,
  name,
  calendar: key,
  targets: fields({
    firstResponse: byPriority.optional(),
    nextResponse: byPriority.optional(),
    resolution: byPriority.optional(),
  }),
  pause: fields({ pending: pause.optional(), 'on-hold': pause.optional() }).optional(),
  escalations: list(
    fields({
      target: words('any', ...SLA_TARGETS),
      at: z
        .string('expected a share or moment such as 50%, breach or breach + 2h')
        .refine(
          (value) => readThreshold(value) !== null,
          'expected a share or moment such as 50%, breach or breach + 2h',
        ),
      do: list(action).min(1, 'expected at least one action'),
    }),
  ).optional(),
});

const scalar = z.union([z.string(), z.number(), z.boolean()], 'expected a text, number, or true or false');
const term = z.union([z.string(), z.number()], 'expected a text or number');
const condition = fields({
  field: name,
  is: scalar.optional(),
  isNot: scalar.optional(),
  in: list(term).min(1, 'expected at least one value').optional(),
  notIn: list(term).min(1, 'expected at least one value').optional(),
  contains: oneOrMore(name).optional(),
  word: oneOrMore(name).optional(),
  startsWith: oneOrMore(name).optional(),
  endsWith: oneOrMore(name).optional(),
  matches: z.string('expected a regular expression in single quotes').optional(),
  exists: flag.optional(),
  lessThan: term.optional(),
  greaterThan: term.optional(),
  atLeast: term.optional(),
  atMost: term.optional(),
  within: key.optional(),
  outside: key.optional(),
});
/** What a condition may ask of its field. */
export const OPERATORS: readonly string[] = Object.keys(condition.shape).filter((word) => word !== 'field');

type WhenSpec = { all: WhenSpec[] } | { any: WhenSpec[] } | { not: WhenSpec } | z.infer<typeof condition>;
const when: z.ZodType<WhenSpec> = chosenBy({
  all: fields({ all: z.lazy(() => list(when).min(1, 'expected at least one condition')) }),
  any: fields({ any: z.lazy(() => list(when).min(1, 'expected at least one condition')) }),
  not: fields({ not: z.lazy(() => when) }),
  field: condition,
});

const RULE_EVENTS = [
  'opened',
  'received',
  'replied',
  'noted',
  'statusChanged',
  'priorityChanged',
  'departmentChanged',
  'assigned',
] as const;
const rule = fields({
  key,
  name: name.optional(),
  events: list(words(...RULE_EVENTS))
    .min(1, 'expected at least one event')
    .optional(),
  when: when.optional(),
  // biome-ignore lint/suspicious/noThenProperty: the word the rule language uses; a list is never taken for a promise
  then: list(action).min(1, 'expected at least one action'),
  stop: flag.optional(),
  shadow: flag.optional(),
});

export const deskConfigSchema = fields({
  version: z.literal(1, 'expected 1: it is the only version this release knows'),
  desk: desk.optional(),
  mailboxes: list(mailbox).optional(),
  departments: list(department).optional(),
  agents: list(agent).optional(),
  teams: list(team).optional(),
  topics: list(topic).optional(),
  calendars: list(calendar).optional(),
  slaPlans: list(slaPlan).optional(),
  rules: list(rule).optional(),
});

/** docket.yaml after its shape was checked: as written, only addresses made canonical. */
export type DeskConfigFile = z.infer<typeof deskConfigSchema>;
export type DeskSpec = z.infer<typeof desk>;
export type MailboxSpec = z.infer<typeof mailbox>;
export type DepartmentSpec = z.infer<typeof department>;
export type AgentSpec = z.infer<typeof agent>;
export type TeamSpec = z.infer<typeof team>;
export type SlaPlanSpec = z.infer<typeof slaPlan>;
export type ActionSpec = z.infer<typeof action>;

function isDay(value: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

/** Names of days and ranges by the day they begin with. */
function inWeekOrder(hours: Record<string, string[]>): Record<string, string[]> {
  const place = (name: string) => WEEKDAYS.indexOf(name.split('-')[0] ?? '');
  return Object.fromEntries(Object.entries(hours).sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1)));
}

function isTimezone(value: string): boolean {
  try {
    return /^[A-Za-z]/.test(value) && Boolean(new Intl.DateTimeFormat('en', { timeZone: value }));
  } catch {
    return false;
  }
}

function isLanguage(value: string): boolean {
  try {
    // A language of five letters or more is well-formed, and exists nowhere: somebody wrote its name.
    return /^[a-z]{2,3}(-|$)/i.test(value) && Intl.getCanonicalLocales(value).length === 1;
  } catch {
    return false;
  }
}

function isFrame(value: string): boolean {
  const [from, to, ...rest] = value.split('-');
  return rest.length === 0 && isTime(from) && (isTime(to) || to === '24:00') && from !== to;
}

function isTime(value: string | undefined): value is string {
  return value !== undefined && /^([01]\d|2[0-3]):[0-5]\d$/.test(value);
}
