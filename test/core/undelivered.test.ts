import { expect, test } from 'vitest';
import { FAILURE_WORDS } from '../../src/core/failure-reasons.ts';
import { type UndeliveredHow, type UndeliveredWhy, whyGivenUp, whyReturned } from '../../src/core/undelivered.ts';

test.each<[string | null, UndeliveredWhy]>([
  ['no-such-user', 'gone'],
  ['mailbox-full', 'full'],
  ['spam', 'refused'],
  ['challenge', 'challenge'],
  ['rejected', 'unclear'],
  ['constructor', 'unclear'],
  [null, 'unclear'],
])('a mail that came back for %s is %s to an agent', (reason, why) => {
  expect(whyReturned(reason)).toBe(why);
});

test('every class of failure that servers name tells an agent something', () => {
  expect(FAILURE_WORDS.filter(({ reason }) => whyReturned(reason) === 'unclear')).toEqual([]);
});

test.each<[string, UndeliveredHow, string | null, string | null, UndeliveredWhy]>([
  ['by its words', 'rejected', 'RECIPIENT_REFUSED', '550 5.7.1 <x@y.test>: user unknown', 'gone'],
  ['by its status', 'rejected', 'RECIPIENT_REFUSED', '552 5.2.2 no', 'full'],
  ['by our own limit', 'rejected', 'MAIL_TOO_LARGE', null, 'too-big'],
  ['by our own reading of the address', 'rejected', 'ADDRESS_UNUSABLE', null, 'wrong-address'],
  ['of a relay that says nothing', 'rejected', 'DATA_REFUSED', '554', 'unclear'],
  ['that nobody ever answered', 'expired', 'RELAY_UNREACHABLE', null, 'later'],
  ['that was told to wait until it was too late', 'expired', 'RECIPIENT_REFUSED', '452 4.2.2 over quota', 'full'],
])('a mail given up is explained %s', (_name, how, code, answer, why) => {
  expect(whyGivenUp(how, code, answer)).toBe(why);
});
