import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../clock.ts';
import { errorMessage } from '../../errors.ts';
import { describeFailure, type ImapFailure } from './imap-errors.ts';
import { type Credentials, type ImapSession, openImapSession } from './imap-session.ts';
import { assertProtected, type ImapMailboxSettings } from './imap-settings.ts';
import { createLogin } from './login.ts';

export type MailboxTestStepName = 'settings' | 'dns' | 'tcp' | 'tls' | 'login' | 'folder' | 'idle' | 'aftermath';

export interface MailboxTestStep {
  step: MailboxTestStepName;
  /** `warning`: it works, and not as well as it could. */
  outcome: 'ok' | 'warning' | 'failed';
  /** What was seen, in the server's own words where it spoke. Never a secret. */
  detail: string;
  /** What to do about it. */
  hint: string | null;
}

export interface MailboxTest {
  ok: boolean;
  steps: MailboxTestStep[];
}

/** Tries a mailbox step by step, stops where going on makes no sense, and changes nothing on the server. */
export async function testMailbox(settings: ImapMailboxSettings, clock: Clock): Promise<MailboxTest> {
  const steps: MailboxTestStep[] = [];
  const secrets: string[] = [];
  try {
    for await (const step of walk(settings, clock, secrets)) steps.push(step);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    steps.push(error.step);
  }
  return {
    ok: steps.every((step) => step.outcome !== 'failed'),
    steps: steps.map((step) => ({ ...step, detail: withoutSecrets(step.detail, secrets) })),
  };
}

async function* walk(
  settings: ImapMailboxSettings,
  clock: Clock,
  secrets: string[],
): AsyncGenerator<MailboxTestStep, void> {
  await failingAs('settings', 'Use implicit (usually port 993) or starttls (usually port 143).', () =>
    assertProtected(settings),
  );
  yield await resolveHost(settings);
  yield await openTcp(settings);
  if (settings.tls === 'implicit') yield await openTls(settings);
  const session = await logIn(settings, clock, secrets);
  try {
    yield ok('login', `Logged in as ${settings.user}. ${session.greeting}`.trim());
    yield* lookAtFolders(settings, session);
    yield idleStep(settings, session);
    yield aftermathStep(settings, session);
  } finally {
    await session.logout();
  }
}

class StepFailed extends Error {
  readonly step: MailboxTestStep;

  constructor(step: MailboxTestStepName, detail: string, hint: string) {
    super(detail);
    this.step = { step, outcome: 'failed', detail, hint };
  }
}

function ok(step: MailboxTestStepName, detail: string): MailboxTestStep {
  return { step, outcome: 'ok', detail, hint: null };
}

function warning(step: MailboxTestStepName, detail: string, hint: string): MailboxTestStep {
  return { step, outcome: 'warning', detail, hint };
}

async function failingAs<Result>(
  step: MailboxTestStepName,
  hint: string,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new StepFailed(step, errorMessage(error), hint);
  }
}

async function resolveHost({ host }: ImapMailboxSettings): Promise<MailboxTestStep> {
  if (isIP(host)) return ok('dns', `${host} is an address.`);
  const hint = 'Check the spelling of imap.host, and that this machine can resolve names.';
  const found = await failingAs('dns', hint, () => lookup(host, { all: true }));
  return ok('dns', `${host} is ${found.map(({ address }) => address).join(', ')}.`);
}

async function openTcp({ host, port, timing }: ImapMailboxSettings): Promise<MailboxTestStep> {
  const hint = `Check imap.port (${port}) and that no firewall is in between.`;
  await failingAs('tcp', hint, () => established(connectTcp({ host, port }), 'connect', timing.connectTimeoutMs));
  return ok('tcp', `Port ${port} accepts connections.`);
}

async function openTls(settings: ImapMailboxSettings): Promise<MailboxTestStep> {
  const { host, port, timing, certificateAuthority } = settings;
  const authority = certificateAuthority && (await failingAs('tls', 'Check imap.ca.', certificateAuthority));
  const socket = connectTls({
    host,
    port,
    minVersion: 'TLSv1.2',
    ...(isIP(host) ? {} : { servername: host }),
    ...(authority === null ? {} : { ca: authority }),
  });
  let detail = '';
  await failingAs('tls', TLS_HINT, () =>
    established(socket, 'secureConnect', timing.connectTimeoutMs, () => {
      detail = `${socket.getProtocol()}, certificate valid to ${socket.getPeerCertificate().valid_to}.`;
    }),
  );
  return ok('tls', detail);
}

