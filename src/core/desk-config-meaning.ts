import { configuredAddress } from './configured-address.ts';
import { checkCalendar } from './desk-config-calendar.ts';
import { CONFIG_SECTIONS, type ConfigSection } from './desk-config-diff.ts';
import { checkAction, checkAssign, checkRule } from './desk-config-rules.ts';
import { type MeaningProblem, OBJECT_WORDS, refer, refuseRepeated, Spot } from './desk-config-spot.ts';
import { isLoopbackHost } from './loopback.ts';
import { checkReplyPattern, type ReplyPatternProblem } from './reply-token.ts';
import { isRecord } from './schema.ts';

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
  for (const mailbox of file.each('mailboxes')) checkMailbox(file, mailbox);
  checkAddresses(file);
  for (const department of file.each('departments')) {
    refer(file, department.at('mailbox'), 'mailboxes');
    refer(file, department.at('slaPlan'), 'slaPlans');
    checkAssign(file, department.at('assign'));
  }
  for (const agent of file.each('agents')) checkAgent(file, agent);
  refuseDeputyCircles(file.each('agents'));
  for (const team of file.each('teams')) for (const agent of team.each('agents')) refer(file, agent, 'agents');
  for (const topic of file.each('topics')) checkTopic(file, topic);
  for (const calendar of file.each('calendars')) checkCalendar(calendar);
  for (const plan of file.each('slaPlans')) checkPlan(file, plan);
  for (const rule of file.each('rules')) checkRule(file, rule);
  return problems;
}

function checkKeys(file: Spot): void {
  for (const section of Object.keys(CONFIG_SECTIONS) as ConfigSection[]) {
    const keys = file.each(section).map((item) => item.at('key'));
    refuseRepeated(keys, (key) => `another ${OBJECT_WORDS[section]} has the key "${key}": rename one of the two`);
  }
  for (const topic of file.each('topics')) {
    const keys = topic.each('fields').map((field) => field.at('key'));
    refuseRepeated(keys, (key) => `another field of this topic has the key "${key}": rename one of the two`);
  }
}

/** Every mail address leads to one mailbox or one agent: to both, and the desk would talk to itself. */
function checkAddresses(file: Spot): void {
  const mailboxes = file.each('mailboxes').flatMap((mailbox) => [mailbox.at('address'), ...mailbox.each('aliases')]);
  const agents = file.each('agents').flatMap((agent) => agent.each('emails'));
  refuseRepeated(
    [...mailboxes, ...agents],
    (address, earlier) => `the address ${address} is ${ownerOf(file, earlier)} already: remove one of the two`,
    (text) => configuredAddress(text)?.toLowerCase() ?? null,
  );
}

/** By its key, which also finds what is stored and not in the file. */
function ownerOf(file: Spot, { path: [section = '', index = 0, field = ''] }: Spot): string {
  const key = file.at(section).at(index).at('key').text ?? index;
  return `in ${field} of ${section === 'agents' ? 'agent' : 'mailbox'} ${key}`;
}

function checkMailbox(file: Spot, mailbox: Spot): void {
  refer(file, mailbox.at('department'), 'departments');
  checkServer(mailbox.at('imap'), { loginNeeded: true });
  checkServer(mailbox.at('smtp'), { loginNeeded: false });
  checkReplyAddress(mailbox);
}

function checkServer(server: Spot, { loginNeeded }: { loginNeeded: boolean }): void {
  if (!isRecord(server.value)) return;
  const host = server.at('host').text;
  if (server.at('tls').text === 'none' && host !== null && !isLoopbackHost(host))
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

function checkAgent(file: Spot, agent: Spot): void {
  for (const department of agent.each('departments')) refer(file, department, 'departments');
  refer(file, agent.at('shift'), 'calendars');
  refer(file, agent.at('deputy'), 'agents');
  const own = agent.at('key').text;
  if (own !== null && agent.at('deputy').text === own)
    agent.at('deputy').wrong('an agent cannot stand in for themselves: name another');
}

/** Whoever stands in for everyone in a circle is the one who is away. Told once a circle, where its last deputy is named. */
function refuseDeputyCircles(agents: Spot[]): void {
  const agentOf = new Map(agents.map((agent) => [agent.at('key').text, agent]));
  const checked = new Set<string>();
  for (const first of agents) {
    const chain: string[] = [];
    for (let at: Spot | undefined = first; at !== undefined; at = agentOf.get(at.at('deputy').text)) {
      const key = at.at('key').text;
      if (key === null || checked.has(key)) break;
      checked.add(key);
      chain.push(key);
      const deputy = at.at('deputy');
      const start = chain.indexOf(deputy.text ?? '');
      if (start !== -1 && deputy.text !== key)
        deputy.wrong(`deputies in a circle (${[...chain.slice(start), deputy.text].join(' → ')}): name somebody else`);
    }
  }
}

function checkTopic(file: Spot, topic: Spot): void {
  refer(file, topic.at('department'), 'departments');
  for (const field of topic.each('fields')) {
    const type = field.at('type').text;
    const choices = field.at('choices');
    if (type === 'choice' && !choices.present)
      field.wrong('missing choices: add what can be chosen, such as choices: [one, another]');
    if (type !== null && type !== 'choice' && choices.present)
      choices.wrong(`a field of type ${type} has no choices: remove them`);
  }
}

function checkPlan(file: Spot, plan: Spot): void {
  refer(file, plan.at('calendar'), 'calendars', ['always']);
  for (const escalation of plan.each('escalations'))
    for (const action of escalation.each('do')) checkAction(file, action);
}
