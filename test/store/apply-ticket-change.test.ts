import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Id } from '../../src/core/ticket.ts';
import type { OpenTicket, SettleInboundMail, TicketChange, UpdateTicket } from '../../src/core/ticket-change.ts';
import { applyTicketChange } from '../../src/store/apply-ticket-change.ts';
import { createIdPool, type IdPool } from '../../src/store/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let ids: IdPool;
let mailboxId: Id;
let departmentId: Id;

beforeAll(async () => {
  database = await createTestDatabase();
  ids = createIdPool(database.db);
  [mailboxId = '', departmentId = ''] = await database
    .db('config_object')
    .insert([
      { kind: 'mailbox', key: 'support', position: 0 },
      { kind: 'department', key: 'general', position: 0 },
    ])
    .returning('id')
    .then((rows: { id: Id }[]) => rows.map((row) => row.id));
});
afterAll(() => database.drop());

/** Opens a ticket for a new person, with the mail that asked for it and an acknowledgement. */
async function opening(overrides: { causeKey?: string; address?: string } = {}): Promise<TicketChange> {
  const [ticketId, personId, addressId, articleId, outboxId] = await Promise.all([
    ids.draw('ticket'),
    ids.draw('person'),
    ids.draw('person_address'),
    ids.draw('article'),
    ids.draw('outbox'),
  ]);
  const ticket: OpenTicket = {
    action: 'open',
    id: ticketId,
    number: await ids.drawTicketNumber(),
    subject: 'The app does not start',
    status: 'new',
    priority: 'normal',
    mailboxId,
    departmentId,
    requesterId: personId,
    requesterAddressId: addressId,
    assigneeId: null,
    slaPlanId: null,
    language: null,
    tags: ['app'],
    followsTicketId: null,
  };
  return {
    cause: { kind: 'mail', key: overrides.causeKey ?? `mail-${ticketId}` },
    actor: { kind: 'requester', personId },
    occurredAt: new Date('2026-11-23T10:00:00Z'),
    configVersion: null,
    ticket,
    people: [{ id: personId, name: 'Karen', language: null }],
    addresses: [{ id: addressId, personId, address: overrides.address ?? `karen-${ticketId}@customer.test` }],
    collaborators: [],
    articles: [
      {
        id: articleId,
        kind: 'inbound',
        visibility: 'public',
        state: 'accepted',
        marks: ['unverified'],
        authorId: personId,
        authorAddressId: addressId,
        inboundMailId: null,
        messageId: `m-${ticketId}@customer.test`,
        threadIndex: '01'.repeat(22),
        subject: 'The app does not start',
        text: 'Hello,\nit does not start.',
        spans: [{ kind: 'reply', from: 0, to: 25 }],
        language: null,
        attachments: [
          {
            partPath: '2',
            fileName: 'screen.png',
            contentType: 'image/png',
            sizeBytes: 12,
            sha256: 'ab'.repeat(32),
            contentId: null,
            inline: false,
          },
        ],
      },
    ],
    events: [
      {
        kind: 'ticket.opened',
        status: 'new',
        priority: 'normal',
        departmentId,
        slaPlanId: null,
        followsTicketId: null,
        assignment: 'manual',
      },
      { kind: 'article.added', articleId, articleKind: 'inbound', state: 'accepted', awaitsAnswer: true, evidence: [] },
    ],
    clocks: [],
    outbox: [
      {
        id: outboxId,
        purpose: 'acknowledgement',
        automatic: true,
        articleId: null,
        mailboxId,
        envelopeFrom: 'support@desk.test',
        recipientAddress: 'karen@customer.test',
        recipientAddressId: addressId,
        automaticMailCount: null,
        messageId: `o-${outboxId}@desk.test`,
        header: Buffer.from('Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n'),
        body: Buffer.from('We have it.\r\n'),
      },
    ],
    returned: [],
    suppressions: [],
    absence: null,
    acceptedArticles: [],
    discardedArticles: [],
    confirmation: null,
    articleMarks: [],
    learnt: null,
    settles: null,
  };
}

function update(opened: TicketChange, expectedVersion: number, causeKey: string): TicketChange {
  const ticket: UpdateTicket = {
    action: 'update',
    id: opened.ticket.id,
    expectedVersion,
    set: { status: 'open' },
    addTags: ['seen'],
    removeTags: ['app'],
  };
  return {
    ...opened,
    cause: { kind: 'command', key: causeKey },
    ticket,
    people: [],
    addresses: [],
    articles: [],
    outbox: [],
    events: [{ kind: 'ticket.status-changed', from: 'new', to: 'open' }],
  };
}

async function counts(): Promise<Record<string, number>> {
  const tables = ['ticket', 'ticket_change', 'ticket_event', 'article', 'attachment', 'outbox', 'person'];
  const { rows } = await database.db.raw(
    `select ${tables.map((table) => `(select count(*)::int from ${table}) as ${table}`).join(', ')}`,
  );
  return rows[0];
}

