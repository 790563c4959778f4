import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JudgedSender, KnownSender } from '../../src/core/identity.ts';
import type { InboundMail } from '../../src/core/inbound-mail.ts';
import { mintMessageId, mintToken, signingKeys, type TicketToken } from '../../src/core/reply-token.ts';
import {
  collectThreadKeys,
  decideThread,
  type ThreadFacts,
  type ThreadMatch,
  type ThreadTicket,
} from '../../src/core/thread.ts';
import { headerFields, inboundMail, mailAddress } from '../support/inbound-mail.ts';

const keys = signingKeys('a secret of at least thirty-two characters');
const KAREN: KnownSender = { addressId: '1', personId: '10', personAddressIds: ['1'], agent: null };

const tokenAddress = (ticketId: string, addressId = '1', purpose: TicketToken['purpose'] = 'reply') =>
  mailAddress(`support+${mintToken(keys, { purpose, ticketId, addressId })}@desk.test`);
const confirmAddress = (inboundMailId: string) =>
  mailAddress(`support+${mintToken(keys, { purpose: 'confirm', inboundMailId, addressId: '1' })}@desk.test`);
const articleId = (id: string) => mintMessageId(keys, { kind: 'article', id, domain: 'desk.test' });
const outboxId = (id: string) => mintMessageId(keys, { kind: 'outbox', id, domain: 'desk.test' });

function ticket(id: string, differs: Partial<ThreadTicket> = {}): ThreadTicket {
  return {
    id,
    number: String(1000 + Number(id)),
    version: 3,
    status: 'open',
    priority: 'normal',
    departmentId: '100',
    mailboxId: '200',
    slaPlanId: null,
    assigneeId: null,
    mergedIntoId: null,
    requesterId: '10',
    requesterAddresses: ['karen@customer.test'],
    collaborators: [],
    ...differs,
  };
}

function judged(authenticated: boolean): JudgedSender {
  return {
    address: 'karen@customer.test',
    name: '',
    authenticated,
    method: authenticated ? 'results' : null,
    silent: false,
    consistent: true,
    reasons: [],
  };
}

function decide(
  mail: InboundMail,
  {
    matches = [],
    tickets = [ticket('1'), ticket('2')],
    sender = KAREN,
    authenticated = false,
  }: Partial<ThreadFacts & { authenticated: boolean }> = {},
) {
  return decideThread(collectThreadKeys(mail, keys), { sender, tickets, matches }, judged(authenticated));
}

const ofArticle = (id: string, ticketId: string): ThreadMatch => ({
  key: 'signed-id',
  id: { kind: 'article', id },
  ticketId,
  recipientAddressId: null,
});
const ofForeign = (messageId: string, ticketId: string): ThreadMatch => ({ key: 'foreign-id', messageId, ticketId });
const ofNumber = (number: string, ticketId: string): ThreadMatch => ({ key: 'number', number, ticketId });

