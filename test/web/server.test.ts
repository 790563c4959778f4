import { get } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Log, type LogEvent, silentLog } from '../../src/log.ts';
import { createWebApp, createWebServer, type WebOptions } from '../../src/web/server.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { rowsIn } from './rows.ts';

const TOKEN = 'a-token-of-more-than-thirty-two-characters';
const LOCAL = { incoming: { socket: { remoteAddress: '127.0.0.1' } } };
const REMOTE = { incoming: { socket: { remoteAddress: '10.0.0.1' } } };

let database: TestDatabase;
let options: WebOptions;

beforeEach(async () => {
  database = await createTestDatabase();
  options = {
    db: database.db,
    queues: { status: async () => [] },
    workedQueues: ['intake'],
    version: '1.2.3',
    metricsToken: null,
    publicUrl: null,
    log: silentLog,
  };
});
afterEach(() => database.drop());

function ask(path: string, from: typeof LOCAL, request: RequestInit = {}, changed: Partial<WebOptions> = {}) {
  return createWebApp({ ...options, ...changed }).routes.request(path, request, from);
}

describe('/healthz', () => {
  test('answers while the process lives, with nothing else working', async () => {
    await database.db.destroy();
    const response = await ask('/healthz', REMOTE);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'alive' });
  });
});

describe('/readyz', () => {
  test('tells anybody whether, and this machine also what was looked at', async () => {
    const fromAfar = await ask('/readyz', REMOTE);
    expect([fromAfar.status, await fromAfar.json()]).toEqual([200, { status: 'ready' }]);
    const fromHere = await ask('/readyz', LOCAL);
    expect(fromHere.status).toBe(200);
    expect(await fromHere.json()).toMatchObject({ status: 'ready', checks: Array(5).fill({ ok: true, reason: null }) });
  });

  test('answers 503 when something is missing, with the reasons only for insiders', async () => {
    await rowsIn(database.db).addInboundMail({ ago: 90 });
    const fromAfar = await ask('/readyz', REMOTE);
    expect([fromAfar.status, await fromAfar.json()]).toEqual([503, { status: 'not-ready' }]);
    const fromHere = await ask('/readyz', LOCAL);
    expect(fromHere.status).toBe(503);
    expect(JSON.stringify(await fromHere.json())).toContain('intake: due for');
    const headers = { authorization: `Bearer ${TOKEN}` };
    const withToken = await ask('/readyz', REMOTE, { headers }, { metricsToken: TOKEN });
    expect(JSON.stringify(await withToken.json())).toContain('intake: due for');
  });

  test('a dead mailbox does not fail it', async () => {
    const rows = rowsIn(database.db);
    const mailboxId = await rows.addMailbox('support', { configuredAgo: 90_000 });
    await rows.addFolder(mailboxId, { polledAgo: 80_000 });
    expect((await ask('/readyz', REMOTE)).status).toBe(200);
  });

  test('is logged when it is lost and when it is back, once each', async () => {
    const events: LogEvent[] = [];
    const note = (event: LogEvent) => {
      events.push(event);
    };
    const log: Log = { debug: note, info: note, warn: note, error: note };
    let answers = true;
    const status = async () => (answers ? [] : Promise.reject(new Error('away')));
    const { routes } = createWebApp({ ...options, log, queues: { status } });
    const statusNow = async () => (await routes.request('/readyz', {}, REMOTE)).status;
    expect(await statusNow()).toBe(200);
    answers = false;
    await expect.poll(statusNow, { timeout: 5000 }).toBe(503);
    answers = true;
    await expect.poll(statusNow, { timeout: 5000 }).toBe(200);
    expect(events).toEqual(['readiness.lost', 'readiness.regained']);
  });

  test('many who ask at once cost one look', async () => {
    let looks = 0;
    const status = async () => {
      looks += 1;
    };
    const { routes } = createWebApp({ ...options, queues: { status } });
    await Promise.all(Array.from({ length: 20 }, () => routes.request('/readyz', {}, REMOTE)));
    expect(looks).toBe(1);
  });
});

describe('/metrics', () => {
  test('is read from this machine as Prometheus text', async () => {
    const response = await ask('/metrics', LOCAL);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain('docket_database_up 1');
  });

  test('does not exist for others while there is no token', async () => {
    expect((await ask('/metrics', REMOTE)).status).toBe(404);
  });

  test('wants the token from others when there is one', async () => {
    const refused = await ask('/metrics', REMOTE, {}, { metricsToken: TOKEN });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/);
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await ask('/metrics', REMOTE, { headers }, { metricsToken: TOKEN })).status).toBe(200);
  });
});

describe('every answer', () => {
  test('is neither cached nor framed, and runs nothing', async () => {
    const { headers } = await ask('/', REMOTE);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  test('binds browsers to https only where people come by https', async () => {
    const { headers } = await ask('/', REMOTE, {}, { publicUrl: 'https://desk.example' });
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=/);
  });

  test('to an unknown path is a plain 404', async () => {
    const response = await ask('/tickets', LOCAL);
    expect([response.status, await response.text()]).toEqual([404, 'There is nothing here.\n']);
  });
});

describe('listening', () => {
  test('says where, and closes with connections still open once the grace is over', async () => {
    const server = createWebServer(options);
    const { url } = await server.listen('127.0.0.1', 0);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const body = await new Promise((resolve, reject) => {
      get(`${url}/readyz`, { headers: { connection: 'keep-alive' } }, (response) => {
        response.setEncoding('utf8').once('data', resolve);
      }).once('error', reject);
    });
    expect(body).toContain('"checks"');
    const startedAt = performance.now();
    await server.close(200);
    expect(performance.now() - startedAt).toBeLessThan(2000);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  test('on a port that is taken fails with a code of ours', async () => {
    const first = createWebServer(options);
    const { url } = await first.listen('127.0.0.1', 0);
    const second = createWebServer(options);
    await expect(second.listen('127.0.0.1', Number(new URL(url).port))).rejects.toMatchObject({ code: 'HTTP_LISTEN' });
    await first.close(0);
  });

  test('a process on its way out is not ready any more', async () => {
    const app = createWebApp(options);
    app.stopping();
    const response = await app.routes.request('/readyz', {}, REMOTE);
    expect([response.status, await response.json()]).toEqual([503, { status: 'stopping' }]);
  });
});
