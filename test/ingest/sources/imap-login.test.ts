import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { ConfigurationError } from '../../../src/errors.ts';
import type { ImapLogin, ImapMailboxSettings } from '../../../src/ingest/sources/imap-settings.ts';
import { testMailbox } from '../../../src/ingest/sources/test-mailbox.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { buildMail } from '../../support/mail-builder.ts';
import { localhostCert, localhostKey } from '../../support/tls.ts';
import {
  answering,
  BASIC_CAPABILITIES,
  type FakeImapOptions,
  type FakeImapServer,
  startFakeImapServer,
} from './fake-imap-server.ts';
import { eventually, insertMailbox, testSettings, testSource } from './support.ts';

let database: TestDatabase;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => database.drop());

async function startFake(options: FakeImapOptions = {}, changes: Partial<ImapMailboxSettings> = {}) {
  const server = await startFakeImapServer({ mails: [buildMail()], ...options });
  closing.push(() => server.close());
  const settings = testSettings(server, await insertMailbox(database.db), changes);
  return { server, settings, source: testSource(database.db, settings) };
}

/** Everything a client sent that could be a credential. */
function credentialsIn(server: FakeImapServer): string[] {
  return server.received.filter((line) => /LOGIN|AUTHENTICATE|secret|c2VjcmV0/i.test(line));
}

const certificate = { key: localhostKey, cert: localhostCert };

describe('IN-16: no credential is sent', () => {
  test('to a server that does not offer STARTTLS', async () => {
    const { server, source } = await startFake({}, { tls: 'starttls' });
    await expect(source.poll()).rejects.toMatchObject({ code: 'IMAP_TLS_FAILED', failure: { kind: 'unprotected' } });
    expect(credentialsIn(server)).toEqual([]);
  });

  test('to a server that refuses STARTTLS', async () => {
    const { server, source } = await startFake(
      {
        capabilities: [...BASIC_CAPABILITIES, 'STARTTLS'],
        script: answering('STARTTLS', 'NO not now'),
      },
      { tls: 'starttls' },
    );
    await expect(source.poll()).rejects.toMatchObject({ code: 'IMAP_TLS_FAILED' });
    expect(credentialsIn(server)).toEqual([]);
  });

  test.each(['implicit', 'starttls'] as const)(
    'to a server whose certificate nobody vouches for (%s)',
    async (mode) => {
      const capabilities = [...BASIC_CAPABILITIES, 'STARTTLS'];
      const { server, source } = await startFake({ capabilities, tls: { ...certificate, mode } }, { tls: mode });
      await expect(source.poll()).rejects.toMatchObject({ code: 'IMAP_TLS_FAILED', failure: { kind: 'unprotected' } });
      expect(credentialsIn(server)).toEqual([]);
    },
  );

  test('over plain text to another machine, which is not even connected to', async () => {
    const { server, source } = await startFake({}, { tls: 'none', host: 'imap.desk.example' });
    await expect(source.poll()).rejects.toMatchObject({ code: 'IMAP_UNPROTECTED' });
    expect(server.connectionCount).toBe(0);
  });
});

test('a secret that is not there is for a person to mend, and stops nothing else', async () => {
  const missing = new ConfigurationError('SECRET_MISSING', 'SUPPORT_PASSWORD is not set.');
  const password = () => Promise.reject(missing);
  const { server, settings, source } = await startFake({}, { login: { kind: 'password', password } });
  source.start();
  const failed = await eventually(async () => source.events.find((event) => event.event === 'mailbox.session-failed'));
  expect(failed).toMatchObject({ level: 'error', kind: 'settings', code: 'SECRET_MISSING' });
  await source.stop();
  expect(server.connectionCount).toBe(0);
  const tested = await testMailbox(settings, systemClock);
  expect(tested.steps.at(-1)).toMatchObject({
    step: 'login',
    outcome: 'failed',
    detail: 'SUPPORT_PASSWORD is not set.',
  });
});

test.each(['implicit', 'starttls'] as const)('a login over trusted TLS works (%s)', async (mode) => {
  const capabilities = [...BASIC_CAPABILITIES, 'STARTTLS'];
  const { source } = await startFake(
    { capabilities, tls: { ...certificate, mode } },
    { tls: mode, certificateAuthority: async () => localhostCert, host: 'localhost' },
  );
  expect(await source.poll()).toMatchObject({ newCount: 1 });
});

