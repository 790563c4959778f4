import nodemailer from 'nodemailer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeSender } from '../../src/core/identity.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { PROVIDERS } from '../../src/trial/providers.ts';
import { startTrialRelay, type TrialRelay, WORLD_MAILBOX } from '../../src/trial/relay.ts';
import { startTestDovecot, type TestDovecot } from '../support/dovecot.ts';

let dovecot: TestDovecot;
let relay: TrialRelay;

beforeAll(async () => {
  dovecot = await startTestDovecot({ hostName: PROVIDERS.opendmarc.host });
  relay = await startTrialRelay({
    port: 0,
    lmtpPort: dovecot.lmtpPort,
    password: 'open',
    users: ['karen@customer.test', 'john@desk.test', 'jane@desk.test', 'support@desk.test'],
    tenantDomain: 'desk.test',
    provider: PROVIDERS.opendmarc,
  });
});

afterAll(async () => {
  await relay.stop();
  await dovecot.stop();
});

async function send(mail: { from: string; to: string; user?: string; password?: string; text?: string }) {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: relay.port,
    ...(mail.user === undefined ? {} : { auth: { user: mail.user, pass: mail.password ?? 'open' } }),
  });
  const raw = `From: ${mail.from || 'karen@customer.test'}\r\nSubject: hello\r\n\r\n${mail.text ?? 'Hello.'}\r\n`;
  try {
    return await transport.sendMail({ envelope: { from: mail.from, to: [mail.to] }, raw });
  } finally {
    transport.close();
  }
}

async function newest(mailbox: string): Promise<string> {
  const client = await dovecot.connect(mailbox);
  await client.mailboxOpen('INBOX');
  const mail = await client.fetchOne('*', { source: true });
  await client.logout();
  return mail === false ? '' : String(mail.source);
}

test('mail of somebody logged in arrives, judged, with its return path and reply token', async () => {
  await send({ from: 'karen@customer.test', to: 'support+T42@desk.test', user: 'karen@customer.test' });
  const mail = await newest('support@desk.test');
  expect(mail).toContain('Return-Path: <karen@customer.test>');
  expect(mail).toContain('Delivered-To: support+T42@desk.test');
  expect(mail).toContain('dmarc=pass (p=reject dis=none) header.from=customer.test');
});

test('mail without a login arrives and fails for a domain of ours; the null sender is kept', async () => {
  await send({ from: '', to: 'support@desk.test' });
  const mail = await newest('support@desk.test');
  expect(mail).toContain('Return-Path: <>');
  expect(mail).toContain('dmarc=fail (p=reject dis=reject) header.from=customer.test');
});

test('mail of an agent who logged in arrives with the proof of it, under the hand-over to the mailbox', async () => {
  await send({ from: 'john@desk.test', to: 'support@desk.test', user: 'john@desk.test' });
  const mail = await newest('support@desk.test');
  expect(mail).toMatch(/by mx\.desk\.test with LMTP\s[\s\S]*\(Authenticated sender: john@desk\.test\)/);
  const verdict = judgeSender(await parseMail(Buffer.from(mail)), PROVIDERS.opendmarc.authentication);
  expect(verdict).toMatchObject({ authenticated: true, method: 'received' });
});

test('a wrong password is refused', async () => {
  const wrong = send({
    from: 'karen@customer.test',
    to: 'support@desk.test',
    user: 'karen@customer.test',
    password: 'x',
  });
  await expect(wrong).rejects.toMatchObject({ responseCode: 535 });
});

test('an unknown user of the trial is refused at RCPT', async () => {
  const unknown = send({ from: 'karen@customer.test', to: 'nobody@desk.test' });
  await expect(unknown).rejects.toMatchObject({ responseCode: 550 });
});

test('mail to the rest of the world stays here', async () => {
  await send({ from: 'support@desk.test', to: 'ann@far.test', text: '.dot\r\n..two' });
  const mail = await newest(WORLD_MAILBOX);
  expect(mail).toContain('X-Original-To: ann@far.test');
  expect(mail).toContain('\r\n.dot\r\n..two\r\n');
});
