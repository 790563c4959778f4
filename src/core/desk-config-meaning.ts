import { configuredAddress } from './configured-address.ts';
import { CONFIG_SECTIONS, type ConfigSection } from './desk-config-diff.ts';
import { isLoopback, MAIL_KINDS, OPERATORS, WEEKDAYS } from './desk-config-schema.ts';
import { checkReplyPattern, type ReplyPatternProblem } from './reply-token.ts';
import { didYouMean, enumerate, isRecord } from './schema.ts';
import { TICKET_PRIORITIES, TICKET_STATUSES } from './ticket.ts';

/**
 * Does a docket.yaml make sense: does everything it names exist, once; can the addresses work; are days and rules whole?
 *
 * It reads what was written, not what the schema made of it, and passes over anything of the wrong type: that is the
 * schema's to report, and so both can be reported at once. A section that is absent is not known, and not checked against.
 */
export function findMeaningProblems(written: unknown): MeaningProblem[] {
  const problems: MeaningProblem[] = [];
  const file = new Spot(written, [], problems);
  checkKeys(file);
  for (const mailbox of file.at('mailboxes').items()) checkMailbox(file, mailbox);
  checkAddresses(file);
  for (const department of file.at('departments').items()) {
    refer(file, department.at('mailbox'), 'mailboxes');
    refer(file, department.at('slaPlan'), 'slaPlans');
    checkAssign(file, department.at('assign'));
  }
  for (const agent of file.at('agents').items()) checkAgent(file, agent);
  for (const team of file.at('teams').items())
    for (const agent of team.at('agents').items()) refer(file, agent, 'agents');
  for (const topic of file.at('topics').items()) checkTopic(file, topic);
  for (const calendar of file.at('calendars').items()) checkCalendar(calendar);
  for (const plan of file.at('slaPlans').items()) checkPlan(file, plan);
  for (const rule of file.at('rules').items()) {
    checkWhen(file, rule.at('when'));
    for (const action of rule.at('then').items()) checkAction(file, action);
  }
  return problems;
}

export interface MeaningProblem {
  path: (string | number)[];
  message: string;
  /** The field's name is what is wrong, not its value. */
  atName?: boolean;
}

/** A place in the file: what stands there, whatever it is, and where to say that it is wrong. */
class Spot {
  readonly value: unknown;
  readonly path: (string | number)[];
  readonly #problems: MeaningProblem[];

  constructor(value: unknown, path: (string | number)[], problems: MeaningProblem[]) {
    this.value = value;
    this.path = path;
    this.#problems = problems;
  }

  get text(): string | null {
    return typeof this.value === 'string' ? this.value : null;
  }

  get present(): boolean {
    return this.value !== undefined;
  }

