import { describe, expect, test } from 'vitest';
import { classifyMail, type OwnIdentity } from '../../src/core/classify.ts';
import type { MailKind, MailKindVerdict } from '../../src/core/inbound-mail.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { buildMail } from '../support/mail-builder.ts';

const OWN: OwnIdentity = {
  addresses: ['support@desk.test', 'Info@Desk.test'],
  isOwnMessageId: (id) => id === 'o.1.signed@desk.test',
};

async function classify(raw: Parameters<typeof buildMail>[0] | Buffer): Promise<MailKindVerdict> {
  return classifyMail(await parseMail(Buffer.isBuffer(raw) ? raw : buildMail(raw)), OWN);
}

/** A `multipart/report` with these parts. */
function report(reportType: string, header: string, ...parts: string[]): Buffer {
  const delimited = parts.map((part) => `--b\n${part}\n`).join('');
  const text = `${header}\nContent-Type: multipart/report; report-type=${reportType}; boundary=b\n\n${delimited}--b--\n`;
  return Buffer.from(text.replaceAll('\n', '\r\n'));
}

function statusPart(action: string): string {
  return `Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; k@x.test\nAction: ${action}\nStatus: 5.0.0\n`;
}

describe('a person is a person', () => {
  test.for<[string, Parameters<typeof buildMail>[0]]>([
    ['an ordinary mail', {}],
    ['Auto-Submitted: no', { headers: { 'Auto-Submitted': 'no' } }],
    ['Auto-Submitted: no with a comment', { headers: { 'Auto-Submitted': 'No (a person)' } }],
    ['case 40: X-Auto-Response-Suppress alone', { headers: { 'X-Auto-Response-Suppress': 'All' } }],
    ['case 39: the words of an absence note', { subject: 'Out of office', text: 'I am on vacation until Monday.\n' }],
    ['a subject that says automatic', { subject: 'Automatic reply: does not stop' }],
    ['case 46: a null return path alone', { headers: { 'Return-Path': '<>' } }],
    ['a postmaster who asks', { from: 'postmaster@customer.test' }],
    [
      'a report that a person attaches',
      {
        attachments: [
          { contentType: 'message/delivery-status', content: 'Final-Recipient: rfc822; a@x.test\nAction: failed\n' },
        ],
      },
    ],
    ['a mail that answers ours', { inReplyTo: '<o.1.signed@desk.test>' }],
    ['a way to unsubscribe in a personal mail', { headers: { 'List-Unsubscribe': '<mailto:stop@crm.test>' } }],
    ['50 hops', { headers: { Received: Array(50).fill('from a by b') } }],
    ['Precedence: first-class', { headers: { Precedence: 'first-class' } }],
    ['X-Autoreply: no', { headers: { 'X-Autoreply': 'no' } }],
    ['our address in another domain', { from: 'support@desk.test.evil.test' }],
    [
      'IN-13 forged fields of our own',
      { headers: { 'X-Docket-Kind': 'bounce', 'X-Docket-Loop': 'yes', 'X-Loop': 'support@desk.test' } },
    ],
  ])('%s', async ([, content]) => {
    expect(await classify(content)).toEqual({ kind: 'person', evidence: [] });
  });
});

describe('a loop', () => {
  test.for<[string, Parameters<typeof buildMail>[0], string]>([
    ['case 4: our own Message-ID', { messageId: '<o.1.signed@desk.test>' }, 'own-message-id'],
    ['case 37: our own address', { from: 'Support <SUPPORT@desk.test>' }, 'own-address'],
    ['an alias', { from: 'info@desk.test' }, 'own-address'],
    ['a reply address of ours', { from: 'support+abc@desk.test' }, 'own-address'],
    ['case 87: 51 hops', { headers: { Received: Array(51).fill('from a by b') } }, 'too-many-hops'],
  ])('%s', async ([, content, rule]) => {
    const { kind, evidence } = await classify(content);
    expect(kind).toBe('loop');
    expect(evidence.map((one) => one.rule)).toEqual([rule]);
  });
});

