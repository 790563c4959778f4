import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDovecot, type TestDovecot } from '../support/dovecot.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

const MAIL = 'Subject: hello\r\n\r\nHello.\r\n';

describe('the Dovecot of the tests', () => {
  let dovecot: TestDovecot;
  beforeAll(async () => {
    dovecot = await startTestDovecot();
  });
  afterAll(() => dovecot.stop());

  async function look(mailbox: string) {
    const client = await dovecot.connect(mailbox);
    const { uidValidity } = await client.mailboxOpen('INBOX');
    const mails = await client.fetchAll('1:*', { source: true, uid: true, flags: true });
    await client.logout();
    return { uidValidity, sources: mails.map(({ source }) => String(source)) };
  }

  test('keeps the plus detail and the null sender of a delivery', async () => {
    await dovecot.deliver('support+T42@desk.test', MAIL, { from: '' });
    const { sources } = await look('support@desk.test');
    expect(sources).toHaveLength(1);
    expect(sources[0]).toContain('Return-Path: <>');
    expect(sources[0]).toContain('Delivered-To: support+T42@desk.test');
  });

  test('an appended mail comes back byte for byte', async () => {
    const raw = 'Subject: odd\r\n\r\n.dot\r\n8-bit \u00fc\r\n';
    const { uid } = await dovecot.append('exact@desk.test', raw, { flags: ['\\Seen'] });
    expect(uid).toBe(1);
    expect((await look('exact@desk.test')).sources).toEqual([raw]);
  });

  test('keeps its mails and ports over a restart and over a kill -9', async () => {
    await dovecot.deliver('kept@desk.test', MAIL);
    const before = await look('kept@desk.test');
    await dovecot.restart();
    expect(await look('kept@desk.test')).toEqual(before);
    dovecot.kill();
    await dovecot.restart();
    expect(await look('kept@desk.test')).toEqual(before);
    await dovecot.deliver('kept@desk.test', MAIL);
    expect((await look('kept@desk.test')).sources).toHaveLength(2);
  });

  test('a reset mailbox has the same mails under a higher UIDVALIDITY', async () => {
    await dovecot.deliver('reset@desk.test', MAIL);
    const before = await look('reset@desk.test');
    dovecot.resetUidValidity('reset@desk.test');
    const after = await look('reset@desk.test');
    expect(after.sources).toEqual(before.sources);
    expect(after.uidValidity).toBeGreaterThan(before.uidValidity);
  });
});

describe('the Redis of the tests', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.remove());

  test('keeps what it knows over an outage, and forgets all when flushed', async () => {
    const client = new Redis(redis.url);
    client.on('error', () => {});
    await client.set('key', 'value');
    await redis.stop();
    await redis.start();
    expect(await client.get('key')).toBe('value');
    await redis.flushAll();
    expect(await client.get('key')).toBeNull();
    client.disconnect();
  });
});
