import { convert } from 'html-to-text';
import { describe, expect, test } from 'vitest';
import type { TicketStatus } from '../../src/core/ticket.ts';
import { claimExpired, heldAnswer, refusedMail } from '../../src/outbound/agent-letter.ts';
import { openedFor, openedForYou } from '../../src/outbound/opened-for.ts';
import { type ReplyInput, reply } from '../../src/outbound/reply.ts';
import { undeliveredReply } from '../../src/outbound/undelivered-reply.ts';

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
  firstSeq: 17,
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

const returned = undeliveredReply({
  ...letter,
  ticket: { ...letter.ticket, status: 'pending' },
  how: 'returned',
  why: 'gone',
  said: '550 5.1.1 <karen@customer.test>:\r\n no such <user>',
  addresses: ['karen@customer.test'],
  isSilenced: true,
  text: 'It is on its way.\n',
  actAddress: 'support+act@desk.test',
});

const claire = { name: 'Claire <Client>', address: 'claire@customer.test' };
const opening = { ...letter, sender: claire, text: 'I lost it.\n', isNoted: true, hasCommands: false };
const forClaire = openedFor({ ...opening, mayAnswer: true, actAddress: 'support+act@desk.test' });
const forYou = openedForYou(letter);

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

To send it as it is, answer this email with /send 17 in the first line.

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

test('of a reply that came back an agent learns why, in whose words, and what to do', () => {
  expect(returned.text).toBe(`A reply did not arrive

On ticket #1042, the email to karen@customer.test came back.

The mailbox does not exist, or not any more.

The mail server said: 550 5.1.1 <karen@customer.test>: no such <user>

This was the reply:

> It is on its way.

What you can do: reach the person another way and ask for an address that works.

No automatic email is sent to this address any more.

The ticket is waiting for the requester. Who has not read the reply will not answer it: open the ticket again to keep it in sight.

An answer to this email becomes a note for your colleagues.

Open it again:
mailto:support%2Bact@desk.test?subject=%2Freopen%20%231042&body=%2Freopen

-- 
Desk Support sent this to its agents. Please do not pass it on: the addresses in it work for you alone.
`);
});

test('a reply that may have arrived is not called lost, and an open ticket needs no opening', () => {
  const { text } = undeliveredReply({
    ...letter,
    ticket: { ...letter.ticket, status: 'open' },
    ...{ how: 'unknown', why: 'unclear', said: null, isSilenced: false, actAddress: 'a@desk.test' },
    addresses: ['karen@customer.test'],
    text: 'x',
  });
  expect(text).toContain('A reply may not have arrived');
  expect(text).not.toMatch(/did not arrive|mailto:|gave a reason/);
});

test('of a mail that they forwarded an agent learns for whom a ticket is open, and how to confirm that (AG-13)', () => {
  expect(forClaire.text).toBe(`— Reply above this line —

Ticket #1042 is open for Claire <Client>

You forwarded an email from claire@customer.test. Only your email says that it is theirs: until an agent confirms the address, nothing is sent there automatically.

This is kept as what Claire <Client> wrote:

> I lost it.

What you wrote above it is a note for your colleagues.

An answer to this email goes to Claire <Client> and confirms the address.

To confirm it without writing to Claire <Client>, answer with nothing but /confirm. Then Claire <Client> is told that we have the request.

Confirm the address:
mailto:support%2Bact@desk.test?subject=%2Fconfirm%20%231042&body=%2Fconfirm

Take it:
mailto:support%2Bact@desk.test?subject=%2Ftake%20%231042&body=%2Ftake

-- 
Desk Support sent this to its agents. Please do not pass it on: the addresses in it work for you alone.
`);
});

test('where the agent may not answer, the receipt offers nothing that would be refused', () => {
  const { text } = openedFor({ ...opening, mayAnswer: false, actAddress: 'support+act@desk.test' });
  expect(text).toContain('It is in Banking: whoever works there answers it and confirms the address.');
  expect(text).not.toMatch(/mailto:|\/confirm|Reply above/);
});

test('where no sender was found, the ticket is the agent’s own', () => {
  expect(forYou.text).toContain('Ticket #1042 is open for you');
  expect(forYou.text).toContain('answers go to you');
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

const expired = claimExpired({
  ticket: { number: '1042', subject: 'Card lost', departmentName: 'Banking' },
  deskName: 'Desk Support',
  languages: ['en'],
  actAddress: 'support+aaaa@desk.test',
});

test('a ticket taken back says why, and can be taken by one tap', () => {
  expect(expired.subject).toBe('Re: [#1042] Card lost');
  expect(expired.text).toContain('Ticket #1042 was given to you, and you have not answered it');
  expect(expired.text).toContain('in the time that Banking allows');
  expect(expired.text).toContain('Take it:\nmailto:support%2Baaaa@desk.test?subject=%2Ftake%20%231042&body=%2Ftake');
});

describe('R1 the HTML says the same as the text', () => {
  const words = (text: string) =>
    text
      .replace(/:\nmailto:.*/g, '')
      .replace(/^>/gm, '')
      .replace(/^-- $/m, '')
      .replace(/\s+/g, ' ')
      .trim();
  test.each([
    ['of a held answer', held],
    ['of a refused mail', refused],
    ['of a ticket taken back', expired],
    ['of a reply that came back', returned],
    ['of a forwarded mail', forClaire],
    ['of a forwarded mail without a sender', forYou],
    ['of a reply', sent],
  ])('%s', (_name, { html, text }) => {
    const fromHtml = convert(html, {
      wordwrap: false,
      selectors: [
        { selector: 'h1', options: { uppercase: false } },
        { selector: 'blockquote', format: 'block' },
        { selector: 'a', options: { ignoreHref: true } },
      ],
    });
    expect(words(fromHtml)).toBe(words(text));
  });
});