describe('returned mail and reports', () => {
  const POST_OFFICE = 'From: MAILER-DAEMON@mx.test\nAuto-Submitted: auto-replied';
  test.for<[string, Buffer, MailKind, string]>([
    ['case 41: a failure', report('delivery-status', POST_OFFICE, statusPart('failed')), 'bounce', 'failed 5.0.0'],
    ['case 43: a delay', report('delivery-status', POST_OFFICE, statusPart('delayed')), 'delivery-report', 'delayed'],
    ['a success', report('delivery-status', POST_OFFICE, statusPart('delivered')), 'delivery-report', 'delivered'],
    [
      'one failed of two',
      report(
        'delivery-status',
        POST_OFFICE,
        `${statusPart('delivered')}\nFinal-Recipient: rfc822; b@x.test\nAction: failed\nStatus: 5.1.1\n`,
      ),
      'bounce',
      'failed 5.1.1',
    ],
    [
      'a report nobody can read',
      report('delivery-status', POST_OFFICE, 'Content-Type: text/plain\n\nx'),
      'bounce',
      'From',
    ],
    [
      'a report from a person’s system',
      report('delivery-status', 'From: mta@mx.test', 'Content-Type: text/plain\n\nx'),
      'delivery-report',
      'without a readable recipient',
    ],
    [
      'Exim',
      buildMail({ from: 'Mailer-Daemon@mx.test', headers: { 'X-Failed-Recipients': 'k@x.test' } }),
      'bounce',
      'X-Failed-Recipients',
    ],
    ['qmail', buildMail({ from: 'MAILER-DAEMON@mx.test', subject: 'failure notice' }), 'bounce', 'From'],
    [
      'a postmaster without a return path',
      buildMail({ from: 'postmaster@mx.test', headers: { 'Return-Path': '<>' } }),
      'bounce',
      'Return-Path',
    ],
    [
      'case 44: a complaint',
      report(
        'feedback-report',
        'From: abuse@provider.test',
        'Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n',
      ),
      'complaint',
      'multipart/report',
    ],
    [
      'case 45: a read receipt',
      report(
        'disposition-notification',
        'From: karen@customer.test',
        'Content-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n',
      ),
      'read-receipt',
      'multipart/report',
    ],
    [
      'a read receipt whose type is quoted',
      report('"disposition-notification"', 'From: karen@customer.test', 'Content-Type: text/plain\n\nread'),
      'read-receipt',
      'multipart/report',
    ],
  ])('%s', async ([, raw, kind, seen]) => {
    const verdict = await classify(raw);
    expect(verdict.kind).toBe(kind);
    expect(verdict.evidence.map((one) => one.saw)).toContain(seen);
  });
});

describe('an auto-reply', () => {
  test.for<[string, Record<string, string>, string]>([
    ['case 38: RFC 3834', { 'Auto-Submitted': 'auto-replied' }, 'auto-replied'],
    ['a program that reports', { 'Auto-Submitted': 'auto-generated; owner-email="x@y.test"' }, 'auto-generated'],
    ['a word nobody registered', { 'Auto-Submitted': 'yes' }, 'yes'],
    ['Gmail', { 'X-Autoreply': 'yes', Precedence: 'bulk' }, 'yes'],
    ['Precedence', { Precedence: 'auto_reply' }, 'auto_reply'],
    ['cPanel', { 'X-Autorespond': 'Out of the office' }, 'Out'.toLowerCase()],
    ['OpenXchange and others', { 'X-Precedence': 'auto_reply' }, 'auto_reply'],
    ['POST', { 'X-POST-MessageClass': '9; Autoresponder' }, '9; autoresponder'],
  ])('%s', async ([, headers, seen]) => {
    const verdict = await classify({ headers });
    expect(verdict.kind).toBe('auto-reply');
    expect(verdict.evidence[0]?.saw).toBe(seen);
  });

  test.for([
    'Automatic reply: banking',
    'Automatische Antwort: banking',
    'Réponse automatique : banking',
    'Respuesta automática: banking',
    'Risposta automatica: banking',
    'Automatisch antwoord: banking',
    'Resposta automática: banking',
  ])('case 81: Exchange, by its subject beside X-Auto-Response-Suppress: %s', async (subject) => {
    const { kind } = await classify({ subject, headers: { 'X-Auto-Response-Suppress': 'All' } });
    expect(kind).toBe('auto-reply');
  });
});

describe('case 40: a list', () => {
  test.for<[string, Record<string, string>]>([
    ['RFC 2919', { 'List-Id': 'Bank news <news.bank.test>' }],
    ['Precedence: list', { Precedence: 'list' }],
    ['Precedence: bulk', { Precedence: 'bulk' }],
  ])('%s', async ([, headers]) => {
    expect((await classify({ headers })).kind).toBe('list');
  });
});

test('an absence note to a list is an auto-reply', async () => {
  const { kind } = await classify({ headers: { 'List-Id': '<news.bank.test>', 'Auto-Submitted': 'auto-replied' } });
  expect(kind).toBe('auto-reply');
});

test('evidence names no address and no words of the mail', async () => {
  const { evidence } = await classify({
    from: 'support@desk.test',
    subject: 'secret',
    messageId: '<o.1.signed@desk.test>',
  });
  expect(JSON.stringify(evidence)).not.toMatch(/desk\.test|secret/);
});
