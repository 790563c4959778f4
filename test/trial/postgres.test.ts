import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureDatabase, type PrivatePostgres, startPrivatePostgres } from '../../src/trial/postgres.ts';

let directory: string;
const started: PrivatePostgres[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'docket-postgres-test-'));
});

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function start(): Promise<PrivatePostgres> {
  const server = await startPrivatePostgres({ directory, durable: false });
  started.push(server);
  return server;
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

test('a second start adopts the server that is running on this very folder', async () => {
  const first = await start();
  const second = await start();
  expect(second).toMatchObject({ pid: first.pid, port: first.port, adopted: true });
});

test('a start after a stop finds the data and the port again', async () => {
  const first = await start();
  await query(first.url('postgres'), 'create table kept (id int); insert into kept values (7)');
  await first.stop();
  const second = await start();
  expect(second).toMatchObject({ port: first.port, adopted: false });
  expect(await query(second.url('postgres'), 'select id from kept')).toEqual([{ id: 7 }]);
});

test('a start right after a kill -9 of the server recovers', async () => {
  const first = await start();
  await query(first.url('postgres'), 'create table kept (id int); insert into kept values (7)');
  first.kill();
  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await query(second.url('postgres'), 'select id from kept')).toEqual([{ id: 7 }]);
});

test('the login that Docket gets owns its database and is no superuser', async () => {
  const server = await start();
  const url = await ensureDatabase(server, 'docket');
  expect(await ensureDatabase(server, 'docket')).toBe(url);
  expect(await query(url, `select rolsuper from pg_roles where rolname = current_user`)).toEqual([{ rolsuper: false }]);
  expect(await query(url, 'create table mine (id int)')).toEqual([]);
});

test('two folders have two servers', async () => {
  const first = await start();
  const other = mkdtempSync(join(tmpdir(), 'docket-postgres-other-'));
  const second = await startPrivatePostgres({ directory: other, durable: false });
  await second.stop();
  rmSync(other, { recursive: true, force: true });
  expect(second.pid).not.toBe(first.pid);
  expect(await query(first.url('postgres'), 'select 1 as alive')).toEqual([{ alive: 1 }]);
});