describe('what a mail says about its thread', () => {
  test.each<[string, Partial<InboundMail>]>([
    ['To', { to: [tokenAddress('1')] }],
    ['Cc', { cc: [tokenAddress('1')] }],
    ['Delivered-To', { deliveredTo: [tokenAddress('1').address] }],
    ['Resent-To', { headers: headerFields(['Resent-To', `Desk <${tokenAddress('1').address}>, a@b.test`]) }],
  ])('a token is found in %s', (_, differs) => {
    expect(collectThreadKeys(inboundMail(differs), keys).tokens).toEqual([
      { purpose: 'reply', ticketId: '1', addressId: '1' },
    ]);
  });

  test('a token in the text, the subject or References is not looked for', () => {
    const { address } = tokenAddress('1');
    const mail = inboundMail({ text: `> To: ${address}`, subject: address, references: [address] });
    expect(collectThreadKeys(mail, keys).tokens).toEqual([]);
  });

  test('tokens that name no ticket to answer on are left aside', () => {
    const mail = inboundMail({ to: [tokenAddress('0', '1', 'control'), confirmAddress('1')] });
    expect(collectThreadKeys(mail, keys).tokens).toEqual([]);
  });

  test('ids come as In-Reply-To first, then References newest first, ours and others apart, each once', () => {
    const mail = inboundMail({
      inReplyTo: ['b@customer.test'],
      references: ['a@customer.test', articleId('7'), 'b@customer.test', outboxId('8')],
    });
    const { signedIds, foreignIds } = collectThreadKeys(mail, keys);
    expect(signedIds).toEqual([
      { kind: 'outbox', id: '8', place: 'references 1' },
      { kind: 'article', id: '7', place: 'references 3' },
    ]);
    expect(foreignIds).toEqual([
      { messageId: 'b@customer.test', place: 'in-reply-to' },
      { messageId: 'a@customer.test', place: 'references 4' },
    ]);
  });

  test('an id in our shape with a wrong MAC is refused and told (case 31)', () => {
    const forged = articleId('7').replace(/^./, (first) => (first === 'a' ? 'b' : 'a'));
    const collected = collectThreadKeys(inboundMail({ inReplyTo: [forged] }), keys);
    expect(collected).toMatchObject({ signedIds: [], foreignIds: [] });
    expect(collected.refused).toEqual([{ rule: 'signed-id', saw: 'in-reply-to: not signed by us' }]);
    expect(decide(inboundMail({ inReplyTo: [forged] })).evidence).toEqual(collected.refused);
  });

  test.each([
    ['Re: [#1001] Mobile banking', ['1001']],
    ['AW: [Ticket#2024-11] x [Ticket: #12] [# 13]', ['2024-11', '12', '13']],
    ['Re: #1001 and (1001) and [1001]', []],
    [`${'[#1] '.repeat(3)}${'[#2] '.repeat(3)}`, ['1', '2']],
    [Array.from({ length: 9 }, (_, at) => `[#${at}]`).join(''), ['0', '1', '2', '3', '4']],
  ])('numbers in the subject %j: %j', (subject, numbers) => {
    expect(collectThreadKeys(inboundMail({ subject }), keys).ticketNumbers).toEqual(numbers);
  });

  test('Outlook answers share the first 22 bytes of their Thread-Index', () => {
    const root = Buffer.from('01dc4f0a11223344556677889900aabbccddeeff0011', 'hex');
    const indexOf = (value: string) =>
      collectThreadKeys(inboundMail({ headers: headerFields(['Thread-Index', value]) }), keys).threadIndex;
    expect(indexOf(root.toString('base64'))).toBe(root.toString('hex'));
    expect(indexOf(Buffer.concat([root, Buffer.from('0011223344', 'hex')]).toString('base64'))).toBe(
      root.toString('hex'),
    );
    expect(indexOf('not base64 at all, no!')).toBeNull();
    expect(indexOf('AAAA')).toBeNull();
  });
});

