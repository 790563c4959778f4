/**
 * A whole Docket from nothing, in this order, and stopped in the reverse one: PostgreSQL (embedded, unless DATABASE_URL
 * says where yours is), the mail world (unless the desk has a mailbox of its own), the schema, the trial's desk
 * configuration, Docket itself. Everything it remembers lies in one data directory:
 *
 *   secret-key        signs reply addresses; made at the first start unless you set SECRET_KEY
 *   env               the settings by which bin/docket finds this installation
 *   postgres/  mail/  the embedded database; the trial's mailboxes
 *   docket.log        what Docket logs
 *   serve.json        process id of Docket, so that the next start ends one that a kill -9 of ours left behind
 */
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { needSetting, readConfig } from '../config.ts';
import { errorCode, errorMessage, PermanentError } from '../errors.ts';
import { openDatabase } from '../store/database.ts';
import { loadDesk } from '../store/desk-config.ts';
import { DOCKET_PROGRAM, runDocket } from './docket-command.ts';
import { secretIn, writeWhole } from './files.ts';
import { type MailWorld, startMailWorld } from './mail-world.ts';
import { ensureDatabase, startPrivatePostgres } from './postgres.ts';
import { freePort, isRunning, processIdentity, spawnServer, stopProcess, waitFor } from './server-process.ts';
import { TRIAL_MAILBOX, type TrialServers, trialDeskYaml, trialMailboxYaml } from './trial-desk.ts';

export interface InstallationOptions {
  dataDirectory: string;
  environment: NodeJS.ProcessEnv;
  /** Where to listen at the first start, if these are free; 0 takes any. */
  usualPorts: { http: number; imap: number; smtp: number };
  /** Aborted when the person wants to stop: what has been started by then is stopped. */
  signal: AbortSignal;
  say(text: string): void;
}

export interface Installation {
  /** For `docket` commands that are to talk to this installation. */
  environment: NodeJS.ProcessEnv;
  httpUrl: string;
  logFile: string;
  /** null when the desk has mailboxes of its own, or when there is no Dovecot to be had. */
  mailWorld: MailWorld | null;
  /** The name of a server that has ended by itself, if one has. */
  findEnded(): string | null;
  stop(): Promise<void>;
}

/** What has been started: to be watched, and to be stopped in reverse order. */
interface Part {
  name: string;
  pid: number;
  stop(): Promise<void>;
}

const SERVING_WITHIN_MS = 60_000;
/** Longer than Docket itself gives its work to come to an end. */
const STOPPED_WITHIN_MS = 40_000;
/** A larger log is set aside at the next start, in place of the one set aside before. */
const LOG_BYTES_MAX = 20 * 1024 * 1024;

