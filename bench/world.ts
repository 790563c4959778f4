/**
 * What both contestants stand on: an embedded PostgreSQL 18 with fsync, as it comes but for the statement counter; a real
 * Dovecot with the same mails waiting for each; a Redis when asked for. All of it private, and removed afterwards.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import pg from 'pg';
import { startPrivateDovecot } from '../src/trial/dovecot.ts';
import { PACKAGES_DIRECTORY } from '../src/trial/places.ts';
import { ensureDatabase, type PrivatePostgres, startPrivatePostgres } from '../src/trial/postgres.ts';
import { startTestRedis } from '../test/support/redis.ts';
import type { BenchMail } from './mails.ts';

export const IMAP_PASSWORD = 'secret';

export interface World {
  directory: string;
  postgres: PrivatePostgres;
  imapPort: number;
  redisUrl: string | null;
  /** An empty database of this name; its address. */
  createDatabase(name: string): Promise<string>;
  /** Delivers over LMTP, in order: the first mail gets the lowest UID. */
  deliver(mailbox: string, mails: BenchMail[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startWorld({ withRedis }: { withRedis: boolean }): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'docket-bench-'));
  const stops: (() => Promise<void>)[] = [async () => rmSync(directory, { recursive: true, force: true })];
  let stopping: Promise<void> | null = null;
  // Once, and whoever asks again waits for the same end: a signal and a failure may both want it.
  const stop = () => {
    stopping ??= stopAll(stops);
    return stopping;
  };
  try {
    const postgres = await startCountingPostgres(join(directory, 'postgres'));
    stops.push(() => postgres.stop());
    const dovecot = await startPrivateDovecot({
      directory: join(directory, 'dovecot'),
      packagesDirectory: PACKAGES_DIRECTORY,
      password: IMAP_PASSWORD,
    });
    stops.push(() => dovecot.stop());
    const redis = withRedis ? await startTestRedis() : null;
    if (redis !== null) stops.push(() => redis.remove());
    return {
      directory,
      postgres,
      imapPort: dovecot.imapPort,
      redisUrl: redis?.url ?? null,
      createDatabase: (name) => ensureDatabase(postgres, name),
      deliver: (mailbox, mails) => deliver(dovecot.lmtpPort, mailbox, mails),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  for (const stop of stops.reverse()) await stop();
}

/** The counter is a library that the server loads when it starts, so the first start is only to write that down. */
async function startCountingPostgres(directory: string): Promise<PrivatePostgres> {
  const first = await startPrivatePostgres({ directory, durable: true });
  await runAsAdmin(first, `alter system set shared_preload_libraries = 'pg_stat_statements'`);
  await runAsAdmin(first, 'alter system set pg_stat_statements.track_planning = on');
  await first.stop();
  const postgres = await startPrivatePostgres({ directory, durable: true });
  await runAsAdmin(postgres, 'create extension pg_stat_statements');
  return postgres;
}

async function runAsAdmin(postgres: PrivatePostgres, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  await client.query(statement);
  await client.end();
}

async function deliver(lmtpPort: number, mailbox: string, mails: BenchMail[]): Promise<void> {
  const lmtp = nodemailer.createTransport({
    host: '127.0.0.1',
    port: lmtpPort,
    lmtp: true,
    secure: false,
    pool: true,
    maxConnections: 1,
    maxMessages: Number.POSITIVE_INFINITY,
  });
  for (const { from, raw } of mails) {
    const { rejected, response } = await lmtp.sendMail({ envelope: { from, to: [mailbox] }, raw });
    if (rejected.length > 0) throw new Error(`Dovecot refused a delivery: ${response}`);
  }
  lmtp.close();
}
