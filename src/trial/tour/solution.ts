import { actionIn, type ReceivedMail, replySubject, replyToOf } from './mail-program.ts';
import { JANE, KAREN } from './people.ts';
import type { Stage } from './stage.ts';

const JANES_NOTE = `Between us: the update of Friday logs out everybody with a PIN of five digits.
The engineers roll back build 4711 tonight; nobody outside is to hear the number.`;

const JANES_ANSWER = `Dear Karen,

it is repaired: please close the app once, open it again, and your PIN works as before. Nothing happened to your account,
and your rent can leave today.

I am sorry for the trouble.

Kind regards
Jane Doe`;

/** Jane takes the ticket, leaves a note, and answers with the solution. Returns what Karen gets. */
export async function playSolution(
  stage: Stage,
  ticketNumber: string,
  notification: ReceivedMail,
): Promise<ReceivedMail> {
  const { check } = stage;
  stage.heading('Jane takes the ticket, by one tap');
  await stage.write(JANE, actionIn(notification, 'Take it'));
  const taken = await stage.receive(JANE, 'the receipt');
  check('the receipt says that it is hers', (taken.text ?? '').includes('It is yours now.'));

  stage.heading('Jane leaves a note for her colleagues, and answers Karen with the solution');
  const { to } = actionIn(notification, 'Write a note for colleagues');
  await stage.write(JANE, { to, subject: replySubject(notification), text: JANES_NOTE, answers: notification });
  await stage.write(JANE, {
    to: replyToOf(notification),
    subject: replySubject(notification),
    text: `/resolve\n\n${JANES_ANSWER}`,
    answers: notification,
  });
  const receipt = await stage.receive(JANE, 'the receipt of /resolve');
  check('the receipt says that it is resolved', (receipt.text ?? '').includes('It is resolved now.'));
  const solution = await stage.receive(KAREN, "Jane's answer");
  check('Karen reads the solution', (solution.text ?? '').startsWith('Dear Karen,\n\nit is repaired'));
  check('and that the ticket is marked as solved', (solution.text ?? '').includes('marked as solved'));
  const [resolved, open] = await Promise.all([
    stage.tickets('--status', 'resolved'),
    stage.tickets('--status', 'new', 'open', 'pending', 'on-hold'),
  ]);
  check('it is in the list of resolved tickets', resolved.length === 1 && resolved[0]?.number === ticketNumber);
  check('and not in the list of open ones', open.length === 0);
  const { assignee, articles, clocks } = await stage.ticket(ticketNumber);
  check('its resolution is kept', clocks.findLast(({ target }) => target === 'resolution')?.state === 'met');
  check('it is hers', assignee === 'jane');
  const notes = articles.filter(({ kind }) => kind === 'note');
  check('the note is there, and internal', notes.length === 1 && notes[0]?.visibility === 'internal');
  return solution;
}
