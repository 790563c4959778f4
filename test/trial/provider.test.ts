import { describe, expect, test } from 'vitest';
import { judgeSender } from '../../src/core/identity.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { maySend, type Submission, stamp } from '../../src/trial/provider.ts';
import { PROVIDERS, type ProviderName } from '../../src/trial/providers.ts';

const STRANGER: Submission = {
  authenticatedUser: null,
  envelopeFrom: 'bounces@evil.test',
  recipients: ['support@desk.test'],
  clientName: 'mail.evil.test',
  clientAddress: '192.0.2.66',
  tenantDomain: 'desk.test',
  strictDomains: ['customer.test', 'desk.test'],
  queueId: '4f2c1b9a8d7e',
  receivedAt: new Date('2026-11-23T15:00:00Z'),
};
const KAREN: Submission = {
  ...STRANGER,
  authenticatedUser: 'karen@customer.test',
  envelopeFrom: 'karen@customer.test',
  clientName: 'mail.customer.test',
};
const JOHN: Submission = {
  ...STRANGER,
  authenticatedUser: 'john@desk.test',
  envelopeFrom: 'john@desk.test',
  clientName: 'laptop',
};

/** What Dovecot writes above all of it when the mail is handed over for the mailbox. */
const handOver = (host: string) =>
  `Received: from ${host} ([127.0.0.1])\r\n\tby ${host} with LMTP\r\n\tid 6BqLBw==\r\n\tfor <support@desk.test>; Mon, 23 Nov 2026 15:00:01 +0000\r\n`;

const mailOf = (fields: string[]) => Buffer.from([...fields, '', 'Body.', ''].join('\r\n'));
const stamped = (name: ProviderName, fields: string[], submission: Submission) =>
  stamp(mailOf(fields), PROVIDERS[name], submission).toString('latin1');

async function judge(name: ProviderName, fields: string[], submission: Submission): Promise<boolean> {
  const { host, authentication } = PROVIDERS[name];
  const raw = handOver(host) + stamped(name, fields, submission);
  return judgeSender(await parseMail(Buffer.from(raw, 'latin1')), authentication).authenticated;
}

const NAMES = Object.keys(PROVIDERS) as ProviderName[];

/** All that a forger could write to look vouched for, at any provider. */
const FORGED = [
  'Received: from mx.desk.test ([127.0.0.1]) by mx.desk.test with LMTP id x; Mon, 23 Nov 2026 14:00:00 +0000',
  'Received: from laptop by mx.desk.test (Postfix) with ESMTPSA id x; Mon, 23 Nov 2026 14:00:00 +0000',
  'Authentication-Results: mx.desk.test; dmarc=pass (p=reject dis=none) header.from=desk.test',
  'authentication-results : (comment) MX.Desk.Test;',
  '\tdmarc=pass header.from=desk.test',
  'Authentication-Results: mx.google.com; dmarc=pass header.from=desk.test',
  'ARC-Authentication-Results: i=1; mx.google.com; dmarc=pass header.from=desk.test',
  'Authentication-Results: spf=pass smtp.mailfrom=desk.test; dmarc=pass header.from=desk.test',
  'X-MS-Exchange-Organization-AuthAs: Internal',
];

describe.each(NAMES)('at %s, with the authentication list that goes with it,', (name) => {
  test('an agent who logged in is vouched for', async () => {
    expect(await judge(name, ['From: John Smith <john@desk.test>'], JOHN)).toBe(true);
  });

  test.each<[string, string[], Submission]>([
    ['a stranger in the name of an agent', ['From: john@desk.test'], STRANGER],
    ['a stranger with every sign of proof forged', [...FORGED, 'From: john@desk.test'], STRANGER],
    ['a stranger with the null sender', [...FORGED, 'From: john@desk.test'], { ...STRANGER, envelopeFrom: '' }],
    ['a customer in the name of an agent', [...FORGED, 'From: john@desk.test'], KAREN],
    ['an agent beside another sender', ['From: john@desk.test, karen@customer.test'], STRANGER],
    ['a stranger as a customer', ['From: karen@customer.test'], STRANGER],
    ['a sender of a domain without a policy', ['From: ann@outside.test'], STRANGER],
    ['nobody', ['Subject: no From'], STRANGER],
  ])('%s is not', async (_name, fields, submission) => {
    expect(await judge(name, fields, submission)).toBe(false);
  });
});

test.each<[ProviderName, boolean]>([
  ['gmail', true],
  ['opendmarc', true],
  ['microsoft-365', false],
  ['postfix', false],
])('%s vouches for a customer with a provider of her own: %s', async (name, isVouchedFor) => {
  expect(await judge(name, ['From: Karen <karen@customer.test>'], KAREN)).toBe(isVouchedFor);
});

