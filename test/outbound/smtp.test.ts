import { createServer } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, test } from 'vitest';
import { ConfigurationError, PermanentError, TemporaryError } from '../../src/errors.ts';
import {
  createRelay,
  type OutgoingMail,
  RELAY_DEFAULTS,
  type Relay,
  type RelaySettings,
} from '../../src/outbound/smtp.ts';
import { type RecordingRelay, type RecordingRelayOptions, startRecordingRelay } from '../support/recording-relay.ts';
import { localhostCert, localhostKey } from '../support/tls.ts';

const openRelays: Relay[] = [];
const servers: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const relay of openRelays.splice(0)) relay.close();
  for (const server of servers.splice(0)) await server.stop();
});

async function recording(options?: RecordingRelayOptions): Promise<RecordingRelay> {
  const server = await startRecordingRelay(options);
  servers.push(server);
  return server;
}

function relayTo(port: number, settings: Partial<RelaySettings> = {}): Relay {
  const relay = createRelay({ host: '127.0.0.1', port, tls: 'none', login: null, ...RELAY_DEFAULTS, ...settings });
  openRelays.push(relay);
  return relay;
}

/** With its body at hand. */
interface PlainMail extends OutgoingMail {
  body: Uint8Array;
}

function mailTo(recipientAddress: string, fields: Partial<PlainMail> = {}): PlainMail {
  return {
    envelopeFrom: 'support@desk.test',
    recipientAddress,
    header: Buffer.from(`From: support@desk.test\r\nTo: ${recipientAddress}\r\nMessage-ID: <o.1@desk.test>\r\n\r\n`),
    body: Buffer.from('Hello\r\n.\r\n..two dots\r\nbye\r\n'),
    ...fields,
  };
}

const karen = mailTo('karen@customer.test');

/** Delivers and tells besides how often phase `data` was committed. */
async function deliver(relay: Relay, mail: OutgoingMail = karen) {
  let dataCommits = 0;
  const attempt = await relay.deliver(mail, {
    async onData() {
      dataCommits += 1;
    },
  });
  return { ...attempt, dataCommits };
}

const quick = { ...RELAY_DEFAULTS.timeouts, connectMs: 300, answerMs: 300, finalAnswerMs: 300 };

