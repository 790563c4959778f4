import { describe, expect, test } from 'vitest';
import type { DeliveryReport } from '../../src/core/inbound-mail.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';

const RETURNED = 'Message-ID: <o.123@desk.test>\nSubject: We have received your message\nFrom: support@desk.test\n';

function report(status: string, returned = `Content-Type: text/rfc822-headers\n\n${RETURNED}`): Buffer {
  const text = [
    'Return-Path: <>',
    'From: MAILER-DAEMON@mx.customer.test',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b\nContent-Type: text/plain\n\nIt could not be delivered.',
    `--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.customer.test\n\n${status}`,
    `--b\n${returned}`,
    '--b--\n',
  ].join('\n');
  return Buffer.from(text.replaceAll('\n', '\r\n'));
}

async function reports(status: string, returned?: string): Promise<DeliveryReport[]> {
  return (await parseMail(report(status, returned))).deliveryReports;
}

test('a failure is read for its recipient, with the Message-ID of our mail (case 41)', async () => {
  const status =
    'Final-Recipient: rfc822; Karen@Customer.test\nAction: failed\nStatus: 5.1.1\n' +
    'Diagnostic-Code: smtp; 550 5.1.1 <karen@customer.test>:\n  no such user here\n';
  expect(await reports(status)).toEqual([
    {
      recipient: 'Karen@customer.test',
      action: 'failed',
      status: '5.1.1',
      permanent: true,
      reason: 'no-such-user',
      diagnostic: '550 5.1.1 <karen@customer.test>: no such user here',
      originalMessageId: 'o.123@desk.test',
    },
  ]);
});

test('each recipient has a report of their own', async () => {
  const read = await reports(
    'Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.2.2\n\n' +
      'Final-Recipient: rfc822; b@x.test\nAction: delayed\nStatus: 4.4.1\n',
  );
  expect(read.map(({ recipient, action, permanent, reason }) => [recipient, action, permanent, reason])).toEqual([
    ['a@x.test', 'failed', true, 'mailbox-full'],
    ['b@x.test', 'delayed', false, 'unreachable'],
  ]);
});

test('the original recipient is the address we wrote to', async () => {
  const [read] = await reports(
    'Original-Recipient: rfc822;karen@customer.test\nFinal-Recipient: rfc822;k.customer@intern.test\nAction: failed\nStatus: 5.1.1\n',
  );
  expect(read?.recipient).toBe('karen@customer.test');
});

describe('what a report leaves out is not invented', () => {
  test.for<[string, string, Partial<DeliveryReport>]>([
    [
      'no status: from the diagnostic',
      'Final-Recipient: rfc822; a@x.test\nAction: failed\nDiagnostic-Code: smtp; 452 4.2.2 full\n',
      { status: '4.2.2', permanent: false },
    ],
    [
      'no status at all',
      'Final-Recipient: rfc822; a@x.test\nAction: failed\n',
      { status: null, reason: null, permanent: true },
    ],
    [
      'no action: from the status',
      'Final-Recipient: rfc822; a@x.test\nStatus: 4.0.0\n',
      { action: 'delayed', permanent: false },
    ],
    [
      'a status with words behind it',
      'Final-Recipient: rfc822; a@x.test\nAction: Failed (oops)\nStatus: 5.0.0 (permanent failure)\n',
      { action: 'failed', status: '5.0.0' },
    ],
    ['no address', 'Final-Recipient: rfc822; nobody\nAction: failed\nStatus: 5.1.1\n', { recipient: null }],
    [
      'relayed',
      'Final-Recipient: rfc822; a@x.test\nAction: relayed\nStatus: 2.0.0\n',
      { action: 'relayed', permanent: false },
    ],
  ])('%s', async ([, status, expected]) => {
    expect((await reports(status))[0]).toMatchObject(expected);
  });
});

test('the returned mail may be whole', async () => {
  const [read] = await reports(
    'Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.1.1\n',
    `Content-Type: message/rfc822\n\n${RETURNED}\nThe text\n`,
  );
  expect(read?.originalMessageId).toBe('o.123@desk.test');
});

test('a Message-ID in the words of a report is not believed (case 42)', async () => {
  const [read] = await reports(
    'Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.1.1\n',
    'Content-Type: text/plain\n\nMessage-ID: <o.123@desk.test>\n',
  );
  expect(read?.originalMessageId).toBeNull();
});

test('case 44: a complaint names whom our mail reached', async () => {
  const text = [
    'From: abuse@provider.test',
    'Content-Type: multipart/report; report-type=feedback-report; boundary=b',
    '',
    '--b\nContent-Type: text/plain\n\nAn abuse report.',
    '--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <karen@customer.test>\n',
    `--b\nContent-Type: message/rfc822\n\n${RETURNED}\nThe text`,
    '--b--\n',
  ].join('\n');
  expect((await parseMail(Buffer.from(text))).deliveryReports).toMatchObject([
    { recipient: 'karen@customer.test', reason: 'complaint', permanent: false, originalMessageId: 'o.123@desk.test' },
  ]);
});

test('a thousand recipients at most are read', async () => {
  const block = 'Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.1.1\n\n';
  expect(await reports(block.repeat(3000))).toHaveLength(1000);
});

describe('a report inside an attached mail', () => {
  const inside = report('Final-Recipient: rfc822; karen@customer.test\nAction: failed\nStatus: 5.1.1\n').toString();
  const wrapped = (from: string) =>
    Buffer.from(
      `From: ${from}\r\nSubject: Delivery Status Notification (Failure)\r\nContent-Type: multipart/mixed; boundary=w\r\n\r\n` +
        `--w\r\nContent-Type: text/plain\r\n\r\nThis mail was scanned.\r\n--w\r\nContent-Type: message/rfc822\r\n\r\n${inside}\r\n--w--\r\n`,
    );

  test('is read where a mail system wrapped it', async () => {
    const { deliveryReports } = await parseMail(wrapped('postmaster@customer.test'));
    expect(deliveryReports).toMatchObject([
      { recipient: 'karen@customer.test', reason: 'no-such-user', originalMessageId: 'o.123@desk.test' },
    ]);
  });

  test('is no report of a person who asks for help with it', async () => {
    expect((await parseMail(wrapped('Karen <karen@customer.test>'))).deliveryReports).toEqual([]);
  });
});
