import { describe, expect, test } from 'vitest';
import type { DeliveryReport } from '../../src/core/inbound-mail.ts';
import { decideReturns, type OutgoingMail } from '../../src/core/returned-mail.ts';
import type { ReturnedKeys } from '../../src/core/thread.ts';

const report = (differs: Partial<DeliveryReport> = {}): DeliveryReport => ({
  recipient: 'karen@customer.test',
  action: 'failed',
  status: '5.1.1',
  permanent: true,
  reason: 'no-such-user',
  diagnostic: null,
  originalMessageId: null,
  ...differs,
});
const row = (outboxId: string, differs: Partial<OutgoingMail> = {}): OutgoingMail => ({
  outboxId,
  ticketId: '1',
  articleId: null,
  recipientAddressId: '7',
  recipientAddress: 'karen@customer.test',
  relayMessageId: null,
  purpose: 'acknowledgement',
  isReturned: false,
  ...differs,
});
const named = (differs: Partial<ReturnedKeys> = {}): ReturnedKeys => ({
  tokens: [],
  signedIds: [],
  foreignIds: [],
  ...differs,
});
const byOutboxId = (id: string) => named({ signedIds: [{ kind: 'outbox', id }] });
const byArticleId = (id: string) => named({ signedIds: [{ kind: 'article', id }] });
const byToken = (ticketId: string, addressId: string) =>
  named({ tokens: [{ purpose: 'bounce', ticketId, addressId }] });

describe('a bounce finds the mail it is about', () => {
  test('by the id of its outbox row (case 41)', () => {
    expect(decideReturns('bounce', [report()], byOutboxId('9'), [row('9')])).toEqual([
      {
        outboxId: '9',
        ticketId: '1',
        outcome: 'failed',
        permanent: true,
        status: '5.1.1',
        reason: 'no-such-user',
        diagnostic: null,
        suppressesRecipient: true,
        isNews: false,
      },
    ]);
  });

  test("by its return path's token: the newest mail to that recipient on that ticket", () => {
    const rows = [row('9'), row('10'), row('11', { recipientAddressId: '8', recipientAddress: 'b@customer.test' })];
    expect(decideReturns('bounce', [report({ recipient: null })], byToken('1', '7'), rows)).toMatchObject([
      { outboxId: '10', suppressesRecipient: true },
    ]);
  });

  test('an agent’s address is not silenced for what a server says of a file, in words that nobody knows', () => {
    const silenced = (reason: DeliveryReport['reason'], purpose: OutgoingMail['purpose']) =>
      decideReturns('bounce', [report({ reason })], byToken('1', '7'), [row('9', { purpose })])[0]?.suppressesRecipient;
    expect(silenced(null, 'notification')).toBe(false);
    expect(silenced('no-such-user', 'notification')).toBe(true);
    expect(silenced(null, 'acknowledgement')).toBe(true);
  });

  test("by an article's id, and there by the recipient it names", () => {
    const rows = [
      row('9', { articleId: '5', recipientAddressId: '8', recipientAddress: 'b@customer.test' }),
      row('10', { articleId: '5' }),
    ];
    expect(decideReturns('bounce', [report()], byArticleId('5'), rows)).toMatchObject([{ outboxId: '10' }]);
    expect(decideReturns('bounce', [report({ recipient: 'c@fwd.test' })], byArticleId('5'), rows)).toEqual([]);
  });

  test('though the address it names is the one the mail was forwarded to, when only one person got it', () => {
    const reports = [report({ recipient: 'karen@fwd.test' })];
    expect(decideReturns('bounce', reports, byArticleId('5'), [row('9', { articleId: '5' })])).toHaveLength(1);
  });

  test('by the id a relay gave it, which silences nobody: that id is not signed', () => {
    const rows = [row('9', { relayMessageId: '0100018@relay.test' })];
    const keys = named({ foreignIds: ['0100018@relay.test'] });
    expect(decideReturns('bounce', [report()], keys, rows)).toMatchObject([
      { outboxId: '9', suppressesRecipient: false },
    ]);
  });

  test('recipient by recipient', () => {
    const rows = [
      row('9', { articleId: '5', recipientAddressId: '8', recipientAddress: 'b@customer.test' }),
      row('10', { articleId: '5' }),
    ];
    const reports = [report(), report({ recipient: 'B@customer.test', action: 'delayed', permanent: false })];
    expect(decideReturns('bounce', reports, byArticleId('5'), rows)).toMatchObject([
      { outboxId: '10', outcome: 'failed' },
      { outboxId: '9', outcome: 'delayed', permanent: false },
    ]);
  });

  test('and not when it names none of ours (case 42)', () => {
    expect(decideReturns('bounce', [report()], named(), [row('9')])).toEqual([]);
  });

  test('and on one ticket only', () => {
    const keys = named({
      signedIds: [
        { kind: 'outbox', id: '9' },
        { kind: 'outbox', id: '10' },
      ],
    });
    const rows = [row('9'), row('10', { ticketId: '2', recipientAddress: 'b@customer.test' })];
    const reports = [report(), report({ recipient: 'b@customer.test' })];
    expect(decideReturns('bounce', reports, keys, rows)).toHaveLength(1);
  });
});

