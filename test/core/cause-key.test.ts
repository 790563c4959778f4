import { describe, expect, test } from 'vitest';
import { causeKey } from '../../src/core/cause-key.ts';
import type { InboundMail } from '../../src/core/inbound-mail.ts';
import { headerFields, inboundMail, mailAddress } from '../support/inbound-mail.ts';

const RAW = 'a'.repeat(64);
const OTHER_RAW = 'b'.repeat(64);
const key = (differs: Partial<InboundMail>, raw = RAW) => causeKey(inboundMail(differs), raw);

const attachment = {
  partPath: '2',
  fileName: 'invoice.pdf',
  contentType: 'application/pdf',
  sizeBytes: 3,
  sha256: 'c'.repeat(64),
  contentId: null,
  inline: false,
};

describe('the cause key of a mail', () => {
  test('is the same for another delivery of it, by another way and to another mailbox (IN-07, IN-18)', () => {
    const delivered = inboundMail();
    const again = {
      ...delivered,
      headers: headerFields(
        ['Received', 'by mx2.desk.test'],
        ...delivered.headers.map(({ name, value }): [string, string] => [name, ` ${value}`]),
      ),
      deliveredTo: ['sales@desk.test'],
      returnPath: null,
    };
    expect(causeKey(again, OTHER_RAW)).toBe(causeKey(delivered, RAW));
    expect(causeKey(delivered, RAW)).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each<[string, Partial<InboundMail>]>([
    ['another text (IN-08)', { text: 'Something else.' }],
    ['other HTML beside the same text', { html: '<p>Something else.</p>' }],
    ['another attachment', { attachments: [attachment] }],
    ['another sender (IN-08, case 5)', { from: mailAddress('evil@evil.test') }],
    ['another Message-ID', { messageId: 'second@customer.test' }],
    ['another Date', { headers: headerFields(['Date', 'Tue, 3 Nov 2026 09:00:00 +0000']) }],
  ])('differs with %s', (_, differs) => {
    expect(key(differs)).not.toBe(key({}));
  });

  test.each<[string, Partial<InboundMail>]>([
    ['Message-ID (case 2)', { messageId: null }],
    ['Date', { headers: headerFields(['From', 'karen@customer.test']) }],
    ['a text we could read (IN-10)', { defects: [{ code: 'over-limit', detail: '' }] }],
  ])('is that of the exact bytes without %s: two honest "hello" stay two', (_, differs) => {
    expect(key(differs)).toBe(RAW);
    expect(key(differs, OTHER_RAW)).toBe(OTHER_RAW);
  });

  test('cannot be made alike by moving text between fields', () => {
    expect(key({ messageId: 'a', from: mailAddress('b@c.test') })).not.toBe(
      key({ messageId: 'ab', from: mailAddress('@c.test') }),
    );
  });
});
