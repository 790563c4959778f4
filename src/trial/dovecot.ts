/**
 * A private Dovecot 2.3: mailboxes for the trial and the tests, on loopback, never a service of the machine.
 *
 * It always runs as one unprivileged user, under root too (then as the service user): Dovecot's own way of changing
 * users would need accounts that only an installed package creates. Every mailbox name exists; all have one password;
 * `support+anything@…` is delivered to `support@…` and `Delivered-To` keeps the detail.
 *
 * Below its directory: `mail/` one Maildir a mailbox, `dovecot.log`, `dovecot.conf`, and `state.json`, by which the next
 * start finds the ports again and ends a server that a kill -9 of ours left behind. Its sockets live in a short folder
 * under the system's temporary one, because the path of a UNIX socket may have only 107 characters.
 */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PermanentError } from '../errors.ts';
import { writeWhole } from './files.ts';
import { type DebianProgram, type FoundProgram, findProgram } from './packages.ts';
import {
  childrenOf,
  freePort,
  isRunning,
  signalProcess,
  spawnServer,
  stopProcess,
  waitFor,
  workingDirectory,
} from './server-process.ts';
import { commandAs, type ServiceUser, serviceUserFor, type Tether } from './service-user.ts';

export interface PrivateDovecotOptions extends Tether {
  directory: string;
  /** Where programs fetched from Debian are kept. */
  packagesDirectory: string;
  /** The password of every mailbox. */
  password: string;
  /** What it calls itself in the Received of a delivery; default: the name of this machine. */
  hostName?: string;
  /** Where to listen at the first start, if that port is free. */
  usualImapPort?: number;
}

export interface PrivateDovecot {
  imapPort: number;
  lmtpPort: number;
  pid: number;
  stop(): Promise<void>;
  /** The master dies at once, its children notice and follow. */
  kill(): void;
  /** Forgets the UIDs of one mailbox, as when a server was rebuilt: same mails, new UIDVALIDITY. Sessions are cut off. */
  resetUidValidity(mailbox: string): void;
}

interface State {
  pid: number;
  runDirectory: string;
  imapPort: number;
  lmtpPort: number;
}

/** What the trial world needs of Debian. */
export const DOVECOT: DebianProgram = {
  path: '/usr/sbin/dovecot',
  packages: ['dovecot-core', 'dovecot-imapd', 'dovecot-lmtpd'],
  alsoNeeds: ['/usr/lib/dovecot/imap', '/usr/lib/dovecot/lmtp'],
  relocate: relocateModules,
};
const LIBRARIES = '/usr/lib/dovecot';
const MODULES = '/usr/lib/dovecot/modules';
const START_WITHIN_MS = 15_000;

export async function startPrivateDovecot(options: PrivateDovecotOptions): Promise<PrivateDovecot> {
  const program = await findProgram(DOVECOT, options.packagesDirectory);
  requireVersion(program);
  mkdirSync(options.directory, { recursive: true });
  const directory = realpathSync(options.directory);
  const mailDirectory = join(directory, 'mail');

  const earlier = readState(directory);
  if (earlier !== null) await endEarlier(earlier);

  const user = serviceUserFor(mailDirectory);
  mkdirSync(mailDirectory, { recursive: true });
  const runDirectory = mkdtempSync(join(realpathSync(tmpdir()), 'docket-dovecot-'));
  if (program.root !== '') symlinkSync(program.root + MODULES, join(runDirectory, 'modules'));
  const logFile = join(directory, 'dovecot.log');
  appendFileSync(logFile, '');
  const imapPort = await freePort(earlier?.imapPort ?? options.usualImapPort);
  const lmtpPort = await freePort(earlier?.lmtpPort);
  const configuration = join(directory, 'dovecot.conf');
  const account = accountNames(user);
  writeFileSync(
    configuration,
    configurationText({ ...options, ...account, program, runDirectory, mailDirectory, logFile, imapPort, lmtpPort }),
    { mode: 0o600 },
  );
  if (user !== null) {
    for (const path of [mailDirectory, runDirectory, logFile, configuration]) chownSync(path, user.uid, user.gid);
  }
  const pid = await spawnServer(command(program, user, configuration, mailDirectory, options), logFile, {
    environment: libraryEnvironment(program),
  });
  const state = { pid, runDirectory, imapPort, lmtpPort };
  writeWhole(join(directory, 'state.json'), JSON.stringify(state));

  const ready = await waitFor(
    async () => (!isRunning(pid) ? 'ended' : (await greets(imapPort)) && (await greets(lmtpPort)) ? 'ready' : null),
    { withinMs: START_WITHIN_MS },
  );
  if (ready !== 'ready') {
    await endEarlier(state);
    throw new PermanentError('TRIAL_DOVECOT_START', `Dovecot did not start; see ${logFile}`);
  }
  return {
    imapPort,
    lmtpPort,
    pid,
    stop: () => endEarlier(state),
    kill: () => process.kill(pid, 'SIGKILL'),
    resetUidValidity(mailbox) {
      // A session remembers the UIDs and would write them down again.
      for (const session of childrenOf(pid, 'imap')) signalProcess(session, 'SIGKILL');
      forgetUids(join(mailDirectory, mailbox));
    },
  };
}