const TLS_HINT =
  'The certificate must be valid for imap.host. A port that begins in plain text (usually 143) wants tls: starttls.';

function established(socket: Socket, event: string, timeoutMs: number, look: () => void = () => {}): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    socket.setTimeout(timeoutMs, () => reject(new Error(`No answer within ${timeoutMs / 1000} s.`)));
    socket.once('error', reject);
    socket.once(event, () => {
      look();
      resolve();
    });
  }).finally(() => socket.destroy());
}

async function logIn(settings: ImapMailboxSettings, clock: Clock, secrets: string[]): Promise<ImapSession> {
  try {
    const credentials = await createLogin(settings.login, clock).credentials();
    secrets.push(...secretsOf(credentials, settings.user));
    return await openImapSession(settings, credentials, settings.timing);
  } catch (error) {
    const failure = describeFailure(error);
    throw new StepFailed(failure.kind === 'unprotected' ? 'tls' : 'login', failure.words, loginHint(failure));
  }
}

function loginHint(failure: ImapFailure): string {
  switch (failure.kind) {
    case 'credentials':
      return 'Check imap.user and the secret. Many providers want an app password or OAuth2 instead of the account password.';
    case 'throttled':
      return 'The server is busy or limits us; this says nothing about the login. Try again in some minutes.';
    case 'unprotected':
      return 'The server did not offer TLS that can be trusted, so no credential was sent. Check imap.tls and the certificate.';
    case 'settings':
      return 'Check what docket.yaml says about the login, and that the secrets it names are there.';
    default:
      return 'The connection was there and then failed. Try again; if it stays, look into the mail server’s log.';
  }
}

async function* lookAtFolders(
  settings: ImapMailboxSettings,
  session: ImapSession,
): AsyncGenerator<MailboxTestStep, void> {
  for (const folder of settings.folders) {
    try {
      const { mailCount } = await session.select(folder);
      yield ok('folder', `${folder} holds ${mailCount} mails.`);
    } catch (error) {
      const failure = describeFailure(error);
      if (failure.kind !== 'folder') throw new StepFailed('folder', failure.words, loginHint(failure));
      const existing = (await session.listFolders()).slice(0, 20).join(', ');
      yield {
        step: 'folder',
        outcome: 'failed',
        detail: `${folder}: ${failure.words}`,
        hint: `There are: ${existing}.`,
      };
    }
  }
}

function idleStep({ timing }: ImapMailboxSettings, session: ImapSession): MailboxTestStep {
  if (session.offers('IDLE')) return ok('idle', 'The server offers IDLE: new mail is seen within seconds.');
  const seconds = Math.round(timing.pollIntervalMs / 1000);
  return warning('idle', 'The server does not offer IDLE.', `New mail is seen at the next poll, every ${seconds} s.`);
}

function aftermathStep({ afterReceipt }: ImapMailboxSettings, session: ImapSession): MailboxTestStep {
  const removes = afterReceipt.kind === 'move' || afterReceipt.kind === 'delete';
  const can = session.offers('UIDPLUS') || (afterReceipt.kind === 'move' && session.offers('MOVE'));
  if (!removes || can) return ok('aftermath', `afterReceipt ${afterReceipt.kind} works on this server.`);
  return warning(
    'aftermath',
    `The server offers neither MOVE nor UIDPLUS, so afterReceipt ${afterReceipt.kind} would endanger other mail.`,
    'Received mail is left in place and flagged as seen.',
  );
}

/** The forms in which a server might repeat what we sent. */
function secretsOf(credentials: Credentials, user: string): string[] {
  if ('accessToken' in credentials) return [credentials.accessToken];
  const { password } = credentials;
  return [password, Buffer.from(password).toString('base64'), Buffer.from(`\0${user}\0${password}`).toString('base64')];
}

function withoutSecrets(text: string, secrets: string[]): string {
  return secrets.reduce((cleaned, secret) => (secret === '' ? cleaned : cleaned.replaceAll(secret, '***')), text);
}
