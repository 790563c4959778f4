import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ThreadKeys } from '../../src/core/thread.ts';
import type { Id } from '../../src/core/ticket.ts';
import { findFacts } from '../../src/store/facts.ts';
import type { MailQuestion } from '../../src/store/mail-facts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { seedDesk } from '../support/desk.ts';
import { openTicket } from '../support/opened-tickets.ts';

const KAREN = 'karen@customer.test';
const NO_KEYS: ThreadKeys = {
  tokens: [],
  confirmTokens: [],
  signedIds: [],
  foreignIds: [],
  ticketNumbers: [],
  threadIndex: null,
  refused: [],
  returned: { tokens: [], signedIds: [], foreignIds: [] },
};

let database: TestDatabase;
let karen: { personId: Id; addressId: Id };
let mailboxId: Id;
let ticketId: Id;
let otherTicketId: Id;
let articleId: Id;
let outboxId: Id;

beforeAll(async () => {
  database = await createTestDatabase();
  const { db } = database;
  ({ mailboxId } = await seedDesk(db));
  ticketId = await openTicket(db);
  otherTicketId = await openTicket(db);
  const { requester_id: personId } = await db('ticket').where({ id: ticketId }).first('requester_id');
  const [address] = await db('person_address').insert({ person_id: personId, address: KAREN }).returning('id');
  karen = { personId, addressId: address.id };
  const { change_id: changeId } = await db('ticket_event').where({ ticket_id: ticketId }).first('change_id');
  [{ id: articleId }] = await db('article')
    .insert({
      ticket_id: ticketId,
      change_id: changeId,
      kind: 'inbound',
      visibility: 'public',
      state: 'accepted',
      message_id: 'first@customer.test',
      thread_index: Buffer.from('a1'.repeat(22), 'hex'),
      subject: '',
      text: '',
      spans: '[]',
      occurred_at: new Date(),
    })
    .returning('id');
  const [body] = await db('blob')
    .insert({ sha256: Buffer.alloc(32), size_bytes: 0 })
    .returning('sha256');
  [{ id: outboxId }] = await db('outbox')
    .insert({
      purpose: 'acknowledgement',
      automatic: true,
      ticket_id: ticketId,
      article_id: articleId,
      mailbox_id: mailboxId,
      envelope_from: '',
      recipient_address: KAREN,
      recipient_address_id: karen.addressId,
      message_id: 'ours@desk.test',
      relay_message_id: 'given-by-relay@provider.test',
      header: Buffer.alloc(0),
      body_sha256: body.sha256,
    })
    .returning('id');
  await db('ticket_alias').insert({ number: 'OLD-7', ticket_id: ticketId });
});
afterAll(() => database.drop());

function find(keys: Partial<ThreadKeys>, question: Partial<MailQuestion> = {}) {
  return findFacts(
    database.db,
    { ...NO_KEYS, ...keys },
    {
      inboundMailId: '0',
      causeKey: 'cause',
      messageId: null,
      senderAddress: KAREN,
      namedAddresses: [],
      returned: NO_KEYS.returned,
      ...question,
    },
  );
}

describe('the thread', () => {
  test('a mail without any key is asked for its sender alone', async () => {
    const { thread } = await find({});
    expect(thread).toEqual({
      sender: { ...karen, personAddressIds: [karen.addressId], agent: null },
      matches: [],
      tickets: [],
    });
  });

  test('a stranger, or no sender at all, is null', async () => {
    expect((await find({}, { senderAddress: 'nobody@customer.test' })).thread.sender).toBeNull();
    expect((await find({}, { senderAddress: null })).thread.sender).toBeNull();
  });

  test('each kind of key leads to its ticket', async () => {
    const place = 'References';
    const number = String((await database.db('ticket').where({ id: ticketId }).first('number')).number);
    const cases: [Partial<ThreadKeys>, object][] = [
      [
        { signedIds: [{ kind: 'article', id: articleId, place }] },
        { key: 'signed-id', id: { kind: 'article', id: articleId }, recipientAddressId: null },
      ],
      [
        { signedIds: [{ kind: 'outbox', id: outboxId, place }] },
        { key: 'signed-id', id: { kind: 'outbox', id: outboxId }, recipientAddressId: karen.addressId },
      ],
      [
        { foreignIds: [{ messageId: 'first@customer.test', place }] },
        { key: 'foreign-id', messageId: 'first@customer.test' },
      ],
      [
        { foreignIds: [{ messageId: 'given-by-relay@provider.test', place }] },
        { key: 'foreign-id', messageId: 'given-by-relay@provider.test' },
      ],
      [{ ticketNumbers: [number] }, { key: 'number', number }],
      [{ ticketNumbers: ['OLD-7'] }, { key: 'number', number: 'OLD-7' }],
      [{ threadIndex: 'a1'.repeat(22) }, { key: 'thread-index' }],
    ];
    for (const [keys, match] of cases) {
      const { thread } = await find(keys);
      expect(thread.matches).toEqual([{ ...match, ticketId }]);
      expect(thread.tickets).toMatchObject([
        { id: ticketId, requesterId: karen.personId, requesterAddresses: [KAREN] },
      ]);
    }
  });

  test('a token names its ticket itself, and nothing needs to match', async () => {
    const token = { purpose: 'reply', ticketId, addressId: karen.addressId, keyId: 1 } as const;
    const { thread } = await find({ tokens: [token] });
    expect(thread.matches).toEqual([]);
    expect(thread.tickets.map(({ id }) => id)).toEqual([ticketId]);
  });

  test('what a ticket was merged into is told with it', async () => {
    await database.db('ticket').where({ id: ticketId }).update({ merged_into_id: otherTicketId });
    const { thread } = await find({ ticketNumbers: ['OLD-7'] });
    expect(thread.tickets.map(({ id }) => id).sort()).toEqual([ticketId, otherTicketId].sort());
    await database.db('ticket').where({ id: ticketId }).update({ merged_into_id: null });
  });
});

describe('the mail itself', () => {
  test('nothing is known of a first mail', async () => {
    const { mail } = await find({}, { senderAddress: 'nobody@customer.test' });
    expect(mail).toEqual({
      duplicateOf: null,
      isMessageIdReused: false,
      outgoing: [],
      addresses: [],
      automaticLastHour: 0,
      automaticLastDay: 0,
      isCorrespondent: false,
    });
  });

  test('automatic mail to the sender is counted, and who is named is found', async () => {
    const { mail } = await find({}, { senderAddress: KAREN, namedAddresses: ['john@desk.test'] });
    expect([mail.automaticLastHour, mail.automaticLastDay]).toEqual([1, 1]);
    expect(mail.addresses.map(({ address, isAgent }) => [address, isAgent]).sort()).toEqual([
      ['john@desk.test', true],
      [KAREN, false],
    ]);
  });

  test('a returned mail is found by its token, its row, its article, and the id a relay gave it', async () => {
    const none = NO_KEYS.returned;
    const token = { purpose: 'bounce', ticketId, addressId: karen.addressId, keyId: 1 } as const;
    for (const returned of [
      { ...none, tokens: [token] },
      { ...none, signedIds: [{ kind: 'outbox' as const, id: outboxId }] },
      { ...none, signedIds: [{ kind: 'article' as const, id: articleId }] },
      { ...none, foreignIds: ['given-by-relay@provider.test'] },
    ]) {
      const { mail } = await find({}, { returned });
      expect(mail.outgoing).toMatchObject([{ outboxId, ticketId, articleId, recipientAddress: KAREN }]);
    }
  });
});
