import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { seedDesk } from '../support/desk.ts';
import { type DocketRun, jsonLines, runDocket } from '../support/docket.ts';
import { createTestIntake } from '../support/intake.ts';
import { buildMail } from '../support/mail-builder.ts';

let database: TestDatabase;
const docket = (...args: string[]): Promise<DocketRun> => runDocket(args, { env: { DATABASE_URL: database.url } });

/** Karen asks twice, once with what a terminal would obey in the subject; Carl asks once, and his mail is broken. */
beforeAll(async () => {
  database = await createTestDatabase();
  const { desk } = await seedDesk(database.db, { agents: [] });
  const intake = createTestIntake(database, desk);
  const mails = [
    {
      subject: 'First',
      text: 'Mobile banking does not work.\n',
      attachments: [{ fileName: 'screen.png', content: Buffer.from('png') }],
    },
    { subject: 'Zweite \u009b31m Frage \u202e', text: 'Noch etwas.\n' },
  ];
  for (const [index, mail] of mails.entries()) {
    await intake.receive(
      buildMail({
        from: 'Karen <karen@customer.test>',
        to: 'support@desk.test',
        messageId: `<m${index}@customer.test>`,
        ...mail,
      }),
    );
    await intake.drain();
  }
  const resting = await intake.receive(
    buildMail({ from: 'carl@customer.test', to: 'support@desk.test', messageId: '<c@customer.test>' }),
  );
  await database
    .db('inbound_mail')
    .where('id', resting)
    .update({ state: 'quarantined', attempts: 3, last_error_code: 'MAIL_PARSER_TIMEOUT' });
});
afterAll(() => database.drop());