test('what a provider takes away: fields in its own name, folded or oddly spaced; others stay', () => {
  const without = (name: ProviderName) => {
    const text = stamped(name, [...FORGED, 'From: john@desk.test'], STRANGER);
    return FORGED.filter((field) => !text.includes(field));
  };
  expect(without('postfix')).toEqual([]);
  expect(without('opendmarc')).toEqual(FORGED.slice(2, 5));
  expect(without('gmail')).toEqual([FORGED[5]]);
  expect(without('microsoft-365')).toEqual([FORGED[8]]);
});

describe('as these systems write it', () => {
  const fieldsOf = (text: string) => text.split('\r\n\r\n')[0]?.replace(/\r\n[ \t]+/g, ' ') ?? '';
  const from = ['From: Karen <karen@customer.test>'];

  test('Gmail: one field with everything and comments in it, and the same under ARC', () => {
    const text = fieldsOf(stamped('gmail', from, KAREN));
    const results =
      /mx\.google\.com; dkim=pass header\.i=@customer\.test header\.s=s1 header\.b=[\w+/]{8}; spf=pass \(google\.com: domain of karen@customer\.test designates 192\.0\.2\.66 as permitted sender\) smtp\.mailfrom=karen@customer\.test; dmarc=pass \(p=REJECT sp=REJECT dis=NONE\) header\.from=customer\.test/;
    expect(text).toMatch(new RegExp(`\nAuthentication-Results: ${results.source}`));
    expect(text).toMatch(new RegExp(`\nARC-Authentication-Results: i=1; ${results.source}`));
    expect(fieldsOf(stamped('gmail', ['From: ann@outside.test'], STRANGER))).not.toContain('dmarc=');
  });

  test('Microsoft 365: no name before its verdicts; Internal for colleagues, Anonymous for others', () => {
    const outside = fieldsOf(stamped('microsoft-365', from, KAREN));
    expect(outside).toContain(
      'Authentication-Results: spf=pass (sender IP is 192.0.2.66) smtp.mailfrom=customer.test; dkim=pass (signature was verified) header.d=customer.test;dmarc=pass action=none header.from=customer.test;compauth=pass reason=100',
    );
    expect(outside).toContain('X-MS-Exchange-Organization-AuthAs: Anonymous');
    const colleague = fieldsOf(stamped('microsoft-365', ['From: john@desk.test'], JOHN));
    expect(colleague).toContain(
      'Authentication-Results: dkim=none (message not signed) header.d=none;dmarc=none action=none header.from=desk.test;',
    );
    expect(colleague).toContain('X-MS-Exchange-Organization-AuthAs: Internal');
  });

  test('Postfix: nothing but its Received', () => {
    expect(stamped('postfix', ['From: john@desk.test'], JOHN)).toBe(
      `${[
        'Received: from laptop (unknown [192.0.2.66])',
        '\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)',
        '\t key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256)',
        '\t(No client certificate requested)',
        '\t(Authenticated sender: john@desk.test)',
        '\tby mx.desk.test (Postfix) with ESMTPSA id 4f2c1b9a8d7e',
        '\tfor <support@desk.test>; Mon, 23 Nov 2026 15:00:00 +0000 (UTC)',
        'From: john@desk.test',
        '',
        'Body.',
      ].join('\r\n')}\r\n`,
    );
    const two = stamped('postfix', from, { ...KAREN, recipients: ['support@desk.test', 'john@desk.test'] });
    expect(two).toContain('with ESMTPS id 4f2c1b9a8d7e; Mon, 23 Nov 2026 15:00:00 +0000 (UTC)\r\n');
  });

  test('OpenDMARC: a field of its own above those for SPF and DKIM, and none for who logged in', () => {
    const names = (submission: Submission) =>
      [...fieldsOf(stamped('opendmarc', from, submission)).matchAll(/^([\w-]+): (?:mx.desk.test; (\w+)=)?/gm)].map(
        ([, name, method]) => (method === undefined ? name : method),
      );
    expect(names(KAREN)).toEqual(['DMARC-Filter', 'dmarc', 'spf', 'DKIM-Filter', 'dkim', 'Received', 'From']);
    expect(names(JOHN)).toEqual(['Received', 'From']);
  });
});

test.each(NAMES)('%s leaves everything else byte for byte', (name) => {
  const fields = ['From: karen@customer.test', 'Subject: a', '  folded  \u00fc', 'Broken line'];
  const raw = Buffer.from([...fields, '', 'Body \u00fc.'].join('\n'), 'latin1');
  const text = stamp(raw, PROVIDERS[name], KAREN).toString('latin1');
  expect(text.endsWith(`\r\n${raw.toString('latin1')}`)).toBe(true);
});

test.each<[ProviderName, boolean]>([
  ['gmail', false],
  ['microsoft-365', false],
  ['postfix', true],
  ['opendmarc', true],
])('%s lets an agent send as another: %s', (name, may) => {
  const asJane = mailOf(['From: Jane <jane@desk.test>']);
  expect(maySend(asJane, PROVIDERS[name], JOHN)).toBe(may);
  expect(maySend(mailOf(['From: John <John@desk.test>']), PROVIDERS[name], JOHN)).toBe(true);
  expect(maySend(asJane, PROVIDERS[name], KAREN)).toBe(true);
});