function configurationText(settings: {
  program: FoundProgram;
  runDirectory: string;
  mailDirectory: string;
  logFile: string;
  user: string;
  group: string;
  password: string;
  hostName?: string;
  imapPort: number;
  lmtpPort: number;
}): string {
  const { program, runDirectory, mailDirectory, logFile, user, group, password, hostName, imapPort, lmtpPort } =
    settings;
  return `base_dir = ${runDirectory}
state_dir = ${runDirectory}
instance_name = docket-trial
${hostName === undefined ? '' : `hostname = ${hostName}\n`}log_path = ${logFile}
libexec_dir = ${program.root}${LIBRARIES}
mail_plugin_dir = ${program.root}${MODULES}
import_environment = TZ LD_LIBRARY_PATH
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:${mailDirectory}/%u
first_valid_uid = 1
mail_max_userip_connections = 50
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${imapPort}
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    port = ${lmtpPort}
  }
}
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=${user} gid=${group} home=${mailDirectory}/%u allow_all_users=yes
}
namespace inbox {
  inbox = yes
}
`;
}

/** `dovecot` would call the machine's own /usr/bin/doveconf to read its configuration; so we call the right one, which becomes dovecot. */
function command(
  program: FoundProgram,
  user: ServiceUser | null,
  configuration: string,
  mailDirectory: string,
  tether: Tether,
): string[] {
  const doveconf = commandAs(user, `${program.root}/usr/bin/doveconf`, mailDirectory, tether);
  const becoming = ['-f', 'service=master', '-m', 'master', '-e', program.path];
  return [...doveconf, '-c', configuration, ...becoming, '-F', '-c', configuration];
}

function libraryEnvironment({ root, libraryFolders }: FoundProgram): Record<string, string> {
  if (root === '') return {};
  const own = [LIBRARIES, MODULES, `${MODULES}/old-stats`].map((folder) => root + folder);
  return { LD_LIBRARY_PATH: [...own, ...libraryFolders].join(':') };
}

/**
 * Dovecot's library knows the folder of its modules by a path compiled in, with no setting for it. As conda does with
 * packages it moves, we write another path over it in our copy: of the same length, relative to the folder in which every
 * Dovecot process works, where a link leads to the modules.
 */
function relocateModules(root: string): void {
  const library = realpathSync(join(root, LIBRARIES, 'libdovecot.so.0'));
  const bytes = readFileSync(library);
  const at = bytes.indexOf(`${MODULES}\0`);
  if (at < 0) throw new PermanentError('TRIAL_PROGRAM_MISSING', `${MODULES} is not where it was in Dovecot 2.3.19`);
  bytes.write(`${'./'.repeat(8)}/modules\0`, at);
  writeFileSync(library, bytes);
}

function requireVersion(program: FoundProgram): void {
  const version = execFileSync(program.path, ['--version'], {
    encoding: 'utf8',
    env: libraryEnvironment(program),
  });
  if (version.startsWith('2.3.')) return;
  throw new PermanentError(
    'TRIAL_PROGRAM_MISSING',
    `the trial world needs Dovecot 2.3, and ${program.path} is ${version.trim()}`,
  );
}

function accountNames(user: ServiceUser | null): { user: string; group: string } {
  const of = user === null ? [] : [String(user.uid)];
  const name = (flag: string) => execFileSync('id', [flag, ...of], { encoding: 'utf8' }).trim();
  return { user: name('-un'), group: name('-gn') };
}

function readState(directory: string): State | null {
  const file = join(directory, 'state.json');
  if (!existsSync(file)) return null;
  const { pid, runDirectory, imapPort, lmtpPort }: State = JSON.parse(readFileSync(file, 'utf8'));
  return { pid, runDirectory, imapPort, lmtpPort };
}

async function endEarlier({ pid, runDirectory }: State): Promise<void> {
  // A process id may be somebody else's by now; only a master working in this very folder is ours.
  if (isRunning(pid) && workingDirectory(pid) === runDirectory) await stopProcess(pid);
  rmSync(runDirectory, { recursive: true, force: true });
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2000, () => settle(false));
    socket.once('data', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}

/** `dovecot-uidvalidity` stays: from it Dovecot takes the next, higher value. */
function forgetUids(maildir: string): void {
  for (const file of readdirSync(maildir)) {
    if (file === 'dovecot-uidlist' || file.startsWith('dovecot.index')) rmSync(join(maildir, file), { force: true });
  }
}