describe('the ticket a mail belongs to', () => {
  test('is found by the token alone', () => {
    expect(decide(inboundMail({ to: [tokenAddress('1')] }))).toMatchObject({
      ticket: { id: '1' },
      right: { right: 'join', as: 'requester' },
      evidence: [{ rule: 'token', saw: 'token 1: ticket 1, given to address 1: join' }],
    });
  });

  test('is found by our signed id, by a stored id, and by the id a relay gave our mail', () => {
    const signed = decide(inboundMail({ inReplyTo: [articleId('7')] }), { matches: [ofArticle('7', '2')] });
    expect(signed).toMatchObject({ ticket: { id: '2' }, right: { right: 'join-unverified' } });
    const stored = decide(inboundMail({ references: ['x@relay.test'] }), { matches: [ofForeign('x@relay.test', '2')] });
    expect(stored).toMatchObject({ ticket: { id: '2' }, right: { right: 'join-unverified' } });
  });

  test('an outbox id given to the sender alone proves as much as their token', () => {
    const match: ThreadMatch = {
      key: 'signed-id',
      id: { kind: 'outbox', id: '7' },
      ticketId: '1',
      recipientAddressId: '1',
    };
    expect(decide(inboundMail({ inReplyTo: [outboxId('7')] }), { matches: [match] }).right.right).toBe('join');
    const ofOther = { ...match, recipientAddressId: '9' };
    expect(decide(inboundMail({ inReplyTo: [outboxId('7')] }), { matches: [ofOther] }).right.right).toBe(
      'join-unverified',
    );
  });

  test('an article id is not taken for the outbox row of the same number', () => {
    const decision = decide(inboundMail({ inReplyTo: [outboxId('7')] }), { matches: [ofArticle('7', '2')] });
    expect(decision.ticket).toBeNull();
  });

  test('strongest evidence wins; the other ticket is a suggestion, never merged (TH-08)', () => {
    const mail = inboundMail({
      to: [tokenAddress('1')],
      inReplyTo: [articleId('7')],
      references: ['x@customer.test'],
      subject: '[#1003]',
    });
    const decision = decide(mail, {
      matches: [ofArticle('7', '2'), ofForeign('x@customer.test', '3'), ofNumber('1003', '3')],
      tickets: [ticket('1'), ticket('2'), ticket('3')],
      authenticated: true,
    });
    expect(decision.ticket?.id).toBe('1');
    expect(decision.suggestions.map(({ ticketId }) => ticketId)).toEqual(['2', '3']);
    expect(decision.suggestions[1]?.evidence).toHaveLength(2);
  });

  test('among equal evidence In-Reply-To decides', () => {
    const twoTokens = { to: [tokenAddress('1'), tokenAddress('2')] };
    expect(decide(inboundMail(twoTokens)).ticket?.id).toBe('1');
    const answering = inboundMail({ ...twoTokens, inReplyTo: [articleId('7')] });
    expect(decide(answering, { matches: [ofArticle('7', '2')] }).ticket?.id).toBe('2');
    const referring = inboundMail({ inReplyTo: [articleId('7')], references: [articleId('8')] });
    const matches = [ofArticle('8', '1'), ofArticle('7', '2')];
    expect(decide(referring, { matches }).ticket?.id).toBe('2');
  });

  test('among equal evidence in References the newest decides', () => {
    const mail = inboundMail({ references: [articleId('7'), articleId('8')] });
    expect(decide(mail, { matches: [ofArticle('7', '1'), ofArticle('8', '2')] }).ticket?.id).toBe('2');
  });

  test('evidence without a right gives way to weaker evidence with one', () => {
    const mail = inboundMail({ inReplyTo: ['x@customer.test'], subject: '[#1002]' });
    const decision = decide(mail, {
      matches: [ofForeign('x@customer.test', '1'), ofNumber('1002', '2')],
      tickets: [ticket('1', { requesterId: '99' }), ticket('2')],
      authenticated: true,
    });
    expect(decision.ticket?.id).toBe('2');
    expect(decision.suggestions.map(({ ticketId }) => ticketId)).toEqual(['1']);
  });

  test('a guessed number is a suggestion at most (TH-01, case 29)', () => {
    const decision = decide(inboundMail({ subject: 'Re: [#1001]' }), {
      matches: [ofNumber('1001', '1')],
      sender: null,
    });
    expect(decision).toMatchObject({ ticket: null, right: { right: 'none' }, suggestions: [{ ticketId: '1' }] });
  });

  test('a Thread-Index joins an authenticated participant only', () => {
    const mail = inboundMail({ headers: headerFields(['Thread-Index', 'AdxPChEiM0RVZneImQCqu8zd7v8AEQ==']) });
    const matches: ThreadMatch[] = [{ key: 'thread-index', ticketId: '1' }];
    expect(decide(mail, { matches }).ticket).toBeNull();
    expect(decide(mail, { matches, authenticated: true }).ticket?.id).toBe('1');
  });

  test('a forwarded token holds the stranger who answers on it (TH-04, TH-05, case 32)', () => {
    const decision = decide(inboundMail({ to: [tokenAddress('1')] }), { sender: null, authenticated: true });
    expect(decision).toMatchObject({ ticket: { id: '1' }, right: { right: 'held', reason: 'stranger' } });
  });

  test('the best right of several proofs of one ticket counts', () => {
    const mail = inboundMail({ to: [tokenAddress('1', '9'), tokenAddress('1', '1')] });
    expect(decide(mail).right.right).toBe('join');
  });

  test('a token of a ticket that is not there leads nowhere', () => {
    expect(decide(inboundMail({ to: [tokenAddress('77')] })).ticket).toBeNull();
  });

  test('a merged ticket passes on to the end of its merges (TH-09)', () => {
    const tickets = [ticket('1', { mergedIntoId: '2' }), ticket('2', { mergedIntoId: '3' }), ticket('3')];
    expect(decide(inboundMail({ to: [tokenAddress('1')] }), { tickets }).ticket?.id).toBe('3');
  });

  test('whoever took part in a merged ticket keeps their right at its target', () => {
    const tickets = [ticket('1', { mergedIntoId: '2' }), ticket('2', { requesterId: '99', requesterAddresses: [] })];
    expect(decide(inboundMail({ to: [tokenAddress('1')] }), { tickets })).toMatchObject({
      ticket: { id: '2' },
      right: { right: 'join' },
    });
    expect(decide(inboundMail({ to: [tokenAddress('2', '5')] }), { tickets }).right.right).toBe('held');
  });

  test('merges in a circle, or into nothing, lead nowhere (TH-10)', () => {
    const circle = [ticket('1', { mergedIntoId: '2' }), ticket('2', { mergedIntoId: '1' })];
    expect(decide(inboundMail({ to: [tokenAddress('1')] }), { tickets: circle }).ticket).toBeNull();
    const broken = [ticket('1', { mergedIntoId: '9' })];
    expect(decide(inboundMail({ to: [tokenAddress('1')] }), { tickets: broken }).ticket).toBeNull();
  });

  test('evidence names ids and places, never an address or a Message-ID', () => {
    const mail = inboundMail({
      to: [tokenAddress('1')],
      inReplyTo: ['karen.private@customer.test'],
      subject: '[#1001]',
    });
    const matches = [ofForeign('karen.private@customer.test', '1'), ofNumber('1001', '2')];
    const { evidence, suggestions } = decide(mail, { matches });
    expect(JSON.stringify([evidence, suggestions])).not.toMatch(/@|karen|private/);
  });
});