  at(field: string | number): Spot {
    const container = this.value as Record<string | number, unknown>;
    const value = isRecord(this.value) || Array.isArray(this.value) ? container[field] : undefined;
    return new Spot(value, [...this.path, field], this.#problems);
  }

  items(): Spot[] {
    return Array.isArray(this.value) ? this.value.map((_, index) => this.at(index)) : [];
  }

  /** The items of a list, or the one value that stands in its place. */
  values(): Spot[] {
    return Array.isArray(this.value) ? this.items() : this.present ? [this] : [];
  }

  fieldNames(): string[] {
    return isRecord(this.value) ? Object.keys(this.value) : [];
  }

  wrong(message: string): void {
    this.#problems.push({ path: this.path, message });
  }

  wrongName(message: string): void {
    this.#problems.push({ path: this.path, message, atName: true });
  }
}

/** How an object of each section is called in a message. */
const OBJECT_WORDS: Record<ConfigSection, string> = {
  mailboxes: 'mailbox',
  departments: 'department',
  agents: 'agent',
  teams: 'team',
  topics: 'topic',
  calendars: 'calendar',
  slaPlans: 'SLA plan',
  rules: 'rule',
};

function refer(file: Spot, spot: Spot, section: ConfigSection): void {
  if (spot.text === null || !file.at(section).present) return;
  const keys = keysOf(file, section);
  if (keys.includes(spot.text)) return;
  const known = keys.length === 0 ? `; ${section} has none yet` : `; known are ${enumerate(keys.slice(0, 8))}`;
  spot.wrong(`no ${OBJECT_WORDS[section]} "${spot.text}"${didYouMean(spot.text, keys) || known}`);
}

function keysOf(file: Spot, section: ConfigSection): string[] {
  return file
    .at(section)
    .items()
    .flatMap((item) => item.at('key').text ?? []);
}

function checkKeys(file: Spot): void {
  for (const section of Object.keys(CONFIG_SECTIONS) as ConfigSection[]) {
    const keys = file
      .at(section)
      .items()
      .map((item) => item.at('key'));
    refuseRepeated(keys, (key) => `another ${OBJECT_WORDS[section]} has the key "${key}": rename one of the two`);
  }
  for (const topic of file.at('topics').items()) {
    const keys = topic
      .at('fields')
      .items()
      .map((field) => field.at('key'));
    refuseRepeated(keys, (key) => `another field of this topic has the key "${key}": rename one of the two`);
  }
}

/** Every mail address leads to one mailbox or one agent: to both, and the desk would talk to itself. */
function checkAddresses(file: Spot): void {
  const mailboxes = file
    .at('mailboxes')
    .items()
    .flatMap((mailbox) => [mailbox.at('address'), ...mailbox.at('aliases').items()]);
  const agents = file
    .at('agents')
    .items()
    .flatMap((agent) => agent.at('emails').items());
  refuseRepeated(
    [...mailboxes, ...agents],
    (address) => `the address ${address} stands here twice: remove one of the two`,
    (text) => configuredAddress(text)?.toLowerCase() ?? null,
  );
}

function refuseRepeated(
  spots: Spot[],
  message: (text: string) => string,
  same = (text: string): string | null => text,
): void {
  const seen = new Set<string>();
  for (const spot of spots) {
    const identity = spot.text === null ? null : same(spot.text);
    if (spot.text === null || identity === null) continue;
    if (seen.has(identity)) spot.wrong(message(spot.text));
    seen.add(identity);
  }
}

// --- mailboxes -----------------------------------------------------------------------------------------------------

function checkMailbox(file: Spot, mailbox: Spot): void {
  refer(file, mailbox.at('department'), 'departments');
  checkServer(mailbox.at('imap'), { loginNeeded: true });
  checkServer(mailbox.at('smtp'), { loginNeeded: false });
  checkReplyAddress(mailbox);
}

function checkServer(server: Spot, { loginNeeded }: { loginNeeded: boolean }): void {
  if (!isRecord(server.value)) return;
  const host = server.at('host').text;
  if (server.at('tls').text === 'none' && host !== null && !isLoopback(host))
    server.at('tls').wrong('an unprotected line is only allowed to this machine itself: use implicit or starttls');
  const secrets = ['password', 'oauth2'].filter((field) => server.at(field).present);
  if (secrets.length === 2)
    server.at('oauth2').wrong('expected one login, by password or by oauth2: remove one of the two');
  const user = server.at('user').present;
  if (!user && (loginNeeded || secrets.length > 0)) server.wrong('missing user: the login name at this server');
  if (secrets.length === 0 && (loginNeeded || user))
    server.wrong('missing password: add password: { env: NAME }, password: { file: PATH } or oauth2: { … }');
}

const REPLY_PATTERN_FAULTS: Record<ReplyPatternProblem['problem'], string> = {
  'no-token': 'expected {token} once, before the @',
  'no-address': 'expected a mail address with {token} in it',
  'token-not-apart': 'a letter or digit right beside {token} cannot be told from it: put a + or - between them',
  'local-part-too-long': 'with its token it would have more than 64 octets before the @',
};

function checkReplyAddress(mailbox: Spot): void {
  const [localPart, domain] = configuredAddress(mailbox.at('address').text ?? '')?.split('@') ?? [];
  const plain = domain === undefined ? null : `${localPart}+{token}@${domain}`;
  const spot = mailbox.at('replyAddress');
  const pattern = spot.present ? spot.text : plain;
  const fault = pattern === null ? null : checkReplyPattern(pattern);
  if (fault === null) return;
  const proposal = plain !== null && checkReplyPattern(plain) === null ? plain : fault.proposal;
  const message = `${REPLY_PATTERN_FAULTS[fault.problem]}; this would work: "${proposal}"`;
  // Without a replyAddress of its own a mailbox answers at its address with the token added.
  if (spot.present) spot.wrong(message);
  else mailbox.at('address').wrong(`replies go to ${pattern}, and ${message.replace('this', 'as replyAddress this')}`);
}

// --- people --------------------------------------------------------------------------------------------------------

function checkAgent(file: Spot, agent: Spot): void {
  for (const department of agent.at('departments').items()) refer(file, department, 'departments');
  refer(file, agent.at('shift'), 'calendars');
  refer(file, agent.at('deputy'), 'agents');
  const own = agent.at('key').text;
  if (own !== null && agent.at('deputy').text === own)
    agent.at('deputy').wrong('an agent cannot stand in for themselves: name another');
}

function checkAssign(file: Spot, assign: Spot): void {
  refer(file, assign.at('team'), 'teams');
}

function checkTopic(file: Spot, topic: Spot): void {
  refer(file, topic.at('department'), 'departments');
  for (const field of topic.at('fields').items()) {
    const type = field.at('type').text;
    const choices = field.at('choices');
    if (type === 'choice' && !choices.present) field.wrong('missing choices: a field of type choice has some');
    if (type !== null && type !== 'choice' && choices.present)
      choices.wrong(`a field of type ${type} has no choices: remove them`);
  }
}

// --- time ----------------------------------------------------------------------------------------------------------

function checkCalendar(calendar: Spot): void {
  checkWeek(calendar.at('hours'));
  const holidays = calendar.at('holidays').items();
  for (const holiday of holidays) {
    if (isRecord(holiday.value) && holiday.at('date').present === holiday.at('every').present)
      holiday.wrong('expected either date (in one year) or every (each year)');
    checkFrames(holiday.at('hours'));
  }
  refuseRepeated(
    holidays.map((holiday) => holiday.at(holiday.at('date').present ? 'date' : 'every')),
    (day) => `${day} stands here twice: remove one of the two`,
  );
}

/** A day may be covered by one range, and named by itself besides; a single day beats the range. */
function checkWeek(hours: Spot): void {
  const ranges = new Map<number, string>();
  for (const name of hours.fieldNames()) {
    const days = weekdayNumbers(name);
    if (days === null) {
      hours
        .at(name)
        .wrongName(`unknown day "${name}"; expected a day or a range such as monday-friday${dayMeant(name)}`);
      continue;
    }
    checkFrames(hours.at(name));
    if (days.length === 1) continue;
    const twice = days.find((day) => ranges.has(day));
    if (twice !== undefined)
      hours.at(name).wrong(`${WEEKDAYS[twice]} lies in ${ranges.get(twice)} as well: let ranges not overlap`);
    for (const day of days) ranges.set(day, name);
  }
}

function weekdayNumbers(name: string): number[] | null {
  const [first = '', last = first, ...rest] = name.split('-');
  const from = WEEKDAYS.indexOf(first);
  const to = WEEKDAYS.indexOf(last);
  if (rest.length > 0 || from < 0 || to < 0) return null;
  // friday-monday runs over the end of the week.
  const length = ((to - from + WEEKDAYS.length) % WEEKDAYS.length) + 1;
  return Array.from({ length }, (_, index) => (from + index) % WEEKDAYS.length);
}

function dayMeant(name: string): string {
  const unknown = name.split('-').find((day) => !WEEKDAYS.includes(day)) ?? '';
  const abbreviated = WEEKDAYS.find((day) => unknown.length > 1 && day.startsWith(unknown.toLowerCase()));
  return didYouMean(abbreviated ?? unknown, WEEKDAYS);
}

/** The frames of one day do not overlap. */
function checkFrames(frames: Spot): void {
  let busyUntil = -1;
  const inOrder = frames
    .items()
    .flatMap((spot) => {
      const [, fromHours, fromMinutes, toHours, toMinutes] =
        /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(spot.text ?? '') ?? [];
      if (toMinutes === undefined) return [];
      const from = Number(fromHours) * 60 + Number(fromMinutes);
      const to = Number(toHours) * 60 + Number(toMinutes);
      return [{ spot, from, to: to > from ? to : to + 24 * 60 }];
    })
    .sort((a, b) => a.from - b.from);
  for (const { spot, from, to } of inOrder) {
    if (from < busyUntil) spot.wrong('overlaps another time frame of the same day');
    busyUntil = Math.max(busyUntil, to);
  }
}

function checkPlan(file: Spot, plan: Spot): void {
  if (plan.at('calendar').text !== 'always') refer(file, plan.at('calendar'), 'calendars');
  for (const escalation of plan.at('escalations').items())
    for (const action of escalation.at('do').items()) checkAction(file, action);
}

// --- rules ---------------------------------------------------------------------------------------------------------

const FIELDS = [
  'recipient',
  'sender',
  'sender.domain',
  'sender.isAgent',
  'sender.authenticated',
  'subject',
  'newText',
  'fullText',
  'language',
  'mailKind',
  'attachment.name',
  'attachment.type',
  'sizeBytes',
  'mailbox',
  'receivedAt',
  'department',
  'priority',
  'status',
  'slaPlan',
  'tags',
  'assignee',
  'ageMinutes',
  'replyCount',
];
/** `header.list-unsubscribe`, `field.device`. */
const OPEN_FIELDS = /^(header\.[!-9;-~]+|field\.[A-Za-z][\w-]*)$/;
const NUMBER_FIELDS = ['sizeBytes', 'ageMinutes', 'replyCount'];
const COMPARISONS = ['lessThan', 'greaterThan', 'atLeast', 'atMost'];
const EQUALITIES = ['is', 'isNot', 'in', 'notIn'];

function checkWhen(file: Spot, when: Spot): void {
  for (const part of [...when.at('all').items(), ...when.at('any').items()]) checkWhen(file, part);
  if (when.at('not').present) checkWhen(file, when.at('not'));
  const name = when.at('field').text;
  if (name === null) return;
  if (!FIELDS.includes(name) && !OPEN_FIELDS.test(name))
    when
      .at('field')
      .wrong(
        `unknown field "${name}"${didYouMean(name, FIELDS) || `; expected ${enumerate(FIELDS)}, header.NAME or field.KEY`}`,
      );
  const given = OPERATORS.filter((operator) => when.at(operator).present);
  if (given.length === 0) when.wrong(`missing operator: add one of ${enumerate(OPERATORS)}`);
  if (given.length > 1) when.wrong(`expected one operator, found ${given.join(' and ')}: write one condition for each`);
  for (const operator of given) checkOperand(file, name, operator, when.at(operator));
}

function checkOperand(file: Spot, field: string, operator: string, operand: Spot): void {
  if (operator === 'within' || operator === 'outside') {
    if (field !== 'receivedAt') operand.wrong(`${operator} compares receivedAt with a calendar, and nothing else`);
    refer(file, operand, 'calendars');
  } else if (operator === 'matches') checkExpression(operand);
  else if (COMPARISONS.includes(operator) && field !== 'priority') {
    if (!NUMBER_FIELDS.includes(field))
      operand.wrong(`${operator} compares ${enumerate([...NUMBER_FIELDS, 'priority'])}`);
    else if (typeof operand.value !== 'number') operand.wrong('expected a number');
  } else if (EQUALITIES.includes(operator) || COMPARISONS.includes(operator))
    for (const value of operand.values()) checkFieldValue(file, field, value);
}

const WORDS_OF_FIELD: Record<string, readonly string[]> = {
  mailKind: MAIL_KINDS,
  priority: TICKET_PRIORITIES,
  status: TICKET_STATUSES,
};
const SECTION_OF_FIELD: Record<string, ConfigSection> = {
  mailbox: 'mailboxes',
  department: 'departments',
  slaPlan: 'slaPlans',
  assignee: 'agents',
};

function checkFieldValue(file: Spot, field: string, value: Spot): void {
  const known = WORDS_OF_FIELD[field];
  if (known && value.text !== null && !known.includes(value.text))
    value.wrong(`no ${field} "${value.text}"; expected ${enumerate(known)}${didYouMean(value.text, known)}`);
  const section = SECTION_OF_FIELD[field];
  if (section) refer(file, value, section);
}

const EXPRESSION_LENGTH_MAX = 1000;

/** RE2 has no look-around and no back-references, and so no expression that takes for ever (reliability.md WEB-13). */
function checkExpression(spot: Spot): void {
  const expression = spot.text ?? '';
  const foreign = /\(\?<?[=!]|\\[1-9]|\\k</.exec(expression.replaceAll('\\\\', ''));
  if (expression.length > EXPRESSION_LENGTH_MAX) spot.wrong(`expected at most ${EXPRESSION_LENGTH_MAX} characters`);
  else if (foreign) spot.wrong(`RE2 has no "${foreign[0]}": look-around and back-references are not supported`);
  else if (!isExpression(expression))
    spot.wrong('not a regular expression: check its brackets and put it in single quotes');
}

function isExpression(text: string): boolean {
  try {
    // RE2 writes named groups and flags as Python does.
    return Boolean(new RegExp(text.replaceAll('(?P<', '(?<').replace(/^\(\?[imsU]+\)/, '')));
  } catch {
    return false;
  }
}

function checkAction(file: Spot, action: Spot): void {
  const names = action.fieldNames();
  if (names.length > 1)
    action.wrong(`expected one action, found ${names.join(' and ')}: write each as an item of its own`);
  refer(file, action.at('setDepartment'), 'departments');
  refer(file, action.at('setSlaPlan'), 'slaPlans');
  checkAssign(file, action.at('assign'));
  const notify = action.at('notify');
  refer(file, notify.at('team'), 'teams');
  refer(file, notify.at('agent'), 'agents');
  refer(file, notify.at('department'), 'departments');
}
