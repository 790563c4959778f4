/** Real starts under Node, from the commands people type. vitest forgives what Node refuses, so tests alone prove little. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { REPOSITORY } from '../src/trial/places.ts';
import { isRunning } from '../src/trial/server-process.ts';
import { createEmptyDatabase } from './support/database.ts';

const run = promisify(execFile);
const command = (name: string) => join(REPOSITORY, 'bin', name);

const BARE = { PATH: process.env.PATH, HOME: process.env.HOME };

let dataDirectory: string;
const starts: ChildProcess[] = [];

beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'docket-start-test-'));
});

afterEach(async () => {
  for (const child of starts.splice(0)) await end(child);
  rmSync(dataDirectory, { recursive: true, force: true });
});

describe('bin/docket', () => {
  test('tells its version', async () => {
    const { stdout } = await run(command('docket'), ['--version'], { env: BARE });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\b.*Node v\d/);
  });

  test('serve --once on an empty database makes the schema and ends', async () => {
    const database = await createEmptyDatabase();
    const env = { ...BARE, DATABASE_URL: database.url, SECRET_KEY: 'a'.repeat(64), HTTP_PORT: '0' };
    await run(command('docket'), ['serve', '--once'], { env });
    const { stdout } = await run(command('docket'), ['migrate', 'status', '--json'], { env });
    expect(stdout).toContain('0005_tickets');
    await database.drop();
  });
});

describe('bin/start', () => {
  test('runs everything, says when it runs already, and stops it all at SIGTERM', async () => {
    const first = start();
    const said = await until(first, /Ctrl-C stops everything/);
    expect(said).toMatch(/smtp:\/\/127\.0\.0\.1:\d+/);
    expect(statSync(join(dataDirectory, 'secret-key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDirectory, 'env')).mode & 0o777).toBe(0o600);

    const second = await run(command('start'), [], { env: { ...BARE, DOCKET_DATA: dataDirectory } });
    expect(second.stdout).toContain('already running');
    expect(second.stdout).toContain('smtp://127.0.0.1:');

    const list = await run(command('docket'), ['tickets', 'list', '--json'], {
      env: { ...BARE, DOCKET_DATA: dataDirectory },
    });
    expect(list.stdout).toBe('');

    const servers = serverIds();
    expect(servers.filter(isRunning)).toEqual(servers);
    expect(await end(first)).toBe(0);
    expect(servers.filter(isRunning)).toEqual([]);
  });

  test('resumes after a kill -9: takes over the database, ends the old Docket, keeps key and ports', async () => {
    const first = start();
    const said = await until(first, /Ctrl-C stops everything/);
    const key = readFileSync(join(dataDirectory, 'secret-key'), 'utf8');
    const [, oldServe = 0] = serverIds();
    first.kill('SIGKILL');

    const again = await until(start(), /Ctrl-C stops everything/);
    expect(again).toContain('PostgreSQL was still running');
    expect(isRunning(oldServe)).toBe(false);
    expect(readFileSync(join(dataDirectory, 'secret-key'), 'utf8')).toBe(key);
    const ports = (text: string) => text.match(/(?:smtp|imap|http):\/\/127\.0\.0\.1:\d+/g);
    expect(ports(again)).toEqual(ports(said));
  });

  test('--tour plays a request from intake to resolution, at one provider here', async () => {
    const { stdout } = await run(command('start'), ['--tour', '--provider', 'postfix'], { env: BARE });
    expect(stdout).toContain('All of it was seen');
    expect(stdout).not.toContain('NOT');
  });

  test('refuses an unknown argument', async () => {
    for (const args of [['--tuor'], ['--tour', '--provider', 'aol'], ['--provider', 'gmail']]) {
      await expect(run(command('start'), args, { env: BARE })).rejects.toMatchObject({ code: 2 });
    }
  });
});

function start(): ChildProcess {
  const child = spawn(command('start'), [], {
    env: { ...BARE, DOCKET_DATA: dataDirectory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  starts.push(child);
  return child;
}

/** What it said up to and with `pattern`. */
function until(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk: Buffer) => {
      text += chunk;
      if (pattern.test(text)) resolve(text);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => reject(new Error(`bin/start ended with ${code} and said:\n${text}`)));
  });
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

/** PostgreSQL, Docket, Dovecot. */
function serverIds(): number[] {
  const postgres = Number(readFileSync(join(dataDirectory, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0]);
  const serve: { pid: number } = JSON.parse(readFileSync(join(dataDirectory, 'serve.json'), 'utf8'));
  const dovecot: { pid: number } = JSON.parse(readFileSync(join(dataDirectory, 'mail/dovecot/state.json'), 'utf8'));
  return [postgres, serve.pid, dovecot.pid];
}
