/**
 * `bin/start`: Docket on this machine, with private parts for whatever is not configured, until Ctrl-C.
 * `bin/start --tour`: the same in throw-away places, where a customer's request is played from intake to resolution.
 */
import { mkdirSync, realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationError, errorCode, errorMessage } from '../errors.ts';
import { type Installation, startInstallation } from './installation.ts';
import { dataDirectory } from './places.ts';
import { PROVIDERS, type ProviderName, USUAL_PROVIDER } from './providers.ts';
import { takeStartLock } from './start-lock.ts';
import { playTour } from './tour.ts';
import { TRIAL_AGENTS, TRIAL_CUSTOMER, TRIAL_MAILBOX } from './trial-desk.ts';

const USAGE = `Usage: bin/start [--tour [--provider NAME]]

Starts Docket with everything it needs, and stops it all at Ctrl-C. What you do not configure is private to this folder:
an embedded PostgreSQL (or yours: DATABASE_URL), and a mail world to try it with (until the desk has a mailbox of its own).
Everything is kept in data/ (or DOCKET_DATA) and found again by the next start.

  --tour            plays a customer's request from intake to resolution through a throw-away installation, once for each kind of
                    mail provider; shows each mail and checks each step
  --provider NAME   only for this one: ${Object.keys(PROVIDERS).join(', ')}
  --help            this text

Settings come from the environment; docs/operations.md lists them all.
`;

const say = (text: string) => console.log(text);

async function main(args: string[]): Promise<number> {
  if (args.length === 1 && (args[0] === '--help' || args[0] === '-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const tour = tourProviders(args);
  if (args.length > 0 && tour === null) {
    process.stderr.write(USAGE);
    return 2;
  }
  if (process.platform !== 'linux') {
    console.error('bin/start needs Linux. Elsewhere: DATABASE_URL=... SECRET_KEY=... bin/docket serve');
    return 1;
  }
  // A terminal that was closed takes no more words; stopping in order matters more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      // A second one means: now. The servers left behind are taken over or ended by the next start.
      if (stopping.signal.aborted) process.exit(130);
      stopping.abort(new Error(name));
    });
  }
  try {
    return tour === null
      ? await startAndWait(stopping.signal)
      : await playTour({ providers: tour, say, signal: stopping.signal });
  } catch (error) {
    if (stopping.signal.aborted) return 130;
    const isBug = errorCode(error) === 'BUG' && error instanceof Error;
    console.error(isBug ? error.stack : errorMessageLines(error));
    return error instanceof ConfigurationError ? 3 : 1;
  }
}

/** Whose mail servers the tour plays; null for arguments that ask for no tour. */
function tourProviders([tour, option, name, ...more]: string[]): ProviderName[] | null {
  const names = Object.keys(PROVIDERS) as ProviderName[];
  if (tour !== '--tour' || more.length > 0) return null;
  if (option === undefined) return names;
  const chosen = names.filter((one) => one === name);
  return option === '--provider' && chosen.length === 1 ? chosen : null;
}

async function startAndWait(signal: AbortSignal): Promise<number> {
  const chosen = dataDirectory(process.env);
  mkdirSync(chosen, { recursive: true });
  const directory = realpathSync(chosen);
  const lock = await takeStartLock(directory);
  if (!lock.taken) {
    say(`Docket is already running from ${directory}.\n${lock.saying}`);
    return 0;
  }
  const installation = await startInstallation({
    dataDirectory: directory,
    environment: process.env,
    provider: USUAL_PROVIDER,
    usualPorts: { http: 8080, imap: 1143, smtp: 2525 },
    signal,
    say,
  });
  const text = howToUse(installation);
  lock.announce(text);
  say(`${text}\nCtrl-C stops everything; what happened is kept in ${shown(directory)}.`);

  let ended: string | null = null;
  while (!signal.aborted && ended === null) {
    await sleep(250);
    ended = installation.findEnded();
  }
  say(ended === null ? '\nStopping ...' : `${ended} has ended by itself; the logs in ${shown(directory)} may say why.`);
  await installation.stop();
  say('Everything is stopped.');
  lock.release();
  return ended === null ? 0 : 1;
}

function howToUse({ httpUrl, logFile, mailWorld }: Installation): string {
  const look = `
Docket runs.

Look, in any terminal:
  bin/docket tickets list
  bin/docket tickets show 1001
  bin/docket mail list
  bin/docket outbox list
  ${httpUrl}/healthz   ${httpUrl}/readyz   ${httpUrl}/metrics
  ${shown(logFile)}
`;
  if (mailWorld === null) return look;
  const { smtpPort, imapPort, password } = mailWorld;
  return `${look}
Send a mail as Karen, a customer:
  printf 'From: Karen <${TRIAL_CUSTOMER}>\\nTo: ${TRIAL_MAILBOX}\\nSubject: My card is blocked\\n\\nCan you help me?\\n' | \\
    curl --silent --show-error --url smtp://127.0.0.1:${smtpPort} --user ${TRIAL_CUSTOMER}:${password} \\
    --mail-from ${TRIAL_CUSTOMER} --mail-rcpt ${TRIAL_MAILBOX} --crlf --upload-file -

Read what she gets (MAILINDEX=2 for the second):
  curl --silent --user ${TRIAL_CUSTOMER}:${password} 'imap://127.0.0.1:${imapPort}/INBOX;MAILINDEX=1'

Tickets are given to ${TRIAL_AGENTS.join(' and ')} in turn: read their mail the same way, and answer it as they would
(docs/commands.md says what else an answer can do).

Or use any mail program, without encryption:
  SMTP      127.0.0.1 port ${smtpPort}
  IMAP      127.0.0.1 port ${imapPort}
  users     ${[TRIAL_CUSTOMER, ...TRIAL_AGENTS].join(', ')}
  password  ${password}
  write to  ${TRIAL_MAILBOX}
`;
}

function shown(path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') ? path : below || '.';
}

/** errorMessage puts all on one line; a person at a terminal reads the lines as they are. */
function errorMessageLines(error: unknown): string {
  return error instanceof Error ? error.message : errorMessage(error);
}

process.exitCode = await main(process.argv.slice(2));
