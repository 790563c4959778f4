import { describe, expect, test } from 'vitest';
import { TemporaryError } from '../../../src/errors.ts';
import { asImapError, describeFailure } from '../../../src/ingest/sources/imap-errors.ts';
import type { MailDescription } from '../../../src/ingest/sources/imap-session.ts';
import { planBatches } from '../../../src/ingest/sources/plan-batches.ts';
import { reconnectDelayMs } from '../../../src/ingest/sources/reconnect-delay.ts';
import { sequenceSet } from '../../../src/ingest/sources/sequence-set.ts';

describe('a sequence set', () => {
  test.each([
    [[], ''],
    [[7], '7'],
    [[1, 2, 3], '1:3'],
    [[1, 3, 4, 9], '1,3:4,9'],
    [[4294967294, 4294967295], '4294967294:4294967295'],
  ])('of %j is %j', (uids, text) => {
    expect(sequenceSet(uids)).toBe(text);
  });
});

describe('batches', () => {
  const limits = { mailBytesMax: 100, batchBytesMax: 150, batchMailsMax: 3 };
  const plan = (sizes: (number | null)[], isOld: (mail: MailDescription) => boolean = () => false) => {
    const uids = sizes.map((_, index) => index + 1);
    const described = new Map<number, MailDescription>();
    for (const [index, sizeBytes] of sizes.entries()) {
      if (sizeBytes !== null) described.set(index + 1, { uid: index + 1, sizeBytes, internalDate: null });
    }
    return planBatches(uids, described, limits, isOld).map((batch) => ({
      whole: batch.whole.map((mail) => mail.uid),
      headerOnly: batch.headerOnly.map((mail) => mail.uid),
      beforeImport: batch.beforeImport.map((mail) => mail.uid),
      undescribed: batch.undescribed,
      throughUid: batch.throughUid,
    }));
  };
  const nothing = { whole: [], headerOnly: [], beforeImport: [], undescribed: [] };

  test('hold no more mails than the limit', () => {
    expect(plan([1, 1, 1, 1])).toEqual([
      { ...nothing, whole: [1, 2, 3], throughUid: 3 },
      { ...nothing, whole: [4], throughUid: 4 },
    ]);
  });

  test('hold no more bytes than the limit', () => {
    expect(plan([80, 80, 60])).toEqual([
      { ...nothing, whole: [1], throughUid: 1 },
      { ...nothing, whole: [2, 3], throughUid: 3 },
    ]);
  });

  test('IN-10: a mail over the limit counts as one mail of no weight', () => {
    expect(plan([80, 1_000_000, 60])).toEqual([{ ...nothing, whole: [1, 3], headerOnly: [2], throughUid: 3 }]);
  });

  test('a mail larger than a batch is alone in one', () => {
    const [big] = planBatches(
      [1],
      new Map([[1, { uid: 1, sizeBytes: 99, internalDate: null }]]),
      { ...limits, batchBytesMax: 10 },
      () => false,
    );
    expect(big?.whole).toHaveLength(1);
  });

  test('IN-20: mail older than the import weighs nothing', () => {
    expect(plan([1, 1, 1, 1, 1, 1], (mail) => mail.uid < 6)).toEqual([
      { ...nothing, beforeImport: [1, 2, 3, 4, 5], whole: [6], throughUid: 6 },
    ]);
  });

  test('IN-04: what the server did not describe is accounted for', () => {
    expect(plan([1, null, 1])).toEqual([{ ...nothing, whole: [1, 3], undescribed: [2], throughUid: 3 }]);
  });
});

describe('the delay before reconnecting', () => {
  test('grows, is capped, and differs from client to client', () => {
    const delays = [1, 2, 3, 20].map((failures) => reconnectDelayMs('connection', failures, 0));
    expect(delays).toEqual([500, 1_000, 2_000, 30_000]);
    expect(reconnectDelayMs('connection', 1, 1)).toBe(375);
  });

  test('IN-17: keeps wrong logins below what locks an account', () => {
    let tries = 0;
    for (let at = 0; at < 3_600_000; tries += 1) at += reconnectDelayMs('credentials', tries + 1, 1);
    expect(tries).toBeLessThan(10);
  });
});

describe('a failure', () => {
  test.each([
    [{ authenticationFailed: true, serverResponseCode: 'AUTHENTICATIONFAILED' }, 'credentials', 'IMAP_LOGIN_REFUSED'],
    [{ authenticationFailed: true, response: 'Invalid credentials' }, 'credentials', 'IMAP_LOGIN_REFUSED'],
    [{ authenticationFailed: true, serverResponseCode: 'UNAVAILABLE' }, 'throttled', 'IMAP_UNAVAILABLE'],
    [
      { authenticationFailed: true, response: 'Too many simultaneous connections. (Failure)' },
      'throttled',
      'IMAP_UNAVAILABLE',
    ],
    [
      { authenticationFailed: true, response: 'User is authenticated but not connected.' },
      'throttled',
      'IMAP_UNAVAILABLE',
    ],
    [{ code: 'ETHROTTLE', responseStatus: 'BAD' }, 'throttled', 'IMAP_UNAVAILABLE'],
    [{ tlsFailed: true }, 'unprotected', 'IMAP_TLS_FAILED'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'unprotected', 'IMAP_TLS_FAILED'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'unprotected', 'IMAP_TLS_FAILED'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'unprotected', 'IMAP_TLS_FAILED'],
    [{ code: 'LiteralTooLarge' }, 'protocol', 'IMAP_RESPONSE_TOO_LARGE'],
    [{ code: 'ECONNREFUSED' }, 'connection', 'IMAP_UNREACHABLE'],
    [{ code: 'GREETING_TIMEOUT' }, 'connection', 'IMAP_UNREACHABLE'],
    [{ code: 'ETIMEOUT' }, 'connection', 'IMAP_CONNECTION_LOST'],
    [{ code: 'NoConnection', reason: 'Disconnected for inactivity' }, 'connection', 'IMAP_CONNECTION_LOST'],
    [{ code: 'ParserError11' }, 'protocol', 'IMAP_PROTOCOL'],
    [{ responseStatus: 'NO' }, 'protocol', 'IMAP_COMMAND_REFUSED'],
    [{ responseStatus: 'BAD' }, 'protocol', 'IMAP_PROTOCOL'],
  ])('of the mail server with %o is %s', (details, kind, code) => {
    const error = asImapError(Object.assign(new Error('it failed'), details));
    expect(describeFailure(error)).toMatchObject({ kind, code });
  });

  test('of our own database is not blamed on the mail server', () => {
    expect(describeFailure(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))).toMatchObject({
      kind: 'ours',
      code: 'ECONNREFUSED',
    });
    expect(describeFailure(new TemporaryError('LEASE_LOST', 'lost'))).toMatchObject({ kind: 'lease' });
    expect(describeFailure(new TypeError('a bug'))).toMatchObject({ kind: 'ours', code: 'BUG' });
  });
});