describe('one change is written whole', () => {
  test('an opened ticket stands there with its article, attachment, events, tags, person and outgoing mail', async () => {
    const change = await opening();
    expect(await applyTicketChange(database.db, change)).toEqual({ outcome: 'applied' });

    const { id } = change.ticket;
    expect(await database.db('ticket').where({ id }).first('version', 'status', 'requester_id')).toMatchObject({
      version: 2,
      status: 'new',
      requester_id: change.actor.personId,
    });
    expect(
      await database.db('ticket_event').where({ ticket_id: id }).orderBy('seq').select('seq', 'kind', 'queue'),
    ).toEqual([
      { seq: 1, kind: 'ticket.opened', queue: null },
      { seq: 2, kind: 'article.added', queue: null },
    ]);
    const article = await database.db('article').where({ ticket_id: id }).first();
    expect(article).toMatchObject({ marks: ['unverified'], spans: [{ kind: 'reply', from: 0, to: 25 }] });
    expect(await database.db('attachment').where({ article_id: article.id }).first('file_name', 'sha256')).toEqual({
      file_name: 'screen.png',
      sha256: Buffer.from('ab'.repeat(32), 'hex'),
    });
    const outgoing = await database
      .db('outbox')
      .join('blob', 'blob.sha256', 'outbox.body_sha256')
      .where({ ticket_id: id })
      .first('header', 'content', 'state', 'change_id');
    expect(outgoing).toMatchObject({
      header: change.outbox[0]?.header,
      content: change.outbox[0]?.body,
      state: 'queued',
      change_id: article.change_id,
    });
    expect(await database.db('ticket_tag').where({ ticket_id: id }).pluck('tag')).toEqual(['app']);
  });

  test('an update raises the version by its events and numbers them on', async () => {
    const change = await opening();
    await applyTicketChange(database.db, change);
    expect(await applyTicketChange(database.db, update(change, 2, 'first'))).toEqual({ outcome: 'applied' });
    const { id } = change.ticket;
    expect(await database.db('ticket').where({ id }).first('version', 'status')).toEqual({
      version: 3,
      status: 'open',
    });
    expect(await database.db('ticket_event').where({ ticket_id: id }).max('seq as seq').first()).toEqual({ seq: 3 });
    expect(await database.db('ticket_tag').where({ ticket_id: id }).pluck('tag')).toEqual(['seen']);
  });
});

describe('what must not be written leaves no trace', () => {
  test('a change decided on an older version is stale', async () => {
    const change = await opening();
    await applyTicketChange(database.db, change);
    const before = await counts();
    expect(await applyTicketChange(database.db, update(change, 1, 'late'))).toEqual({ outcome: 'stale' });
    expect(await applyTicketChange(database.db, update(change, 7, 'early'))).toEqual({ outcome: 'stale' });
    expect(await counts()).toEqual(before);
  });

  test('the same cause has its effect once', async () => {
    await applyTicketChange(database.db, await opening({ causeKey: 'twice' }));
    const before = await counts();
    expect(await applyTicketChange(database.db, await opening({ causeKey: 'twice' }))).toEqual({
      outcome: 'duplicate',
    });
    expect(await counts()).toEqual(before);
  });

  test('two mails of one new person at once: the second is decided again', async () => {
    await applyTicketChange(database.db, await opening({ address: 'new@customer.test' }));
    const before = await counts();
    expect(await applyTicketChange(database.db, await opening({ address: 'new@customer.test' }))).toEqual({
      outcome: 'stale',
    });
    expect(await counts()).toEqual(before);
  });

  test('a worker whose lease was taken over writes nothing', async () => {
    await database.db('blob').insert({ sha256: Buffer.alloc(32), size_bytes: 0, content: '' });
    const [{ id }] = await database
      .db('inbound_mail')
      .insert({
        mailbox_id: mailboxId,
        source: 'imap',
        raw_sha256: Buffer.alloc(32),
        size_bytes: 0,
        occurred_at: new Date(),
        fencing_token: 2,
      })
      .returning('id');
    const before = await counts();
    const settles: SettleInboundMail = {
      row: 'inbound_mail',
      id,
      fencingToken: '1',
      causeKey: 'key',
      disposition: 'opened',
      kind: 'person',
      articleId: null,
      evidence: [],
    };
    expect(await applyTicketChange(database.db, { ...(await opening()), settles })).toEqual({ outcome: 'lease-lost' });
    expect(await counts()).toEqual(before);

    const held = await opening();
    const settled = { ...settles, fencingToken: '2', articleId: held.articles[0]?.id ?? null };
    expect(await applyTicketChange(database.db, { ...held, settles: settled })).toEqual({ outcome: 'applied' });
    expect(await database.db('inbound_mail').where({ id }).first('state', 'ticket_id', 'cause_key')).toEqual({
      state: 'settled',
      ticket_id: held.ticket.id,
      cause_key: 'key',
    });
  });

  test('OUT-13: automatic mail that another change sent since the caps were judged makes it stale', async () => {
    const change = await opening();
    await applyTicketChange(database.db, change);
    const more = async (automaticMailCount: number, key: string) => ({
      ...update(change, 2, key),
      outbox: (await opening()).outbox.map((row) => ({
        ...row,
        recipientAddressId: change.addresses[0]?.id ?? null,
        automaticMailCount,
      })),
    });
    const before = await counts();
    expect(await applyTicketChange(database.db, await more(0, 'unaware'))).toEqual({ outcome: 'stale' });
    expect(await counts()).toEqual(before);
    expect(await applyTicketChange(database.db, await more(1, 'aware'))).toEqual({ outcome: 'applied' });
  });

  test('of two changes at the same moment one is applied and the other stale', async () => {
    const change = await opening();
    await applyTicketChange(database.db, change);
    const outcomes = await Promise.all([
      applyTicketChange(database.db, update(change, 2, 'left')),
      applyTicketChange(database.db, update(change, 2, 'right')),
    ]);
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['applied', 'stale']);
  });
});
