import { convert } from 'html-to-text';
import { describe, expect, test } from 'vitest';
import type { TicketStatus } from '../../src/core/ticket.ts';
import { heldAnswer, refusedMail } from '../../src/outbound/agent-letter.ts';
import { type ReplyInput, reply } from '../../src/outbound/reply.ts';

const letter = {
  ticket: { number: '1042', subject: 'Card lost', departmentName: 'Banking' },
  deskName: 'Desk Support',
  languages: ['en'],
};
const held = heldAnswer({
  ...letter,
  requesterName: 'Karen',
  text: 'It is <on> its way.\n\nJohn\n',
  doubts: ['uncertain-cut', 'note'],
  releasable: true,
  commandsLeftOut: true,
});
const refused = refusedMail({ ...letter, reason: 'unconfirmed' });
const answered = {
  ticketNumber: '1042',
  ticketSubject: 'Card lost',
  deskName: 'Desk Support',
  languages: ['de'],
  text: '\r\n\r\n  It is <on> its way.\r\n\r\nJohn\r\n\r\n',
  status: 'pending',
} satisfies ReplyInput;
const sent = reply(answered);

test('a held answer is shown with the reasons, what would be sent, and the ways on', () => {
  expect(held.subject).toBe('Re: [#1042] Card lost');
  expect(held.text).toBe(`— Reply above this line —

Your answer has not been sent

An answer waits when it is not certain that all of it is meant to leave. Here:

• it is not certain where your text ends and the quoted mail begins

• words of an internal note are in it

This would be sent to Karen:

> It is <on> its way.
>
> John

To send it as it is, answer this email with /send in the first line.

To send something else, answer this email with your new text.

The commands at its top were not run; please send them again.

-- 
Desk Support sent this to its agents. Please do not pass it on: the addresses in it work for you alone.
`);
});

test('a mail in an agent’s name that was not believed is told without a word of it', () => {
  expect(refused.text).toBe(`A mail in your name was not accepted

A mail that names you as its sender came in for ticket #1042. Nothing was sent and nothing was changed. The mail is kept with the ticket.

No mail server vouches for it.

If it was you: answer your own notification, from the mailbox that this email came to.

If it was not you: there is nothing to do.

-- 
Desk Support sent this to its agents. Please do not pass it on: the addresses in it work for you alone.
`);
});

test('a reply is the agent’s words and in whose name they were written, in the requester’s language', () => {
  expect(sent).toMatchObject({ language: 'de', subject: 'Re: [#1042] Card lost' });
  expect(sent.text).toBe(
    '  It is <on> its way.\n\nJohn\n\n-- \nDesk Support, Ticket #1042. Um zu antworten, antworten Sie einfach auf diese E-Mail.\n',
  );
});

test.each<[TicketStatus, string]>([
  ['resolved', 'marked as solved. If something is still open, just reply to this email: that opens the ticket again.'],
  ['closed', 'which is closed. If there is anything else, just reply to this email: that opens a new ticket.'],
  ['on-hold', 'To answer, just reply to this email.'],
])('a reply that leaves the ticket %s says what an answer does', (status, said) => {
  const { text } = reply({ ...answered, languages: ['en'], status });
  expect(text.replace(/^.*-- \n/s, '')).toMatch(/^Desk Support, ticket #1042[.,]/);
  expect(text).toContain(said);
});

describe('R1 the HTML says the same as the text', () => {
  const words = (text: string) => text.replace(/^>/gm, '').replace(/^-- $/m, '').replace(/\s+/g, ' ').trim();
  test.each([
    ['of a held answer', held],
    ['of a refused mail', refused],
    ['of a reply', sent],
  ])('%s', (_name, { html, text }) => {
    const fromHtml = convert(html, {
      wordwrap: false,
      selectors: [
        { selector: 'h1', options: { uppercase: false } },
        { selector: 'blockquote', format: 'block' },
      ],
    });
    expect(words(fromHtml)).toBe(words(text));
  });
});
