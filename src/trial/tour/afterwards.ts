import { type ReceivedMail, replySubject, replyToOf } from './mail-program.ts';
import { JANE, KAREN } from './people.ts';
import type { Stage } from './stage.ts';

const THANKS = `Thank you very much, Jane!

Karen`;

const A_WEEK_LATER = `Hello,

sorry, it is me again: since this morning the app asks for a fingerprint that I never gave it. Can you help?

Karen`;

/** Karen thanks, the ticket closes when its time has come, and a week later she asks anew. */
export async function playAfterwards(
  stage: Stage,
  ticketNumber: string,
  solution: ReceivedMail,
  letWeekPass: () => Promise<void>,
): Promise<void> {
  const { check } = stage;
  const answer = { to: replyToOf(solution), subject: replySubject(solution), answers: solution };
  stage.heading('Karen thanks');
  await stage.write(KAREN, { ...answer, text: THANKS });
  const thanked = await stage.receive(JANE, 'the notification of her thanks');
  const resolved = await stage.ticket(ticketNumber);
  check('her mail is on the ticket, marked as thanks', resolved.articles.at(-1)?.marks.includes('thanks') ?? false);
  check('which stays resolved', resolved.status === 'resolved');
  check('as Jane is told', (thanked.text ?? '').includes('it stays resolved'));

  stage.heading('A week passes: every time the desk has written down moves back by eight days');
  await letWeekPass();
  const closed = await stage.until(
    'the ticket closing by itself',
    async () => {
      const ticket = await stage.ticket(ticketNumber);
      return ticket.status === 'closed' ? ticket : null;
    },
    1_000,
  );
  const change = closed.events.findLast(({ kind }) => kind === 'ticket.status-changed');
  check('nobody closed it but the clock', change?.actor === 'system' && change.data.to === 'closed');
  const list = await stage.tickets('--status', 'closed');
  check('it is in the list of closed tickets', list.length === 1 && list[0]?.number === ticketNumber);

  stage.heading('Karen asks anew, as an answer to the old mail');
  await stage.write(KAREN, { ...answer, text: A_WEEK_LATER });
  const acknowledgement = await stage.receive(KAREN, 'the acknowledgement of the new ticket');
  const [next, old, ...others] = await stage.tickets();
  if (next === undefined) throw new Error('docket tickets list shows no ticket');
  const followUp = await stage.ticket(next.number);
  check('a new ticket follows the old one', followUp.follows === ticketNumber && next.status === 'new');
  check('which stays closed', old?.number === ticketNumber && old.status === 'closed' && others.length === 0);
  check('the new one starts afresh', next.priority === 'normal' && next.department === 'general');
  const said = acknowledgement.text ?? '';
  check('Karen is told both numbers', said.includes(`#${ticketNumber}`) && said.includes(`#${next.number}`));
  const told = await stage.receive(JANE, 'the notification of the new ticket');
  check('it is Jane’s turn, and she sees what it follows', (told.text ?? '').includes(`It follows #${ticketNumber}`));
}