describe('an accepted mail', () => {
  test('OUT-01 OUT-08 arrives byte for byte, dots stuffed on the wire, its answer kept verbatim', async () => {
    const server = await recording();
    const attempt = await deliver(relayTo(server.port));
    expect(attempt).toEqual({
      outcome: 'delivered',
      phase: 'data',
      answer: '250 2.0.0 queued as 1',
      errorCode: null,
      relayMessageId: null,
      dataCommits: 1,
    });
    expect(server.mails[0]?.data).toEqual(Buffer.concat([karen.header, karen.body]));
    expect(server.mails[0]?.wire.toString()).toContain('Hello\r\n..\r\n...two dots\r\n');
    expect(server.mails[0]?.recipients).toEqual(['karen@customer.test']);
  });

  test('OUT-08 never puts a bare CR or LF on the wire, even when the stored bytes hold one', async () => {
    const server = await recording();
    await deliver(relayTo(server.port), mailTo('karen@customer.test', { body: Buffer.from('a\rb\nc\n.\r.\r\nd') }));
    const wire = server.mails[0]?.wire.toString('latin1') ?? '';
    expect(wire.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(wire).toContain('a\r\nb\r\nc\r\n..\r\n..\r\nd\r\n.\r\n');
    expect(server.mails).toHaveLength(1);
  });

  test('goes out with the null sender when the envelope says so', async () => {
    const server = await recording();
    await deliver(relayTo(server.port), mailTo('karen@customer.test', { envelopeFrom: '' }));
    expect(server.mails[0]?.envelopeFrom).toBe('');
    expect(server.commands.some((line) => line.startsWith('MAIL FROM:<>'))).toBe(true);
  });

  test('learns the id the relay gave it', async () => {
    const server = await recording({
      acceptAnswer: () => '250 2.0.0 OK <AB12@AM0PR0.eurprd01.prod.outlook.com> [Hostname=AM0PR0]',
    });
    const attempt = await deliver(relayTo(server.port));
    expect(attempt.relayMessageId).toBe('AB12@AM0PR0.eurprd01.prod.outlook.com');
  });

  test('OUT-02 commits phase data after 354 and before the first byte', async () => {
    const server = await recording();
    const seen: string[] = [];
    await relayTo(server.port).deliver(karen, {
      async onData() {
        seen.push(server.commands.at(-1) ?? '');
        await new Promise((resolve) => setTimeout(resolve, 30));
        expect(server.mails).toHaveLength(0);
      },
    });
    expect(seen).toEqual(['DATA']);
    expect(server.mails).toHaveLength(1);
  });
});

describe('OUT-03 every way to fail has its outcome', () => {
  const cases: [string, Parameters<RecordingRelay['failNext']>[0], object][] = [
    [
      'refused at connect',
      { at: 'connect', answer: '554 5.3.2 go away' },
      { outcome: 'deferred', errorCode: 'RELAY_REFUSED', answer: '554 5.3.2 go away' },
    ],
    [
      '421 at connect',
      { at: 'connect', answer: '421 4.7.0 too many' },
      { outcome: 'deferred', errorCode: 'RELAY_REFUSED' },
    ],
    ['cut at connect', { at: 'connect', cut: true }, { outcome: 'deferred', errorCode: 'RELAY_CLOSED' }],
    ['silent at connect', { at: 'connect', silence: true }, { outcome: 'deferred', errorCode: 'RELAY_SLOW' }],
    ['silent at EHLO', { at: 'ehlo', silence: true }, { outcome: 'deferred', errorCode: 'RELAY_SLOW' }],
    ['421 at EHLO', { at: 'ehlo', answer: '421 4.3.0 later' }, { outcome: 'deferred', errorCode: 'RELAY_REFUSED' }],
    ['cut at EHLO', { at: 'ehlo', cut: true }, { outcome: 'deferred', errorCode: 'RELAY_CLOSED' }],
    [
      '4yz to MAIL',
      { at: 'mail', answer: '451 4.3.0 busy' },
      { outcome: 'deferred', errorCode: 'SENDER_REFUSED', answer: '451 4.3.0 busy' },
    ],
    ['5yz to MAIL', { at: 'mail', answer: '550 5.7.1 not you' }, { outcome: 'rejected', errorCode: 'SENDER_REFUSED' }],
    [
      '530 to MAIL',
      { at: 'mail', answer: '530 5.7.0 log in first' },
      { outcome: 'deferred', errorCode: 'RELAY_WANTS_LOGIN' },
    ],
    [
      '4yz to RCPT',
      { at: 'rcpt', answer: '450 4.2.0 greylisted' },
      { outcome: 'deferred', errorCode: 'RECIPIENT_REFUSED' },
    ],
    [
      '5yz to RCPT',
      { at: 'rcpt', answer: '550 5.1.1 nobody' },
      { outcome: 'rejected', errorCode: 'RECIPIENT_REFUSED', answer: '550 5.1.1 nobody' },
    ],
    [
      '421 mid-session',
      { at: 'rcpt', answer: '421 4.3.2 shutting down' },
      { outcome: 'deferred', errorCode: 'RELAY_REFUSED' },
    ],
    ['cut at RCPT', { at: 'rcpt', cut: true }, { outcome: 'deferred', errorCode: 'RELAY_CLOSED' }],
    ['silent at RCPT', { at: 'rcpt', silence: true }, { outcome: 'deferred', errorCode: 'RELAY_SLOW' }],
    ['4yz to DATA', { at: 'data', answer: '451 4.3.0 disk' }, { outcome: 'deferred', errorCode: 'DATA_REFUSED' }],
    ['5yz to DATA', { at: 'data', answer: '554 5.0.0 no' }, { outcome: 'rejected', errorCode: 'DATA_REFUSED' }],
    ['cut before 354', { at: 'data', cut: true }, { outcome: 'deferred', errorCode: 'RELAY_CLOSED' }],
    [
      '4yz to the dot',
      { at: 'dot', answer: '452 4.2.2 full' },
      { outcome: 'deferred', phase: 'data', errorCode: 'MAIL_REFUSED' },
    ],
    [
      '421 to the dot',
      { at: 'dot', answer: '421 4.3.2 shutting down' },
      { outcome: 'deferred', phase: 'data', errorCode: 'MAIL_REFUSED' },
    ],
    [
      '5yz to the dot',
      { at: 'dot', answer: '554 5.7.1 spam' },
      { outcome: 'rejected', phase: 'data', answer: '554 5.7.1 spam' },
    ],
    ['cut after the dot', { at: 'dot', cut: true }, { outcome: 'unknown', phase: 'data', errorCode: 'CUT_IN_DATA' }],
    [
      'the 250 swallowed',
      { at: 'dot', silence: true },
      { outcome: 'unknown', phase: 'data', errorCode: 'ANSWER_MISSING' },
    ],
  ];

  for (const pipelining of [true, false])
    test.each(cases)(`%s (${pipelining ? 'pipelined' : 'one command at a time'})`, async (_name, fault, expected) => {
      const server = await recording({ offerPipelining: pipelining });
      server.failNext(fault);
      const relay = relayTo(server.port, { timeouts: quick });
      const attempt = await deliver(relay);
      expect(attempt).toMatchObject(expected);
      expect(attempt.dataCommits).toBe(attempt.phase === 'data' ? 1 : 0);
      // Whatever it was, the next mail gets through.
      expect(await deliver(relay)).toMatchObject({ outcome: 'delivered' });
    });

  test('cut at 354: unknown as soon as a byte may have left', async () => {
    const server = await recording();
    server.failNext({ at: 'data', cutAfter354: true });
    const attempt = await deliver(relayTo(server.port));
    // The cut may be seen before or after the first byte is handed over: both are the truth.
    expect(['connecting deferred', 'data unknown']).toContain(`${attempt.phase} ${attempt.outcome}`);
    expect(server.mails).toHaveLength(0);
  });

  test.each([1, 100, 5_000, 300_000])('cut after %i bytes of the body: unknown', async (cutAfterBytes) => {
    const server = await recording();
    server.failNext({ at: 'body', cutAfterBytes });
    const body = Buffer.from(`${'x'.repeat(70)}\r\n`.repeat(10_000));
    const attempt = await deliver(relayTo(server.port), mailTo('karen@customer.test', { body }));
    expect(attempt).toMatchObject({ outcome: 'unknown', phase: 'data', errorCode: 'CUT_IN_DATA' });
    expect(server.mails).toHaveLength(0);
  });

  test('a failing commit of phase data sends nothing and defers with its code', async () => {
    const server = await recording();
    const relay = relayTo(server.port);
    const attempt = await relay.deliver(karen, {
      async onData() {
        throw new TemporaryError('LEASE_LOST', 'somebody else holds it');
      },
    });
    expect(attempt).toMatchObject({ outcome: 'deferred', phase: 'connecting', errorCode: 'LEASE_LOST' });
    await server.waitUntil(({ connectionsOpen }) => connectionsOpen === 0);
    expect(server.mails).toHaveLength(0);
    expect(server.commands.at(-1)).toBe('DATA');
  });

  test('a relay that nobody runs is unreachable, and everybody who waits is told at once', async () => {
    const relay = relayTo(await unusedPort());
    const attempts = await Promise.all(Array.from({ length: 20 }, () => deliver(relay)));
    for (const attempt of attempts)
      expect(attempt).toMatchObject({ outcome: 'deferred', errorCode: 'RELAY_UNREACHABLE' });
  });

  test('a mail over the size the relay takes is rejected', async () => {
    const server = await recording({ sizeMaxBytes: 10 });
    expect(await deliver(relayTo(server.port))).toMatchObject({ outcome: 'rejected', errorCode: 'MAIL_TOO_LARGE' });
  });

  test('an answer given before the mail was through is not believed', async () => {
    const server = createServer((socket) => {
      let inData = false;
      socket.on('error', () => {});
      socket.write('220 hasty\r\n');
      socket.on('data', (chunk) => {
        if (inData) return void socket.pause();
        const text = chunk.toString();
        if (text.startsWith('EHLO')) socket.write('250 hasty\r\n');
        else if (text.startsWith('DATA')) {
          inData = true;
          socket.write('354 go on\r\n');
          setTimeout(() => socket.write('250 thanks\r\n'), 50);
        } else socket.write('250 ok\r\n');
      });
    });
    const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve(portOf(server))));
    servers.push({ stop: async () => void server.close() });
    const attempt = await deliver(
      relayTo(port),
      mailTo('karen@customer.test', { body: Buffer.from(`${'x'.repeat(70)}\r\n`.repeat(500_000)) }),
    );
    expect(attempt).toMatchObject({ outcome: 'unknown', errorCode: 'ANSWERED_TOO_EARLY' });
  });
});

