import type { ConfigSection } from './desk-config-diff.ts';
import { MAIL_KINDS, OPERATORS } from './desk-config-schema.ts';
import { refer, type Spot } from './desk-config-spot.ts';
import { didYouMean, enumerate } from './schema.ts';
import { TICKET_PRIORITIES, TICKET_STATUSES } from './ticket.ts';

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

export function checkRule(file: Spot, rule: Spot): void {
  checkWhen(file, rule.at('when'));
  for (const action of rule.each('then')) checkAction(file, action);
  const captures = capturesOf(rule.at('when'));
  for (const action of rule.each('then')) checkPlaceholders(action, captures);
}

/** Names of groups in the rule's expressions: what its actions may put in. */
function capturesOf(when: Spot): string[] {
  const parts = [...when.each('all'), ...when.each('any'), ...(when.at('not').present ? [when.at('not')] : [])];
  const groups = (when.at('matches').text ?? '').matchAll(/\(\?P?<([A-Za-z_]\w*)>/g);
  return [...[...groups].map(([, name]) => name ?? ''), ...parts.flatMap(capturesOf)];
}

function checkPlaceholders(spot: Spot, captures: string[]): void {
  for (const [, name = ''] of (spot.text ?? '').matchAll(/\{\{\s*([\w.-]+)\s*\}\}/g)) {
    if (captures.includes(name)) continue;
    const next = didYouMean(name, captures) || `; capture it with (?P<${name}>…) in matches`;
    spot.wrong(`no expression of this rule captures "${name}"${next}`);
  }
  for (const part of [...spot.items(), ...spot.fieldNames().map((field) => spot.at(field))])
    checkPlaceholders(part, captures);
}

/** Does a condition of docket.yaml ask for what there is, in a way that can be answered? */
function checkWhen(file: Spot, when: Spot): void {
  for (const part of [...when.each('all'), ...when.each('any')]) checkWhen(file, part);
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
  // A misspelt operator is an unknown field, and told as that.
  if (given.length === 0 && when.fieldNames().length === 1)
    when.wrong(`missing operator: add one of ${enumerate(OPERATORS)}`);
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
  else if (foreign) spot.wrong(`RE2 has no look-around and no back-references: write it without "${foreign[0]}"`);
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

/** Does an action name what there is? */
export function checkAction(file: Spot, action: Spot): void {
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

/** How a ticket finds its agent: said by departments and by actions. */
export function checkAssign(file: Spot, assign: Spot): void {
  refer(file, assign.at('team'), 'teams');
  const fallback = assign.at('fallback');
  if (fallback.text !== null && fallback.text === assign.at('strategy').text)
    fallback.wrong('the fallback is what the strategy does already: name another, or leave it out');
}
