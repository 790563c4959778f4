import { expect, test } from 'vitest';
import { type Submission, stamp, TRIAL_PROVIDER } from '../../src/trial/provider.ts';

const OUTSIDE: Submission = {
  authenticatedUser: null,
  clientName: 'client.test',
  clientAddress: '127.0.0.1',
  ownDomains: ['customer.test', 'desk.test'],
  queueId: 'abc',
  receivedAt: new Date('2026-11-23T15:00:00Z'),
};
const KAREN: Submission = { ...OUTSIDE, authenticatedUser: 'karen@customer.test' };

const stamped = (lines: string[], submission: Submission) =>
  stamp(Buffer.from([...lines, '', 'Body.', ''].join('\r\n')), TRIAL_PROVIDER, submission).toString();
const verdict = (from: string, submission: Submission) =>
  /dmarc=\w+(?: header\.from=[\w.]+)?/.exec(stamped([`From: ${from}`], submission))?.[0];

test.each([
  [
    'who logged in as the address in From passes',
    'Karen <karen@customer.test>',
    KAREN,
    'dmarc=pass header.from=customer.test',
  ],
  ['case does not matter', 'KAREN@Customer.TEST', KAREN, 'dmarc=pass header.from=customer.test'],
  ['who did not log in fails for our domains', 'karen@customer.test', OUTSIDE, 'dmarc=fail header.from=customer.test'],
  ['who logged in as somebody else fails', 'john@desk.test', KAREN, 'dmarc=fail header.from=desk.test'],
  ['two addresses in From fail', 'karen@customer.test, john@desk.test', KAREN, 'dmarc=fail header.from=customer.test'],
  ['nothing is known of a foreign domain', 'ann@outside.test', OUTSIDE, 'dmarc=none header.from=outside.test'],
  ['nothing is known of no sender', '', OUTSIDE, 'dmarc=none'],
])('%s', (_rule, from, submission, expected) => {
  expect(verdict(from, submission)).toBe(expected);
});

test('a second From field is judged too', () => {
  const text = stamped(['From: ann@outside.test', 'From: john@desk.test'], OUTSIDE);
  expect(text).toContain('dmarc=fail header.from=desk.test');
});

test('a forged verdict and a field that is ours are taken away, folded or oddly spaced', () => {
  const text = stamped(
    [
      'Authentication-Results: mx.desk.test;',
      '\tdmarc=pass header.from=desk.test',
      'authentication-results : (comment) MX.desk.test; dmarc=pass',
      'X-Desk-Test-Origin: internal',
      'Authentication-Results: mx.other.test; dmarc=pass',
      'From: john@desk.test',
    ],
    OUTSIDE,
  );
  expect(text.match(/dmarc=pass/g)).toHaveLength(1);
  expect(text).toContain('Authentication-Results: mx.other.test; dmarc=pass');
  expect(text).not.toContain('X-Desk-Test-Origin');
});

test('everything else stays byte for byte, under the verdict and a trace field', () => {
  const lines = ['From: karen@customer.test', 'Subject: a', '  folded  \u00fc', 'Broken line'];
  const text = stamped(lines, KAREN);
  expect(text.startsWith('Authentication-Results: mx.desk.test;\r\n\tauth=pass smtp.auth=karen@customer.test;')).toBe(
    true,
  );
  expect(text).toContain('by mx.desk.test with ESMTPA id abc;\r\n\tMon, 23 Nov 2026 15:00:00 +0000\r\n');
  expect(text.endsWith(`\r\n${lines.join('\r\n')}\r\n\r\nBody.\r\n`)).toBe(true);
});
