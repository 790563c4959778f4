import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { seedDesk } from '../support/desk.ts';
import { createTestIntake } from '../support/intake.ts';
import { buildMail } from '../support/mail-builder.ts';
import { type MistreatedPostgres, startMistreatedPostgres } from '../support/mistreated-postgres.ts';

let postgres: MistreatedPostgres;

beforeAll(async () => {
  postgres = await startMistreatedPostgres();
});
afterAll(() => postgres.drop());

test('a mail that the database was away for, again and again, keeps its attempts and is taken in', async () => {
  const { db } = postgres;
  const { desk } = await seedDesk(db);
  let outages = 5;
  const intake = createTestIntake(postgres, desk, {
    parser: {
      async parse(raw) {
        if (outages > 0) await postgres.kill();
        return { outcome: 'parsed', mail: await parseMail(raw) };
      },
      async close() {},
    },
  });
  const id = await intake.receive(buildMail({}));
  const lookWhenDue = async () => {
    await db('inbound_mail').update({ due_at: db.raw(`clock_timestamp() - interval '1 second'`) });
    await intake.drain();
  };
  for (; outages > 0; outages--) {
    await expect(lookWhenDue()).rejects.toThrow();
    await postgres.start();
    // Writes down what is owed, and puts the mail off for that.
    await intake.drain();
  }
  await lookWhenDue();
  expect(await db('inbound_mail').where({ id }).first('state', 'disposition', 'attempts')).toEqual({
    state: 'settled',
    disposition: 'opened',
    attempts: 1,
  });
});
