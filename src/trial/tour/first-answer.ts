import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Intake } from './intake.ts';
import { type ReceivedMail, replySubject, replyToOf } from './mail-program.ts';
import { JANE, JOHN, KAREN } from './people.ts';
import type { Stage } from './stage.ts';

const COMMANDS = `/priority high
/sla outage
/dept banking`;

const JOHNS_ANSWER = `Dear Karen,

you are not alone: since last night nobody can sign in to mobile banking. Our engineers are on it, and my colleagues
of Online Banking look after you from here.

Which phone do you have, and what exactly does it show?

Best regards
John Smith`;

const KARENS_ANSWER = `Dear John,

thank you for the quick answer! It is a Fairphone. Here is what it shows, the same every time, also after a restart.

Karen`;

/** John places the ticket and answers, in one mail; Karen answers him. Returns what tells Jane of her answer. */
export async function playFirstAnswer(stage: Stage, { ticketNumber, notification }: Intake): Promise<ReceivedMail> {
  const { check } = stage;
  stage.heading('John answers the notification, with commands at its top');
  await stage.write(JOHN, {
    to: replyToOf(notification),
    subject: replySubject(notification),
    text: `${COMMANDS}\n\n${JOHNS_ANSWER}`,
    answers: notification,
  });
  const receipt = await stage.receive(JOHN, 'the receipt of his commands');
  check(
    'the receipt says what was done',
    /priority is high now.*Outage.*in Online Banking now/s.test(receipt.text ?? ''),
  );
  const answer = await stage.receive(KAREN, "John's answer");
  check('Karen reads his words', (answer.text ?? '').startsWith('Dear Karen,\n\nyou are not alone'));
  check('in the name of the department', answer.from?.value[0]?.name === 'Online Banking');
  check(
    'and nothing else: no command, no quote, no agent’s address',
    !/\/priority|\/dept|wrote:|john@desk\.test/.test(String(answer.raw)),
  );
  const answered = await stage.ticket(ticketNumber);
  const { priority, slaPlan, department } = answered;
  check('the ticket has priority high and is in banking', priority === 'high' && department === 'banking');
  check('it is promised as an outage', slaPlan === 'outage');
  const firstResponse = answered.clocks.find(({ target }) => target === 'firstResponse');
  check('its first response is kept', firstResponse?.state === 'met');
  check('it waits for Karen', answered.status === 'pending');
  check('and is nobody’s: John does not work there', answered.assignee === null);

  stage.heading('Karen answers, with a screenshot');
  const screenshot = readFileSync(join(import.meta.dirname, 'screenshot.png'));
  const messageId = await stage.write(KAREN, {
    to: replyToOf(answer),
    subject: replySubject(answer),
    text: KARENS_ANSWER,
    answers: answer,
    attachments: [{ filename: 'screenshot.png', content: screenshot }],
  });
  const told = await stage.receive(JANE, 'the notification of the department');
  const open = await stage.ticket(ticketNumber);
  const article = open.articles.find((one) => one.messageId === messageId);
  check('it joins the ticket, which is open again', article?.state === 'accepted' && open.status === 'open');
  check(
    'the screenshot came with it, whole',
    article?.attachments.some(
      ({ fileName, sizeBytes }) => fileName === 'screenshot.png' && sizeBytes === screenshot.length,
    ) ?? false,
  );
  check('Jane is told, because she works in banking', (told.text ?? '').includes('you work in Online Banking'));
  return told;
}