describe('a body that is fetched when its turn comes', () => {
  test('arrives like any other', async () => {
    const server = await recording();
    const attempt = await deliver(relayTo(server.port), { ...karen, body: async () => Buffer.from('late\r\n') });
    expect(attempt.outcome).toBe('delivered');
    expect(server.mails[0]?.data.toString()).toMatch(/\r\n\r\nlate\r\n$/);
  });

  test('is rejected when it is gone for good, and the connection stays', async () => {
    const server = await recording();
    const relay = relayTo(server.port);
    const gone = { ...karen, body: () => Promise.reject(new PermanentError('BODY_ERASED', '')) };
    expect(await deliver(relay, gone)).toMatchObject({ outcome: 'rejected', errorCode: 'BODY_ERASED' });
    expect(await deliver(relay)).toMatchObject({ outcome: 'delivered' });
    expect(server.connectionsAccepted).toBe(1);
  });
});

describe('OUT-05 one mail has one recipient', () => {
  test('a refused recipient does not touch the mail to the next one', async () => {
    const server = await recording();
    server.failNext({ at: 'rcpt', answer: '550 5.1.1 nobody', recipient: 'ghost@customer.test' });
    const relay = relayTo(server.port);
    const [ghost, alive] = await Promise.all([deliver(relay, mailTo('ghost@customer.test')), deliver(relay)]);
    expect(ghost.outcome).toBe('rejected');
    expect(alive.outcome).toBe('delivered');
    expect(server.mails.map((mail) => mail.recipients)).toEqual([['karen@customer.test']]);
  });
});

