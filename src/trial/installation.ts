/**
 * A whole Docket from nothing, in this order, and stopped in the reverse one: PostgreSQL (embedded, unless DATABASE_URL
 * says where yours is), the schema, the mail world (unless the desk has a mailbox of its own) and a desk that uses it,
 * Docket itself. Everything it remembers lies in one data directory:
 *
 *   secret-key        signs reply addresses; made at the first start unless you set SECRET_KEY
 *   env               the settings by which bin/docket finds this installation
 *   postgres/  mail/  the embedded database; the trial's mailboxes
 *   docket.log        what Docket logs
 *   serve.json        process id of Docket, so that the next start ends one that a kill -9 of ours left behind
 */
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { needSetting, readConfig } from '../config.ts';
import { errorCode, errorMessage } from '../errors.ts';
import { runDocket } from './docket-command.ts';
import { findSettings, startOwnPostgres } from './installation-settings.ts';
import { type MailWorld, startMailWorld } from './mail-world.ts';
import type { ProviderName } from './providers.ts';
import { endEarlierServe, startServe, waitUntilServing } from './serve-process.ts';
import { isRunning } from './server-process.ts';
import { configuredMailboxes, configureTrialDesk, TRIAL_MAILBOX } from './trial-desk.ts';

export interface InstallationOptions {
  dataDirectory: string;
  environment: NodeJS.ProcessEnv;
  /** Whose mail servers the mail world plays. */
  provider: ProviderName;
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
    const postgres = await startOwnPostgres(directory, options.environment);
    if (postgres !== null) {
      started.push({ name: 'PostgreSQL', pid: postgres.pid, stop: postgres.stop });
      say(`PostgreSQL ${postgres.adopted ? 'was still running' : 'runs'} on port ${postgres.port}.`);
    }
    signal.throwIfAborted();
    const environment = await findSettings(directory, options.environment, {
      postgres,
      usualHttpPort: options.usualPorts.http,
    });
    const config = readConfig(environment);
    await runDocket(environment, 'migrate', 'up');
    signal.throwIfAborted();
    const mailWorld = await trialMail(directory, environment, needSetting(config, 'databaseUrl'), options);
    if (mailWorld !== null) started.push({ name: 'Dovecot', pid: mailWorld.pid, stop: mailWorld.stop });
    signal.throwIfAborted();
    const logFile = join(directory, 'docket.log');
    const httpUrl = `http://${reachable(config.httpHost)}:${config.httpPort}`;
    const docket = await startServe(directory, logFile, environment);
    started.push({ name: 'Docket', pid: docket.pid, stop: docket.stop });
    await waitUntilServing(docket.pid, { httpUrl, logFile, signal });
    return { environment, httpUrl, logFile, mailWorld, findEnded, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The mail world, and a desk that uses it; null when the desk has mailboxes of its own or Dovecot cannot be had. */
async function trialMail(
  directory: string,
  environment: NodeJS.ProcessEnv,
  databaseUrl: string,
  { provider, usualPorts, say }: InstallationOptions,
): Promise<MailWorld | null> {
  const configured = await configuredMailboxes(databaseUrl);
  if (configured.length > 0 && !configured.some(({ address }) => address === TRIAL_MAILBOX)) return null;
  let world: MailWorld;
  try {
    world = await startMailWorld(join(directory, 'mail'), provider, usualPorts);
  } catch (error) {
    if (errorCode(error) !== 'TRIAL_PROGRAM_MISSING') throw error;
    say(`There is no mail world to try things with: ${errorMessage(error)}`);
    say('Everything else runs. Configure a mailbox of your own with bin/docket config apply, or add what is missing.');
    return null;
  }
  say(`The mail world runs: SMTP on port ${world.smtpPort}, IMAP on port ${world.imapPort}.`);
  try {
    await configureTrialDesk(join(directory, 'trial-desk.yaml'), environment, world, configured);
    return world;
  } catch (error) {
    await world.stop();
    throw error;
  }
}

/** `0.0.0.0` listens on every address and is none itself. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
