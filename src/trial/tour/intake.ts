import { TRIAL_MAILBOX } from '../trial-desk.ts';
import { type ReceivedMail, replyToOf } from './mail-program.ts';
import { JOHN, KAREN } from './people.ts';
import type { Stage } from './stage.ts';

const SUBJECT = 'Mobile banking does not let me in';

const FIRST_TEXT = `Good morning,

since the update last night I cannot sign in to mobile banking on my phone any more. I enter my PIN, the wheel
turns for a moment, and I am back at the first page. On the computer everything works.

Could you please have a look? I have to pay my rent tomorrow.

Karen Miller`;

export interface Intake {
  ticketNumber: string;
  /** What tells John of the ticket. */
  notification: ReceivedMail;
}

/** Karen's mail becomes a ticket, is acknowledged, and is given to John. */
export async function playIntake(stage: Stage): Promise<Intake> {
  const { check } = stage;
  stage.heading('Karen writes to the desk');
  const messageId = await stage.write(KAREN, { to: TRIAL_MAILBOX, subject: SUBJECT, text: FIRST_TEXT });

  stage.heading('Docket opens a ticket and tells Karen its number');
  const acknowledgement = await stage.receive(KAREN, 'the acknowledgement');
  const notification = await stage.receive(JOHN, 'the notification of the ticket he was given');
  const [opened, ...others] = await stage.tickets();
  if (opened === undefined) throw new Error('docket tickets list shows no ticket');
  const ticket = await stage.ticket(opened.number);
  const [article] = ticket.articles;
  check('there is one ticket, with her subject', others.length === 0 && opened.subject === SUBJECT);
  check('she is its requester', opened.requester === KAREN.address);
  check(
    'her words are its one article, for everyone to see',
    ticket.articles.length === 1 &&
      article?.messageId === messageId &&
      article.visibility === 'public' &&
      article.state === 'accepted' &&
      article.text.includes('I have to pay my rent tomorrow.'),
  );
  check(
    'that nobody vouches for her is marked where it is so',
    article?.marks.includes('unverified') === !stage.vouchesForStrangers,
  );
  check(
    'the acknowledgement names the number',
    `${acknowledgement.subject} ${acknowledgement.text}`.includes(`#${opened.number}`),
  );
  check('it answers her mail', acknowledgement.inReplyTo === `<${messageId}>`);
  check('it says that a machine wrote it', acknowledgement.headers.get('auto-submitted') === 'auto-replied');
  check(
    'it repeats her words only where somebody vouches for her',
    (acknowledgement.text ?? '').includes('pay my rent') === stage.vouchesForStrangers,
  );
  check(
    'answers to it come back with a token of their own',
    /^support\+[a-z2-7]{45}@desk\.test$/i.test(replyToOf(acknowledgement)),
  );

  stage.heading('The assignment worker gives it to John');
  const assigned = ticket.events.find(({ kind }) => kind === 'ticket.assigned');
  stage.say(`  ${JSON.stringify(assigned?.data)}`);
  check('it is his, in turn', opened.assignee === 'john' && assigned?.data.reason === 'round-robin');
  check('nobody has looked at it yet', opened.status === 'new');
  check('he reads what she wrote, and why he was told', (notification.text ?? '').includes('pay my rent'));
  check(
    'and that an answer goes to her',
    (notification.text ?? '').includes('Your answer goes to Karen Miller by email.'),
  );
  return { ticketNumber: opened.number, notification };
}
