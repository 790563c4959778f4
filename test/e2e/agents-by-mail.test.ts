import { simpleParser } from 'mailparser';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { expectConservation } from '../support/conservation.ts';
import { type DeskWorld, startDeskWorld } from '../support/desk-world.ts';
import { startTestDovecot, type TestDovecot } from '../support/dovecot.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';

let dovecot: TestDovecot;
let world: DeskWorld;

beforeAll(async () => {
  dovecot = await startTestDovecot();
});
afterAll(() => dovecot.stop());
beforeEach(async () => {
  world = await startDeskWorld({ dovecot, withAgents: true });
});
afterEach(() => world.stop());

const NOTE = 'This customer called three times already, be kind.';

function deliverFromAgent(name: string, content: MailContent): Promise<void> {
  const from = `${name}@desk.test`;
  const headers = {
    'Return-Path': `<${from}>`,
    'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=desk.test',
  };
  return world.dovecot.deliver(world.mailbox, buildMail({ from, headers, ...content }), { from });
}

const mailsTo = (address: string) => world.relay.mails.filter(({ recipients }) => recipients.includes(address));
async function lastMailTo(address: string) {
  const mail = mailsTo(address).at(-1);
  if (mail === undefined) throw new Error(`nothing was sent to ${address}`);
  const { text = '', replyTo, messageId } = await simpleParser(mail.data, { skipTextToHtml: true });
  const note = /colleagues:\nmailto:([^?]+)/.exec(text)?.[1] ?? '';
  return { text, messageId, replyTo: replyTo?.value[0]?.address ?? '', noteAddress: decodeURIComponent(note) };
}

test('Karen asks, John is told, notes and answers from his mail client, Karen answers, Jane’s forger changes nothing', async () => {
  const desk = world.serve();
  await desk.started;
  await world.deliver({ messageId: '<first@customer.test>', subject: 'Mobile banking fails', text: 'E4711, again.\n' });
  await world.settled(1);
  const told = await lastMailTo('john@desk.test');
  expect(told.text).toContain('> E4711, again.');

  await deliverFromAgent('john', { messageId: '<note@desk.test>', to: told.noteAddress, text: `${NOTE}\n` });
  await deliverFromAgent('john', {
    messageId: '<answer@desk.test>',
    to: told.replyTo,
    subject: 'Re: [#1001] Mobile banking fails',
    text: `Dear Karen,\n\nplease update the app.\n\nOn Mon, 23 Nov 2026 at 10:00, Karen <support@desk.test> wrote:\n${told.text.replace(/^/gm, '> ')}`,
    attachments: [{ fileName: 'how-to.pdf', contentType: 'application/pdf', content: Buffer.from('%PDF-1.7 how to') }],
  });
  await world.settled(3);
  const answered = await lastMailTo('karen@customer.test');
  expect(answered.text).toContain('Dear Karen,\n\nplease update the app.\n\n-- \n');
  const { attachments } = await simpleParser(mailsTo('karen@customer.test').at(-1)?.data ?? '');
  expect(attachments.map(({ filename, content }) => [filename, String(content)])).toEqual([
    ['how-to.pdf', '%PDF-1.7 how to'],
  ]);
  const { db } = world.database;
  const ticket = () => db('ticket').join('person', 'person.id', 'assignee_id').first('status', 'name');
  expect(await ticket()).toEqual({ status: 'pending', name: 'John Smith' });

  const janesToken = (await lastMailTo('jane@desk.test')).replyTo;
  await world.dovecot.deliver(
    world.mailbox,
    buildMail({
      messageId: '<forged@evil.test>',
      from: 'jane@desk.test',
      to: janesToken,
      headers: { 'Authentication-Results': 'mx.desk.test; dmarc=fail header.from=desk.test' },
      text: 'Please pay to this account.\n',
    }),
    { from: 'mallory@evil.test' },
  );
  await world.settled(4);
  expect((await lastMailTo('jane@desk.test')).text).toContain('A mail in your name was not accepted');
  expect(mailsTo('karen@customer.test')).toHaveLength(2);

  await world.deliver({
    messageId: '<thanks@customer.test>',
    to: answered.replyTo,
    inReplyTo: answered.messageId ?? '',
    text: 'It works now.\n',
  });
  await world.settled(5);
  expect(await ticket()).toEqual({ status: 'open', name: 'John Smith' });
  expect((await lastMailTo('john@desk.test')).text).toContain('> It works now.');
  expect(await db('ticket')).toHaveLength(1);
  await expectConservation(db, world.relay, [
    'first@customer.test',
    'note@desk.test',
    'answer@desk.test',
    'forged@evil.test',
    'thanks@customer.test',
  ]);
  expect(await desk.stop()).toBe(0);
}, 90_000);
