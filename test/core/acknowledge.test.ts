import { describe, expect, test } from 'vitest';
import {
  type AcknowledgementInput,
  decideAcknowledgement,
  judgeAutomaticVolume,
  type NoAcknowledgement,
} from '../../src/core/acknowledge.ts';
import type { JudgedSender } from '../../src/core/identity.ts';
import type { InboundMail, MailKind } from '../../src/core/inbound-mail.ts';
import { ownAddresses } from '../../src/core/own-address.ts';
import { headerFields, inboundMail, mailAddress } from '../support/inbound-mail.ts';

const own = ownAddresses([
  { address: 'support@desk.test', aliases: ['help@desk.test'], replyAddress: 'support+{token}@desk.test' },
]);

type Differs = Partial<Omit<AcknowledgementInput, 'facts' | 'mail' | 'sender'>> & {
  mail?: Partial<InboundMail>;
  sender?: Partial<JudgedSender>;
  facts?: Partial<AcknowledgementInput['facts']>;
};

function decide({ mail = {}, sender = {}, facts = {}, ...differs }: Differs = {}) {
  const parsed = inboundMail(mail);
  return decideAcknowledgement({
    mail: parsed,
    kind: 'person',
    own,
    occurredAt: new Date('2026-11-02T09:00:00Z'),
    answerSince: new Date('2026-11-01T00:00:00Z'),
    isOn: true,
    isSuppressed: false,
    ...differs,
    sender: {
      address: parsed.from?.address ?? null,
      name: 'Karen',
      authenticated: true,
      method: 'results',
      silent: false,
      consistent: true,
      reasons: [],
      ...sender,
    },
    facts: {
      isKnown: false,
      isAddressSuppressed: false,
      automaticLastHour: 0,
      automaticLastDay: 0,
      isBreakerOpen: false,
      ...facts,
    },
  });
}

const unauthenticated = { authenticated: false, method: null };
const header = (name: string, value: string): Differs => ({ mail: { headers: headerFields([name, value]) } });
const from = (address: string): Differs => ({ mail: { from: mailAddress(address), returnPath: address } });

describe('an acknowledgement', () => {
  test('goes to an authenticated sender with their words in it', () => {
    expect(decide()).toEqual({ send: true, withText: true });
  });

  test('goes to an unauthenticated first contact without any of their text (OUT-11)', () => {
    expect(decide({ sender: unauthenticated })).toEqual({ send: true, withText: false });
  });

  test('repeats no text to a known address that nobody vouches for either', () => {
    expect(decide({ sender: unauthenticated, facts: { isKnown: true } })).toEqual({ send: true, withText: false });
  });

  test.each<[NoAcknowledgement, string, Differs]>([
    ['turned-off', 'the desk sends none', { isOn: false }],
    ['suppressed', 'a rule says not to', { isSuppressed: true }],
    ['old-mail', 'the mail is older than the cut-off (IN-20)', { occurredAt: new Date('2026-10-31T23:59:59Z') }],
    ['no-sender', 'there is no From (case 8)', { mail: { from: null } }],
    ['own-address', 'From is our mailbox (case 37, OUT-17)', from('support@desk.test')],
    ['own-address', 'From is an alias of ours', from('Help@desk.test')],
    ['own-address', 'From is a reply address of ours', from(`support+${'a'.repeat(45)}@desk.test`)],
    ['null-return-path', 'the return path is null (case 46)', { mail: { returnPath: '' } }],
    [
      'return-path-differs',
      'nobody vouches for From and the envelope names another (RFC 3834 §4)',
      { mail: { returnPath: 'evil@evil.test' }, sender: unauthenticated },
    ],
    ['no-reply-address', 'From is no-reply', from('no-reply@shop.test')],
    ['no-reply-address', 'From is donotreply+shop', from('DoNotReply+shop@shop.test')],
    ['no-reply-address', 'From is a mail system', from('MAILER-DAEMON@mx.test')],
    ['no-reply-address', 'From is a list address', from('owner-list@lists.test')],
    ['no-reply-address', 'From is a list command address', from('list-request@lists.test')],
    ['automatic-mail', 'it is automatically submitted (case 38)', header('Auto-Submitted', 'auto-replied')],
    ['automatic-mail', 'it is bulk (case 40)', header('Precedence', 'Bulk')],
    ['automatic-mail', 'it is list mail', header('List-Id', '<list.example.test>')],
    ['automatic-mail', 'it can be unsubscribed from', header('List-Unsubscribe', '<https://x.test>')],
    ['automatic-mail', 'it asks for silence', header('X-Auto-Response-Suppress', 'DR, OOF, AutoReply')],
    ['automatic-mail', 'it asks for silence about everything', header('X-Auto-Response-Suppress', 'All')],
    ['automatic-mail', 'it went round a loop', header('X-Loop', 'someone')],
    ['address-suppressed', 'mail to the address bounced (OUT-16)', { facts: { isAddressSuppressed: true } }],
    ['volume-limit', 'the breaker is open (OUT-14)', { facts: { isBreakerOpen: true } }],
  ])('is not sent: %s, when %s', (reason, _, differs) => {
    expect(decide(differs)).toEqual({ send: false, reason });
  });

  test.each<MailKind>(['auto-reply', 'bounce', 'delivery-report', 'complaint', 'read-receipt', 'list', 'loop'])(
    'is not sent to %s mail (OUT-16, OUT-17)',
    (kind) => {
      expect(decide({ kind })).toEqual({ send: false, reason: 'automatic-mail' });
    },
  );

  test.each<[string, Differs]>([
    ['Auto-Submitted: no', header('Auto-Submitted', 'no')],
    ['X-Auto-Response-Suppress: RN alone, which is about read receipts', header('X-Auto-Response-Suppress', 'RN, NRN')],
    ['Precedence: normal', header('Precedence', 'normal')],
    ['a name that only begins like no-reply', from('noreplyton@customer.test')],
    ['a name that only begins like bounce', from('bouncer@customer.test')],
    [
      'Reply-To naming a victim: it goes to From (OUT-09, case 35)',
      { mail: { replyTo: [mailAddress('victim@x.test')] } },
    ],
    ['a forwarded return path when From is authenticated', { mail: { returnPath: 'SRS0=x=y=z@fwd.test' } }],
    [
      'a return path tagged by BATV',
      { mail: { returnPath: 'prvs=1234abcd=karen@customer.test' }, sender: unauthenticated },
    ],
    ['a server that writes no Return-Path', { mail: { returnPath: null }, sender: unauthenticated }],
  ])('is sent in spite of %s', (_, differs) => {
    expect(decide(differs).send).toBe(true);
  });
});