interface TokenEndpoint {
  url: string;
  requests: URLSearchParams[];
  answer: { status: number; body: unknown };
}

async function startTokenEndpoint(): Promise<TokenEndpoint> {
  const endpoint: TokenEndpoint = {
    url: '',
    requests: [],
    answer: { status: 200, body: { access_token: 'first', expires_in: 3600 } },
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      endpoint.requests.push(new URLSearchParams(Buffer.concat(chunks).toString()));
      response.writeHead(endpoint.answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(endpoint.answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => void server.close(() => resolve())));
  endpoint.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  return endpoint;
}

function oauth2(tokenUrl: string): ImapLogin {
  return {
    kind: 'oauth2',
    tokenUrl,
    clientId: 'docket',
    clientSecret: async () => 'client-secret',
    refreshToken: async () => 'refresh-me',
    scope: 'mail',
  };
}

/** Accepts XOAUTH2 with this token only, as Gmail does: a refusal is a challenge first. */
function acceptingToken(token: () => string): FakeImapOptions {
  let refusing = '';
  return {
    capabilities: ['IMAP4rev1', 'IDLE', 'UIDPLUS', 'MOVE', 'SASL-IR', 'AUTH=XOAUTH2'],
    script({ name, tag, text, say }) {
      if (refusing !== '') {
        say(`${refusing} NO [AUTHENTICATIONFAILED] Invalid credentials`);
        refusing = '';
        return true;
      }
      if (name !== 'AUTHENTICATE') return false;
      const sent = Buffer.from(text.split(' ')[1] ?? '', 'base64').toString();
      if (sent.includes(`auth=Bearer ${token()}\x01`)) return false;
      refusing = tag;
      say(`+ ${Buffer.from('{"status":"401"}').toString('base64')}`);
      return true;
    },
  };
}

describe('OAuth2', () => {
  test('logs in with an access token got by the refresh token, and keeps it until it expires', async () => {
    const endpoint = await startTokenEndpoint();
    const { source } = await startFake(
      acceptingToken(() => 'first'),
      { login: oauth2(endpoint.url) },
    );
    expect(await source.poll()).toMatchObject({ newCount: 1 });
    await source.poll();
    expect(endpoint.requests).toHaveLength(1);
    expect(Object.fromEntries(endpoint.requests[0] ?? [])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-me',
      client_id: 'docket',
      client_secret: 'client-secret',
      scope: 'mail',
    });
  });

  test('IN-17: a refused token is renewed once, at once, and with the refresh token that replaced the first', async () => {
    const endpoint = await startTokenEndpoint();
    endpoint.answer.body = { access_token: 'first', refresh_token: 'replaced', expires_in: 3600 };
    let valid = 'first';
    const { server, source } = await startFake(
      acceptingToken(() => valid),
      { login: oauth2(endpoint.url) },
    );
    await source.poll();
    valid = 'second';
    endpoint.answer.body = { access_token: 'second', expires_in: 3600 };
    await source.poll();
    expect(endpoint.requests.map((request) => request.get('refresh_token'))).toEqual(['refresh-me', 'replaced']);
    expect(server.connectionCount).toBe(3);
  });

  test('IN-17: refused again it is a credential failure', async () => {
    const endpoint = await startTokenEndpoint();
    const { server, source } = await startFake(
      acceptingToken(() => 'never'),
      { login: oauth2(endpoint.url) },
    );
    await expect(source.poll()).rejects.toMatchObject({ code: 'IMAP_LOGIN_REFUSED' });
    expect(server.connectionCount).toBe(2);
  });

  test('IN-17: a withdrawn grant is a credential failure, and nothing secret is in its words', async () => {
    const endpoint = await startTokenEndpoint();
    endpoint.answer = {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'refresh-me is client-secret' },
    };
    const { server, source } = await startFake({}, { login: oauth2(endpoint.url) });
    const failure: unknown = await source.poll().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'OAUTH_REFUSED', message: expect.stringContaining('invalid_grant') });
    expect(String(failure)).not.toMatch(/refresh-me|client-secret/);
    expect(server.connectionCount).toBe(0);
  });

  test.each([
    { status: 503, body: {} },
    { status: 429, body: {} },
    { status: 200, body: 'not what was asked for' },
  ])(
    'IN-17: an endpoint that answers $status without a token is unavailable, which is no credential failure',
    async (answer) => {
      const endpoint = await startTokenEndpoint();
      endpoint.answer = answer;
      const { source } = await startFake({}, { login: oauth2(endpoint.url) });
      await expect(source.poll()).rejects.toMatchObject({ code: 'OAUTH_UNAVAILABLE' });
    },
  );

  test('IN-16: secrets are not sent to an endpoint over plain text', async () => {
    const { server, source } = await startFake({}, { login: oauth2('http://login.example/token') });
    await expect(source.poll()).rejects.toMatchObject({ code: 'OAUTH_UNPROTECTED' });
    expect(server.connectionCount).toBe(0);
  });
});

