import { describe, expect, test } from 'vitest';
import { FAILURE_WORDS, failureReason, VAGUE_FAILURE_WORDS } from '../../../src/core/failure-reasons.ts';
import { RETURNED_SUBJECTS } from '../../../src/core/returned-marks.ts';
import { namedRecipients, RECIPIENT_LINES } from '../../../src/ingest/bounce/recipient-lines.ts';
import { RETURNED_SEPARATORS, splitReturnedText } from '../../../src/ingest/bounce/returned-text.ts';
import { cpuStopwatch } from '../../support/cpu-stopwatch.ts';

describe('every row of a table is shown by its sample', () => {
  test.for(RETURNED_SUBJECTS)('subject: $sample', ({ pattern, sample }) => {
    expect(sample).toMatch(pattern);
  });

  test.for([...FAILURE_WORDS, ...VAGUE_FAILURE_WORDS])('failure: $sample', ({ reason, sample }) => {
    expect(failureReason(null, sample)).toBe(reason);
  });

  test.for(RETURNED_SEPARATORS)('separator: $sample', ({ sample }) => {
    const { report, returned } = splitReturnedText(`It failed.\n${sample}\n\nMessage-ID: <a@desk.test>\n\nHello`);
    expect(report.trim()).toBe('It failed.');
    expect(returned).toMatch(/^Message-ID: /);
  });

  test.for(RECIPIENT_LINES)('recipient: $sample', ({ name, sample }) => {
    const found = namedRecipients(['The following addresses failed:', sample], 'customer.test');
    expect(found).toMatchObject([{ address: 'karen@customer.test', line: 1 }]);
    expect(RECIPIENT_LINES.map((row) => row.name)).toContain(name);
  });

  test.for([
    ['a status says more than vague words', '5.1.1', '550 5.1.1 rejected', 'no-such-user'],
    ['telling words say more than a status', '5.1.1', '552 5.1.1 mailbox is full', 'mailbox-full'],
    [
      'the sender’s domain is not the recipient’s',
      null,
      'after MAIL FROM:<a@b.test>: 550 No such domain b.test',
      'policy',
    ],
    [
      'qmail gives up on what it names before',
      '4.4.1',
      "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\nI'm not going to try again; this message has been in the queue too long.",
      'unreachable',
    ],
  ] as const)('%s', ([, status, words, reason]) => {
    expect(failureReason(status, words)).toBe(reason);
  });

  test('names are used once', () => {
    for (const table of [RETURNED_SUBJECTS, RETURNED_SEPARATORS, RECIPIENT_LINES]) {
      const names = table.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

test('no pattern is slow on a megabyte of what it nearly matches', () => {
  const patterns = [...RETURNED_SUBJECTS, ...FAILURE_WORDS, ...VAGUE_FAILURE_WORDS, ...RETURNED_SEPARATORS].map(
    ({ pattern }) => pattern,
  );
  const hostile = ['a@', '<', ' ', 'your message ', 'mailbox ', 'address '].map((piece) =>
    piece.repeat(4000 / piece.length),
  );
  const spentMs = cpuStopwatch();
  for (const text of hostile) for (const pattern of patterns) pattern.test(text);
  for (const text of hostile) namedRecipients(Array<string>(50).fill(text.slice(0, 1000)), null);
  expect(spentMs()).toBeLessThan(2000);
});