describe('OUT-06 OUT-07 addresses', () => {
  test.each([
    'a@b.test> RCPT TO:<evil@x.test',
    'a@b.test\r\nDATA',
    'a@b.test, evil@x.test',
    'no-at-sign',
    'two@at@signs.test',
    '',
  ])('%j never reaches the relay', async (recipientAddress) => {
    const server = await recording();
    const attempt = await deliver(relayTo(server.port), mailTo('x@y.test', { recipientAddress }));
    expect(attempt).toMatchObject({ outcome: 'rejected', errorCode: 'ADDRESS_UNUSABLE' });
    expect(server.commands.filter((line) => !/^(EHLO|QUIT)/.test(line))).toEqual([]);
  });

  test('case 88: an address that needs SMTPUTF8 is rejected visibly by a relay without it, and sent by one with it', async () => {
    const without = await recording({ offerSmtpUtf8: false });
    expect(await deliver(relayTo(without.port), mailTo('jürgen@customer.test'))).toMatchObject({
      outcome: 'rejected',
      errorCode: 'RELAY_LACKS_SMTPUTF8',
    });
    expect(without.mails).toHaveLength(0);
    const capable = await recording();
    expect(await deliver(relayTo(capable.port), mailTo('jürgen@customer.test'))).toMatchObject({
      outcome: 'delivered',
    });
    expect(capable.mails[0]?.parameters).toContain('SMTPUTF8');
  });
});