describe('the id a relay gave our mail', () => {
  const mail = inboundMail({ to: [tokenAddress('1')], inReplyTo: ['0100018@relay.test'] });

  test("is learnt from an answer that carries its sender's own token", () => {
    expect(decide(mail).learnt).toEqual({ messageId: '0100018@relay.test', ticketId: '1', addressId: '1' });
  });

  test.each<[string, Parameters<typeof decide>[1]]>([
    ['is not learnt once known', { matches: [ofForeign('0100018@relay.test', '1')] }],
    ['is not learnt from a stranger', { sender: null }],
    [
      'is not learnt from somebody with a borrowed token',
      { sender: { ...KAREN, addressId: '8', personAddressIds: ['8'] } },
    ],
  ])('%s', (_, facts) => {
    expect(decide(mail, facts).learnt).toBeNull();
  });

  test('is not our own signed id', () => {
    expect(decide(inboundMail({ to: [tokenAddress('1')], inReplyTo: [articleId('7')] })).learnt).toBeNull();
  });
});

describe('threading is bounded (TH-10, case 30)', () => {
  const many = Array.from({ length: 10_000 }, (_, at) =>
    at % 2 === 0 ? `id${at}@customer.test` : articleId(String(at)),
  );

  test('10,000 references take less than 50 ms, the newest are kept, and cycles do no harm', () => {
    const mail = inboundMail({ messageId: many[0] ?? '', inReplyTo: [many[0] ?? ''], references: [...many, ...many] });
    const matches = [...Array(100).keys()].flatMap((at) => [
      ofForeign(`id${9_998 - 2 * at}@customer.test`, '1'),
      ofArticle(String(9_999 - 2 * at), '2'),
    ]);
    decide(mail, { matches });
    const started = performance.now();
    const decision = decide(mail, { matches });
    expect(performance.now() - started).toBeLessThan(50);
    expect(decision.ticket?.id).toBe('2');
    const { signedIds, foreignIds } = collectThreadKeys(mail, keys);
    expect(signedIds.length + foreignIds.length).toBe(100);
    expect(signedIds[0]).toMatchObject({ id: '9999', place: 'references 1' });
  });

  test('never throws, whatever headers say', () => {
    const id = fc.oneof(fc.string(), fc.constant(articleId('7')), fc.constant(articleId('7').slice(3)));
    fc.assert(
      fc.property(fc.array(id), fc.array(id), fc.string(), fc.string(), (inReplyTo, references, subject, index) => {
        const headers = headerFields(['thread-index', index], ['bcc', subject]);
        decide(inboundMail({ inReplyTo, references, subject, headers }), { matches: [ofArticle('7', '1')] });
      }),
    );
  });
});
