import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { PermanentError } from '../errors.ts';

/** The account a private server runs under when we are root; PostgreSQL refuses to run as root itself. */
export interface ServiceUser {
  uid: number;
  gid: number;
}

const OWN_USER = 'docket-trial';

/**
 * Who owns what a private server writes: nobody special (`null`) when we are an ordinary user ourselves. As root it is
 * whoever already owns `directory`, so that a state made earlier stays readable; else the machine's `postgres`; else a
 * system user of our own.
 */
export function serviceUserFor(directory: string): ServiceUser | null {
  if (process.getuid?.() !== 0) return null;
  if (existsSync(directory)) {
    const { uid, gid } = statSync(directory);
    if (uid !== 0) return { uid, gid };
  }
  return findUser('postgres') ?? findUser(OWN_USER) ?? createUser();
}

/** What the kernel is to send a server when the process that started it dies, even by kill -9. For servers of tests. */
export interface Tether {
  whenWeDie?: NodeJS.Signals;
}

/**
 * The command that runs `program` as this user. `probe` is an absolute path the program must be able to reach.
 *
 * A clone below a 0700 home (root's own) is closed to every other user. Copying 60 MB of binaries and the data elsewhere
 * would spread our state over the machine; instead the server gets the one capability to search and read past those
 * folders. The secure bit is part of it: PostgreSQL asks access(2) for its own binaries, and the kernel answers that
 * call without capabilities for anyone but root unless told otherwise. Containers often withhold CAP_DAC_READ_SEARCH
 * and allow CAP_DAC_OVERRIDE, so that is the second try. Where the folders are open, no capability is given at all.
 */
export function commandAs(user: ServiceUser | null, program: string, probe: string, tether: Tether = {}): string[] {
  const tied = tether.whenWeDie === undefined ? [] : ['--pdeathsig', tether.whenWeDie.replace('SIG', '')];
  if (user === null) return tied.length === 0 ? [program] : ['setpriv', ...tied, '--', program];
  const identity = ['setpriv', ...tied, '--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups'];
  const withCapability = (capability: string) => [
    ...identity,
    ...['--inh-caps', `+${capability}`, '--ambient-caps', `+${capability}`, '--securebits', '+no_setuid_fixup'],
  ];
  const plain = [...identity, '--inh-caps=-all'];
  for (const prefix of [plain, withCapability('dac_read_search'), withCapability('dac_override')]) {
    if (mayReach(prefix, probe) && mayReach(prefix, program)) return [...prefix, '--', program];
  }
  throw new PermanentError(
    'TRIAL_FOLDER_CLOSED',
    `user ${user.uid} cannot reach ${probe}, and this container gives root no capability to pass that on: ` +
      'clone to a folder that other users may enter (chmod o+x), or run as an ordinary user',
  );
}

function mayReach(prefix: string[], path: string): boolean {
  const [setpriv = '', ...args] = prefix;
  return spawnSync(setpriv, [...args, '--', '/usr/bin/env', '-C', '/', 'test', '-r', path]).status === 0;
}

function findUser(name: string): ServiceUser | null {
  const id = (flag: string) => spawnSync('id', [flag, name], { encoding: 'utf8' });
  const uid = id('-u');
  return uid.status === 0 ? { uid: Number(uid.stdout), gid: Number(id('-g').stdout) } : null;
}

function createUser(): ServiceUser {
  execFileSync('/usr/sbin/useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    OWN_USER,
  ]);
  const user = findUser(OWN_USER);
  if (user === null) throw new PermanentError('TRIAL_USER', `useradd made no user ${OWN_USER}`);
  return user;
}