describe('an address is silenced', () => {
  const two = [
    row('9', { articleId: '5' }),
    row('10', { articleId: '5', recipientAddressId: '8', recipientAddress: 'b@customer.test' }),
  ];
  test.each<[string, DeliveryReport, ReturnedKeys, OutgoingMail[], boolean]>([
    ['by a permanent failure that only its owner could report', report(), byOutboxId('9'), [row('9')], true],
    ['not by a temporary one', report({ permanent: false, status: '4.2.2' }), byOutboxId('9'), [row('9')], false],
    ['not by a full mailbox', report({ status: '5.2.2', reason: 'mailbox-full' }), byOutboxId('9'), [row('9')], false],
    ['not by a filter', report({ status: '5.7.1', reason: 'spam' }), byOutboxId('9'), [row('9')], false],
    ['by a failure of no known class', report({ reason: null }), byOutboxId('9'), [row('9')], true],
    ['not by a delay (case 43)', report({ action: 'delayed', permanent: false }), byOutboxId('9'), [row('9')], false],
    ['not by a delay that calls itself permanent', report({ action: 'delayed' }), byOutboxId('9'), [row('9')], false],
    ['not by the id of an article others have too: any of them could forge it', report(), byArticleId('5'), two, false],
    ['by the id of an article that went to it alone', report(), byArticleId('5'), two.slice(0, 1), true],
  ])('%s: %s', (_, one, keys, rows, suppressed) => {
    expect(decideReturns('bounce', [one], keys, rows)).toMatchObject([{ suppressesRecipient: suppressed }]);
  });

  test('by a complaint about a mail it alone got (case 44)', () => {
    const complaint = report({ permanent: false, status: null, reason: null });
    expect(decideReturns('complaint', [complaint], byOutboxId('9'), [row('9')])).toMatchObject([
      { outcome: 'complained', permanent: false, suppressesRecipient: true },
    ]);
  });
});

describe('an agent is told', () => {
  const reply = row('9', { purpose: 'reply', articleId: '5' });
  test.each<[string, boolean, DeliveryReport, OutgoingMail]>([
    ['that a reply came back', true, report(), reply],
    ['that it came back for now', true, report({ permanent: false, status: '4.2.2' }), reply],
    ['once', false, report(), { ...reply, isReturned: true }],
    ['not that a reply is late (case 43)', false, report({ action: 'delayed', permanent: false }), reply],
    ['not of an acknowledgement', false, report(), row('9')],
    ['not of a notice', false, report(), row('9', { purpose: 'notice' })],
    ['not of a notification: it would cause another (OUT-16)', false, report(), row('9', { purpose: 'notification' })],
  ])('%s', (_, isNews, one, outgoing) => {
    expect(decideReturns('bounce', [one], byOutboxId('9'), [outgoing])).toMatchObject([{ isNews }]);
  });

  test('not that its reader complained', () => {
    expect(decideReturns('complaint', [report()], byOutboxId('9'), [reply])).toMatchObject([{ isNews: false }]);
  });
});

test.each(['delivered', 'relayed', 'expanded'] as const)('a report that a mail was %s returns nothing', (action) => {
  const reports = [report({ action, permanent: false })];
  expect(decideReturns('delivery-report', reports, byOutboxId('9'), [row('9')])).toEqual([]);
});