describe('testing a mailbox', () => {
  const outcomes = (steps: { step: string; outcome: string }[]) =>
    steps.map(({ step, outcome }) => `${step} ${outcome}`);

  test('names each step that works, and changes nothing', async () => {
    const { server, settings } = await startFake(
      { tls: { ...certificate, mode: 'implicit' } },
      {
        tls: 'implicit',
        certificateAuthority: async () => localhostCert,
        host: 'localhost',
        afterReceipt: { kind: 'delete' },
      },
    );
    const tested = await testMailbox(settings, systemClock);
    expect(tested.ok).toBe(true);
    expect(outcomes(tested.steps)).toEqual([
      'dns ok',
      'tcp ok',
      'tls ok',
      'login ok',
      'folder ok',
      'idle ok',
      'aftermath ok',
    ]);
    expect(tested.steps.find((step) => step.step === 'folder')?.detail).toBe('INBOX holds 1 mails.');
    expect(server.received.join('\n')).not.toMatch(/FETCH|STORE|EXPUNGE/);
  });

  test('gives the server’s words for a refused login, without the secret, and a hint', async () => {
    const { settings } = await startFake({
      script: answering('AUTHENTICATE', 'NO [AUTHENTICATIONFAILED] secret is wrong'),
    });
    const tested = await testMailbox(settings, systemClock);
    expect(tested.ok).toBe(false);
    expect(tested.steps.at(-1)).toMatchObject({
      step: 'login',
      outcome: 'failed',
      detail: expect.stringContaining('*** is wrong'),
      hint: expect.stringContaining('app password'),
    });
    expect(JSON.stringify(tested)).not.toContain('secret is');
  });

  test('names the folders that exist when one does not', async () => {
    const { settings } = await startFake(
      {
        script: answering('SELECT', 'NO no such folder'),
      },
      { folders: ['Orders'] },
    );
    const tested = await testMailbox(settings, systemClock);
    expect(tested.steps.find((step) => step.step === 'folder')).toMatchObject({
      outcome: 'failed',
      hint: 'There are: INBOX.',
    });
  });

  test('warns where the server cannot do what is configured', async () => {
    const { settings } = await startFake(
      { capabilities: ['IMAP4rev1', 'AUTH=PLAIN'] },
      { afterReceipt: { kind: 'delete' } },
    );
    const tested = await testMailbox(settings, systemClock);
    expect(tested.ok).toBe(true);
    expect(outcomes(tested.steps).slice(-2)).toEqual(['idle warning', 'aftermath warning']);
  });

  test.each([
    [{ host: 'no-such-host.invalid', tls: 'implicit' }, 'dns failed'],
    [{ port: 1 }, 'tcp failed'],
    [{ tls: 'implicit' }, 'tls failed'],
    [{ tls: 'starttls' }, 'tls failed'],
    [{ host: 'imap.desk.example', tls: 'none' }, 'settings failed'],
  ] as const)('stops where going on makes no sense: %o', async (changes, last) => {
    const { server, settings } = await startFake(
      {},
      {
        ...changes,
        timing: { ...testSettings({ host: '', imapPort: 0, password: '' }, '1').timing, connectTimeoutMs: 2_000 },
      },
    );
    const tested = await testMailbox(settings, systemClock);
    expect(tested.ok).toBe(false);
    expect(outcomes(tested.steps).at(-1)).toBe(last);
    expect(tested.steps.at(-1)?.hint).not.toBeNull();
    expect(credentialsIn(server)).toEqual([]);
  });
});