describe('limits per address', () => {
  test.each([
    ['unauthenticated first contacts get one a day (OUT-11)', { sender: unauthenticated }, [1, 1]],
    [
      'known ones nobody vouches for: two an hour, three a day',
      { sender: unauthenticated, facts: { isKnown: true } },
      [2, 3],
    ],
    ['authenticated ones: two an hour, ten a day', {}, [2, 10]],
  ] satisfies [string, Differs, [number, number]][])('%s', (_, who: Differs, [hour, day]) => {
    const having = (automaticLastHour: number, automaticLastDay: number) =>
      decide({ ...who, facts: { ...who.facts, automaticLastHour, automaticLastDay } });
    const limited = { send: false, reason: 'address-limit' };
    expect(having(0, day - 1).send).toBe(true);
    expect(having(hour, hour)).toEqual(limited);
    expect(having(0, day)).toEqual(limited);
  });

  test('a thousand tickets naming one victim bring them at most three mails an hour (OUT-13, case 85)', () => {
    for (const isKnown of [false, true])
      expect(simulate(1_000, { sender: unauthenticated, facts: { isKnown } })).toBeLessThanOrEqual(3);
  });

  test('a vacation program without any header is answered twice at most (case 39)', () => {
    expect(simulate(50, {})).toBeLessThanOrEqual(2);
  });

  test('two gateways of our kind do not answer each other at all (OUT-15, case 86)', () => {
    expect(decide(header('Auto-Submitted', 'auto-replied; type=acknowledgement')).send).toBe(false);
  });

  /** So many opening mails within an hour: how many are acknowledged? */
  function simulate(mailCount: number, who: Differs): number {
    let sent = 0;
    for (let mail = 0; mail < mailCount; mail += 1)
      if (decide({ ...who, facts: { ...who.facts, automaticLastHour: sent, automaticLastDay: sent } }).send) sent += 1;
    return sent;
  }
});

describe('the breaker (OUT-14)', () => {
  const week = (count: number) => Array<number>(168).fill(count);
  test.each([
    ['a quiet desk may always send five hundred an hour', 500, week(0), false, 500],
    ['and opens above', 501, week(0), true, 500],
    ['a busy desk may send five times its median hour', 1_000, week(200), false, 1_000],
    ['and opens above', 1_001, week(200), true, 1_000],
    ['hours without mail may be left out', 501, [5_000], true, 500],
    ['one wild hour does not move the median', 1_001, [...week(200).slice(1), 90_000], true, 1_000],
    ['nothing known yet', 0, [], false, 500],
  ])('%s', (_, lastHour, hourly, isBreakerOpen, hourLimit) => {
    expect(judgeAutomaticVolume(lastHour, hourly)).toEqual({ isBreakerOpen, hourCount: lastHour, hourLimit });
  });
});