describe('docket tickets list', () => {
  test('gives every ticket as a line of JSON, newest first', async () => {
    const run = await docket('tickets', 'list', '--json');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const tickets = jsonLines(run);
    expect(tickets.map(({ number }) => number)).toEqual(['1002', '1001']);
    expect(tickets[1]).toEqual({
      schemaVersion: 1,
      id: expect.stringMatching(/^\d+$/),
      number: '1001',
      subject: 'First',
      status: 'new',
      priority: 'normal',
      department: 'general',
      mailbox: 'support',
      slaPlan: null,
      assignee: null,
      waitsForAgentSince: null,
      requester: 'karen@customer.test',
      requesterName: 'Karen',
      tags: [],
      articleCount: 1,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    });
  });

  test('is a table for people, and nothing in it steers their terminal', async () => {
    const run = await docket('tickets', 'list');
    expect(run.stdout.split('\n')[0]).toMatch(/^NUMBER +STATUS +PRIORITY/);
    expect(run.stdout).toMatch(/1001 .*karen@customer.test/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for exactly those
    expect(run.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for exactly those
    expect((await docket('tickets', 'list', '--json')).stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test.each<[string[], string[]]>([
    [
      ['--status', 'new'],
      ['1002', '1001'],
    ],
    [['--status', 'open', '--status', 'closed'], []],
    [
      ['--department', 'general', '--requester', 'karen@customer.test'],
      ['1002', '1001'],
    ],
    [['--department', 'other'], []],
    [['--assignee', 'john'], []],
    [['--limit', '1'], ['1002']],
  ])('with %j', async (args, numbers) => {
    const tickets = jsonLines(await docket('tickets', 'list', '--json', ...args));
    expect(tickets.map(({ number }) => number)).toEqual(numbers);
  });

  test('says when it does not show all, and when there is none', async () => {
    expect((await docket('tickets', 'list', '--limit', '1')).stderr).toBe('There are more: raise --limit.\n');
    expect((await docket('tickets', 'list', '--status', 'closed')).stderr).toBe('No tickets.\n');
  });
});

describe('docket tickets show', () => {
  test('says of a mail that was given up that it expired, as docket outbox list does', async () => {
    const before = await database.db('outbox').orderBy('id').first();
    const now = database.db.raw('clock_timestamp()');
    await database.db('outbox').where({ id: before.id }).update({ state: 'deferred', settled_at: now });
    const [ticket] = jsonLines(await docket('tickets', 'show', '1001', '--json'));
    expect(ticket).toMatchObject({ articles: [{ deliveries: [{ id: before.id, state: 'expired' }] }] });
    await database.db('outbox').where({ id: before.id }).update({ state: before.state, settled_at: null });
  });

  test('gives one ticket with its articles, deliveries, events and clocks', async () => {
    const run = await docket('tickets', 'show', '1001', '--json');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(jsonLines(run)).toEqual([
      expect.objectContaining({
        number: '1001',
        status: 'new',
        clocks: [],
        collaborators: [],
        articles: [
          expect.objectContaining({
            kind: 'inbound',
            visibility: 'public',
            state: 'accepted',
            from: 'karen@customer.test',
            text: 'Mobile banking does not work.\n',
            messageId: 'm0@customer.test',
            createdAt: expect.stringMatching(/Z$/),
            attachments: [expect.objectContaining({ fileName: 'screen.png', sizeBytes: 3 })],
            deliveries: [
              expect.objectContaining({
                purpose: 'acknowledgement',
                recipient: 'karen@customer.test',
                state: 'queued',
                attempts: 0,
                unknownCount: 0,
                dueAt: expect.stringMatching(/Z$/),
                settledAt: null,
              }),
            ],
          }),
        ],
        events: [
          expect.objectContaining({ seq: 1, kind: 'ticket.opened', actor: 'requester', cause: 'mail' }),
          expect.objectContaining({ seq: 2, kind: 'article.added' }),
          expect.objectContaining({ seq: 3, kind: 'mail.enqueued' }),
          expect.objectContaining({
            seq: 4,
            kind: 'mail.suppressed',
            data: { purpose: 'notification', reason: 'nobody-to-tell' },
          }),
        ],
      }),
    ]);
  });

  test('reads well, and takes the number as mails write it', async () => {
    const run = await docket('tickets', 'show', '#1001');
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('#1001 First');
    expect(run.stdout).toContain('    Mobile banking does not work.');
    expect(run.stdout).toMatch(/acknowledgement \d+ to karen@customer.test: queued after 0 attempts/);
  });

  test('of a number that was never given fails', async () => {
    const run = await docket('tickets', 'show', '99', '--json');
    expect(run).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'docket: There is no ticket 99. See: docket tickets list\n',
    });
  });
});

describe('docket mail', () => {
  test('list gives every received mail with what became of it', async () => {
    const mails = jsonLines(await docket('mail', 'list', '--json'));
    expect(
      mails.map(({ state, disposition, ticketNumber, messageId }) => [state, disposition, ticketNumber, messageId]),
    ).toEqual([
      ['quarantined', null, null, 'c@customer.test'],
      ['settled', 'opened', '1002', 'm1@customer.test'],
      ['settled', 'opened', '1001', 'm0@customer.test'],
    ]);
    expect(
      jsonLines(await docket('mail', 'list', '--json', '--state', 'quarantined', '--mailbox', 'support')),
    ).toHaveLength(1);
    expect((await docket('mail', 'list')).stdout).toContain('MAIL_PARSER_TIMEOUT');
  });

  test('show tells the decision with its evidence, and --raw gives the bytes as received', async () => {
    const [mail] = jsonLines(await docket('mail', 'list', '--json', '--state', 'settled', '--limit', '1'));
    const [shown] = jsonLines(await docket('mail', 'show', String(mail?.id), '--json'));
    expect(shown).toMatchObject({ kind: 'person', disposition: 'opened', evidence: expect.any(Array), places: [] });
    const raw = await docket('mail', 'show', String(mail?.id), '--raw');
    expect(raw.stdout).toMatch(/^(.+\r\n)+\r\nNoch etwas\.\r\n$/);
    expect(await docket('mail', 'show', '999')).toMatchObject({ exitCode: 1, stdout: '' });
  });

  test('replay gives a mail in quarantine another try, and nothing else', async () => {
    const [resting] = jsonLines(await docket('mail', 'list', '--json', '--state', 'quarantined'));
    const id = String(resting?.id);
    expect(jsonLines(await docket('mail', 'replay', id, '--as-plain-ticket', '--json'))).toEqual([
      { schemaVersion: 1, id, outcome: 'replayed' },
    ]);
    expect(await database.db('inbound_mail').where('id', id).first('state', 'attempts', 'as_plain_ticket')).toEqual({
      state: 'received',
      attempts: 0,
      as_plain_ticket: true,
    });
    expect(await docket('mail', 'replay', id)).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await docket('mail', 'replay', '999')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no mail 999'),
    });
  });
});

describe('docket outbox', () => {
  test('list gives what leaves, and retry makes it due', async () => {
    const mails = jsonLines(await docket('outbox', 'list', '--json', '--ticket', '1001'));
    expect(mails).toMatchObject([
      { ticketNumber: '1001', state: 'queued', recipientAddress: 'karen@customer.test', attempts: 0 },
    ]);
    const id = String(mails[0]?.id);
    await database
      .db('outbox')
      .where('id', id)
      .update({ state: 'rejected', settled_at: new Date(), last_answer: '550 no' });
    expect((await docket('outbox', 'list', '--state', 'rejected')).stdout).toContain('550 no');
    expect(jsonLines(await docket('outbox', 'list', '--open', '--json'))).toEqual([]);
    expect(jsonLines(await docket('outbox', 'retry', id, '--json'))).toEqual([
      { schemaVersion: 1, id, outcome: 'due' },
    ]);
    expect(jsonLines(await docket('outbox', 'list', '--open', '--json'))).toMatchObject([{ id, state: 'queued' }]);
    expect(await docket('outbox', 'retry', '999')).toMatchObject({ exitCode: 1, stdout: '' });
  });
});