describe('the login', () => {
  const login = { user: 'support', password: 'p4ss word' };
  const ourLogin = { user: 'support', password: async () => 'p4ss word' };
  const tls = { key: localhostKey, cert: localhostCert };

  test('OUT-10 is never skipped: a relay without AUTH is deferred and nothing is sent', async () => {
    const server = await recording({ login, offerAuth: false });
    const attempt = await deliver(relayTo(server.port, { login: ourLogin }));
    expect(attempt).toMatchObject({ outcome: 'deferred', errorCode: 'RELAY_OFFERS_NO_LOGIN' });
    expect(server.commands.filter((line) => !line.startsWith('EHLO'))).toEqual([]);
  });

  test.each(['implicit', 'starttls'] as const)(
    'works behind TLS (%s), by password and by access token',
    async (mode) => {
      const server = await recording({ login: { ...login, accessToken: 'tok-1' }, tls: { mode, ...tls } });
      const settings = { host: 'localhost', tls: mode, ca: localhostCert };
      const byPassword = await deliver(relayTo(server.port, { ...settings, login: ourLogin }));
      expect(byPassword).toMatchObject({ outcome: 'delivered' });
      const byToken = { user: 'support', accessToken: async () => 'tok-1' };
      expect(await deliver(relayTo(server.port, { ...settings, login: byToken }))).toMatchObject({
        outcome: 'delivered',
      });
      expect(server.mails.map((mail) => mail.user)).toEqual(['support', 'support']);
    },
  );

  test('works against smtp-server as well', async () => {
    const received: string[] = [];
    const server = new SMTPServer({
      ...tls,
      secure: false,
      disableReverseLookup: true,
      onAuth: ({ username, password }, _session, done) =>
        username === 'support' && password === login.password ? done(null, { user: username }) : done(new Error('no')),
      onData(stream, _session, done) {
        stream.on('data', (chunk: Buffer) => received.push(chunk.toString()));
        stream.on('end', () => done());
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push({ stop: () => new Promise((resolve) => server.close(() => resolve())) });
    const settings = { host: 'localhost', tls: 'starttls', ca: localhostCert, login: ourLogin } as const;
    expect(await deliver(relayTo(portOf(server.server), settings))).toMatchObject({ outcome: 'delivered' });
    expect(received.join('')).toBe(Buffer.concat([karen.header, karen.body]).toString());
  });

  test('refused: deferred, since the mail is not to blame', async () => {
    const server = await recording({ login });
    const attempt = await deliver(relayTo(server.port, { login: { ...ourLogin, password: async () => 'wrong' } }));
    expect(attempt).toMatchObject({ outcome: 'deferred', errorCode: 'RELAY_REFUSED_LOGIN', answer: '535 5.7.8 wrong' });
  });

  test.each([
    [
      'an access token',
      { user: 'support', accessToken: () => Promise.reject(new TemporaryError('OAUTH_UNAVAILABLE', '')) },
    ],
    ['a password', { user: 'support', password: () => Promise.reject(new ConfigurationError('SECRET_MISSING', '')) }],
  ])('%s that cannot be had is deferred with the reason', async (_name, impossible) => {
    const server = await recording({ login });
    const attempt = await deliver(relayTo(server.port, { login: impossible }));
    expect(attempt.outcome).toBe('deferred');
    expect(['OAUTH_UNAVAILABLE', 'SECRET_MISSING']).toContain(attempt.errorCode);
  });

  test('an access token refused once is renewed', async () => {
    const server = await recording({ login: { user: 'support', accessToken: 'fresh' } });
    const renewing = { user: 'support', accessToken: async (renew: boolean) => (renew ? 'fresh' : 'stale') };
    server.failNext({ at: 'auth', answer: '334 eyJzdGF0dXMiOiI0MDAifQ==' });
    await deliver(relayTo(server.port, { login: renewing }));
    expect(server.mails.map((mail) => mail.user)).toEqual(['support']);
  });

  test('never crosses a line that others can read', async () => {
    expect(() =>
      createRelay({ host: 'smtp.desk.test', port: 25, tls: 'none', login: ourLogin, ...RELAY_DEFAULTS }),
    ).toThrow(expect.objectContaining({ code: 'SMTP_UNPROTECTED' }));
    const stripped = await recording({ login });
    const attempt = await deliver(relayTo(stripped.port, { host: 'localhost', tls: 'starttls', login: ourLogin }));
    expect(attempt).toMatchObject({ outcome: 'deferred', errorCode: 'RELAY_TLS_FAILED' });
    expect(stripped.commands.some((line) => line.startsWith('AUTH'))).toBe(false);
  });

  test.each(['implicit', 'starttls'] as const)('stops at a certificate nobody vouches for (%s)', async (mode) => {
    const server = await recording({ login, tls: { mode, ...tls } });
    const attempt = await deliver(relayTo(server.port, { host: 'localhost', tls: mode, login: ourLogin }));
    expect(attempt).toMatchObject({ outcome: 'deferred', errorCode: 'RELAY_TLS_FAILED' });
    expect(server.commands.some((line) => line.startsWith('AUTH'))).toBe(false);
  });
});

describe('kept connections', () => {
  test('carry one mail after the other, never more at once than allowed', async () => {
    const server = await recording();
    const relay = relayTo(server.port, { connectionsMax: 3 });
    await Promise.all(Array.from({ length: 30 }, () => deliver(relay)));
    expect(server.mails).toHaveLength(30);
    expect(server.connectionsAccepted).toBeLessThanOrEqual(3);
    await deliver(relay);
    expect(server.connectionsAccepted).toBeLessThanOrEqual(3);
  });

  test('that the relay dropped are replaced without an attempt being lost', async () => {
    const server = await recording();
    const relay = relayTo(server.port, { connectionsMax: 2 });
    await Promise.all([deliver(relay), deliver(relay)]);
    server.dropConnections();
    expect(await deliver(relay)).toMatchObject({ outcome: 'delivered', dataCommits: 1 });
    expect(server.mails).toHaveLength(3);
  });

  test('that break before MAIL is answered are replaced; nothing was sent', async () => {
    const server = await recording({ offerPipelining: false });
    const relay = relayTo(server.port);
    await deliver(relay);
    server.failNext({ at: 'mail', cut: true });
    expect(await deliver(relay)).toMatchObject({ outcome: 'delivered', dataCommits: 1 });
    expect(server.connectionsAccepted).toBe(2);
    server.failNext({ at: 'mail', cut: true }, 2);
    expect(await deliver(relay)).toMatchObject({ outcome: 'deferred', errorCode: 'RELAY_CLOSED' });
  });

  test('are fewer when the relay wants fewer', async () => {
    const server = await recording();
    const relay = relayTo(server.port, { connectionsMax: 5 });
    server.failNext({ at: 'connect', answer: '421 4.7.0 too many connections' }, 4);
    const attempts = await Promise.all(Array.from({ length: 12 }, () => deliver(relay)));
    expect(attempts.every((attempt) => attempt.outcome === 'delivered')).toBe(true);
  });

  test('are closed when nobody needs them', async () => {
    const server = await recording();
    await deliver(relayTo(server.port, { timeouts: { ...RELAY_DEFAULTS.timeouts, idleMs: 20 } }));
    await server.waitUntil(({ connectionsOpen }) => connectionsOpen === 0);
    expect(server.commands.at(-1)).toBe('QUIT');
  });
});

describe('Q-14 closing the relay', () => {
  test('ends what has not seen 354 and refuses new mail', async () => {
    const server = await recording();
    server.failNext({ at: 'rcpt', silence: true });
    const relay = relayTo(server.port, { connectionsMax: 1 });
    const [first, second] = [deliver(relay), deliver(relay)];
    await server.waitUntil(({ commands }) => commands.some((line) => line.startsWith('RCPT')));
    relay.close();
    expect(await first).toMatchObject({ outcome: 'deferred', errorCode: 'STOPPED' });
    expect(await second).toMatchObject({ outcome: 'deferred', errorCode: 'STOPPED' });
    expect(await deliver(relay)).toMatchObject({ outcome: 'deferred', errorCode: 'STOPPED' });
  });

  test('waits for the answer of what has', async () => {
    const server = await recording();
    server.failNext({ at: 'dot', delayMs: 200 });
    const relay = relayTo(server.port);
    const attempt = deliver(relay);
    await server.waitForMails(1);
    relay.close();
    expect(await attempt).toMatchObject({ outcome: 'delivered' });
    await server.waitUntil(({ connectionsOpen }) => connectionsOpen === 0);
  });

  test('ends a connection attempt under way', async () => {
    const server = await recording();
    server.failNext({ at: 'connect', silence: true });
    const relay = relayTo(server.port);
    const attempt = deliver(relay);
    await server.waitUntil(({ connectionsOpen }) => connectionsOpen === 1);
    relay.close();
    expect(await attempt).toMatchObject({ outcome: 'deferred', errorCode: 'STOPPED' });
  });
});

function portOf(server: { address(): unknown }): number {
  const address = server.address();
  if (typeof address === 'object' && address !== null && 'port' in address && typeof address.port === 'number')
    return address.port;
  throw new Error('this server has no port');
}

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