export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  mkdirSync(options.dataDirectory, { recursive: true });
  const directory = realpathSync(options.dataDirectory);
  const { say, signal } = options;
  const started: Part[] = [];
  const stop = async () => {
    for (const part of started.reverse().splice(0)) {
      await part.stop().catch((error: unknown) => say(`${part.name} did not stop: ${errorMessage(error)}`));
    }
  };
  const findEnded = () => started.find(({ pid }) => !isRunning(pid))?.name ?? null;
  try {
    await endEarlierServe(directory);
    const environment = await settings(directory, options, started);
    const config = readConfig(environment);
    signal.throwIfAborted();
    await runDocket(environment, 'migrate', 'up');
    signal.throwIfAborted();
    const mailWorld = await trialMail(directory, environment, needSetting(config, 'databaseUrl'), options);
    if (mailWorld !== null) started.push({ name: 'Dovecot', pid: mailWorld.pid, stop: mailWorld.stop });
    signal.throwIfAborted();
    const logFile = join(directory, 'docket.log');
    const pid = await serve(directory, logFile, environment);
    started.push({ name: 'Docket', pid, stop: () => stopProcess(pid, { graceMs: STOPPED_WITHIN_MS }) });
    const httpUrl = `http://${reachable(config.httpHost)}:${config.httpPort}`;
    await waitUntilServing(pid, httpUrl, logFile, signal);
    return { environment, httpUrl, logFile, mailWorld, findEnded, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What Docket needs and the person has not set, written down for bin/docket. */
async function settings(
  directory: string,
  { environment, usualPorts, say }: InstallationOptions,
  started: Part[],
): Promise<NodeJS.ProcessEnv> {
  const isSet = (name: string) => Boolean(environment[name] || environment[`${name}_FILE`]);
  const found: Record<string, string> = {};
  if (!isSet('SECRET_KEY')) {
    found.SECRET_KEY_FILE = join(directory, 'secret-key');
    secretIn(found.SECRET_KEY_FILE, 32);
  }
  // 0 would be a port that nobody but Docket itself knows.
  if (!isSet('HTTP_PORT') || environment.HTTP_PORT === '0')
    found.HTTP_PORT = String(await usualPort(join(directory, 'http-port'), usualPorts.http));
  if (!isSet('PUBLIC_URL')) found.PUBLIC_URL = `http://127.0.0.1:${found.HTTP_PORT ?? environment.HTTP_PORT}`;
  if (!isSet('DATABASE_URL')) {
    const postgres = await startPrivatePostgres({ directory: join(directory, 'postgres'), durable: true });
    started.push({ name: 'PostgreSQL', pid: postgres.pid, stop: postgres.stop });
    found.DATABASE_URL = await ensureDatabase(postgres, 'docket');
    say(`PostgreSQL ${postgres.adopted ? 'was still running' : 'runs'} on port ${postgres.port}.`);
  }
  const all = { ...environment, ...found };
  const written = ['DATABASE_URL', 'REDIS_URL', 'SECRET_KEY', 'SECRET_KEYS_OLD', 'PUBLIC_URL', 'HTTP_PORT']
    .flatMap((name) => [name, `${name}_FILE`])
    .flatMap((name) => (all[name] ? [`${name}=${all[name]}\n`] : []));
  writeWhole(join(directory, 'env'), written.join(''));
  return all;
}

/** The port of the last start, or else the usual one, if it is free. */
async function usualPort(file: string, usual: number): Promise<number> {
  const port = await freePort(existsSync(file) ? Number(readFileSync(file, 'utf8')) : usual);
  writeWhole(file, String(port));
  return port;
}

/** The mail world, and a desk that uses it; null when the desk has mailboxes of its own or Dovecot cannot be had. */
async function trialMail(
  directory: string,
  environment: NodeJS.ProcessEnv,
  databaseUrl: string,
  { usualPorts, say }: InstallationOptions,
): Promise<MailWorld | null> {
  const configured = await configuredMailboxes(databaseUrl);
  if (configured.length > 0 && !configured.some(({ address }) => address === TRIAL_MAILBOX)) return null;
  let world: MailWorld;
  try {
    world = await startMailWorld(join(directory, 'mail'), usualPorts);
  } catch (error) {
    if (errorCode(error) !== 'TRIAL_PROGRAM_MISSING') throw error;
    say(`There is no mail world to try things with: ${errorMessage(error)}`);
    say('Everything else runs. Configure a mailbox of your own with bin/docket config apply, or add what is missing.');
    return null;
  }
  say(`The mail world runs: SMTP on port ${world.smtpPort}, IMAP on port ${world.imapPort}.`);
  try {
    await configure(directory, environment, world, configured);
    return world;
  } catch (error) {
    await world.stop();
    throw error;
  }
}

interface ConfiguredMailbox {
  address: string;
  imapPort: number;
  smtpPort: number;
}

async function configure(
  directory: string,
  environment: NodeJS.ProcessEnv,
  world: TrialServers,
  configured: ConfiguredMailbox[],
): Promise<void> {
  const isCurrent = ({ imapPort, smtpPort }: ConfiguredMailbox) =>
    imapPort === world.imapPort && smtpPort === world.smtpPort;
  if (configured.some(isCurrent)) return;
  const file = join(directory, 'trial-desk.yaml');
  writeWhole(file, configured.length === 0 ? trialDeskYaml(world) : trialMailboxYaml(world));
  await runDocket(environment, 'config', 'apply', file);
}

async function configuredMailboxes(databaseUrl: string): Promise<ConfiguredMailbox[]> {
  const db = openDatabase(databaseUrl, { poolMax: 1 });
  try {
    const { mailboxes } = await loadDesk(db);
    return mailboxes.map(({ address, imap, smtp }) => ({
      address,
      imapPort: imap.port,
      smtpPort: smtp.port,
    }));
  } finally {
    await db.destroy();
  }
}

/** `0.0.0.0` listens on every address and is none itself. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

async function serve(directory: string, logFile: string, environment: NodeJS.ProcessEnv): Promise<number> {
  if (existsSync(logFile) && statSync(logFile).size > LOG_BYTES_MAX) renameSync(logFile, `${logFile}.old`);
  const pid = await spawnServer([...DOCKET_PROGRAM, 'serve'], logFile, { environment: setOnes(environment) });
  writeWhole(join(directory, 'serve.json'), JSON.stringify({ pid, identity: processIdentity(pid) }));
  return pid;
}

async function endEarlierServe(directory: string): Promise<void> {
  const file = join(directory, 'serve.json');
  if (!existsSync(file)) return;
  const earlier: { pid: number; identity: string | null } = JSON.parse(readFileSync(file, 'utf8'));
  const isOurs = earlier.identity !== null && processIdentity(earlier.pid) === earlier.identity;
  if (isOurs) await stopProcess(earlier.pid, { graceMs: STOPPED_WITHIN_MS });
  rmSync(file);
}

async function waitUntilServing(pid: number, httpUrl: string, logFile: string, signal: AbortSignal): Promise<void> {
  const state = await waitFor(
    async () => {
      if (signal.aborted || !isRunning(pid)) return 'ended';
      return (await isHealthy(httpUrl)) ? 'serving' : null;
    },
    { withinMs: SERVING_WITHIN_MS, everyMs: 100 },
  );
  signal.throwIfAborted();
  if (state === 'serving') return;
  const lines = readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join('\n  ');
  throw new PermanentError('TRIAL_SERVE', `Docket did not start; the end of ${logFile} says:\n  ${lines}`);
}

async function isHealthy(httpUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${httpUrl}/healthz`, { signal: AbortSignal.timeout(2000) });
    return response.ok;
  } catch {
    return false;
  }
}

function setOnes(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
