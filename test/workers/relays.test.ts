import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Desk, DeskMailbox, SmtpSettings } from '../../src/core/desk-config.ts';
import { createRelays } from '../../src/workers/relays.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { seedDesk } from '../support/desk.ts';
import { startRecordingRelay } from '../support/recording-relay.ts';
import { localhostCert, localhostKey } from '../support/tls.ts';

let database: TestDatabase;
let desk: Desk;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ desk } = await seedDesk(database.db));
  folder = await mkdtemp(join(tmpdir(), 'docket-relays-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await database.drop();
});

/** The seeded desk with its one mailbox's relay told otherwise. */
function deskWith(smtp: Partial<SmtpSettings>): { desk: Desk; mailbox: DeskMailbox } {
  const [seeded] = desk.mailboxes;
  if (seeded === undefined) throw new Error('the seeded desk has no mailbox');
  const mailbox = { ...seeded, smtp: { ...seeded.smtp, ...smtp } };
  return { desk: { ...desk, mailboxes: [mailbox] }, mailbox };
}

const mail = {
  envelopeFrom: 'support@desk.test',
  recipientAddress: 'karen@customer.test',
  header: Buffer.from('Subject: x\r\n\r\n'),
  body: Buffer.from('Hello\r\n'),
};

describe('the relay of a mailbox', () => {
  test('is kept until its settings change', async () => {
    let current = deskWith({ port: 2525 });
    const relays = createRelays({ desk: async () => current.desk, readSecret: () => '', clock: systemClock });
    const first = await relays.forMailbox(current.mailbox.id);
    expect(await relays.forMailbox(current.mailbox.id)).toBe(first);
    current = deskWith({ port: 2526 });
    expect(await relays.forMailbox(current.mailbox.id)).not.toBe(first);
    relays.close();
  });

  test('remains for mail of an archived mailbox, and is refused for one nobody knows', async () => {
    const { desk: whole, mailbox } = deskWith({});
    const archived = { ...whole, mailboxes: [], archivedMailboxes: [mailbox] };
    const relays = createRelays({ desk: async () => archived, readSecret: () => '', clock: systemClock });
    expect(await relays.forMailbox(mailbox.id)).toBeDefined();
    await expect(relays.forMailbox('999999')).rejects.toMatchObject({ code: 'MAILBOX_UNKNOWN' });
    relays.close();
  });

  test('is reached behind a private certificate authority, with the secret as it stands at each login', async () => {
    const server = await startRecordingRelay({
      login: { user: 'support', password: 'second' },
      tls: { mode: 'implicit', key: localhostKey, cert: localhostCert },
    });
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, localhostCert);
    const login = { kind: 'password', user: 'support', password: { env: 'SUPPORT_PASSWORD' } } as const;
    const current = deskWith({ host: 'localhost', port: server.port, tls: 'implicit', caFile, login });
    const secrets = ['first', 'second'];
    const relays = createRelays({
      desk: async () => current.desk,
      readSecret: () => secrets.shift() ?? '',
      clock: systemClock,
    });
    const relay = await relays.forMailbox(current.mailbox.id);
    const onData = async () => {};
    expect(await relay.deliver(mail, { onData })).toMatchObject({
      outcome: 'deferred',
      errorCode: 'RELAY_REFUSED_LOGIN',
    });
    expect(await relay.deliver(mail, { onData })).toMatchObject({ outcome: 'delivered' });
    relays.close();
    await server.stop();
  });
});
