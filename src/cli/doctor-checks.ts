import { statfs } from 'node:fs/promises';
import type { Knex } from 'knex';
import type { Config } from '../config.ts';
import { countNoun } from '../core/count-noun.ts';
import type { DeskMailbox } from '../core/desk-config.ts';
import { isLoopbackHost } from '../core/loopback.ts';
import { mintToken, readToken, signingKeys } from '../core/reply-token.ts';
import { type Check, databaseChecks, type Finding, fail, pass, skip, warn } from '../desk/diagnose.ts';
import { errorMessage } from '../errors.ts';
import { openDatabase } from '../store/database.ts';
import { loadDesk } from '../store/desk-config.ts';
import { findRedisWeaknesses } from '../workers/redis-safety.ts';
import type { CliContext } from './context.ts';
import { type MailServerStep, testImap, testSmtp } from './mailbox-test.ts';

/** All checks of `docket doctor`, those of this machine and its servers first. */
export async function withChecks(context: CliContext, work: (checks: Check[]) => Promise<void>): Promise<void> {
  const config = readableConfig(context);
  // Without a database the checks that need one are skipped, and any URL will do to build them.
  const db = openDatabase(config?.databaseUrl ?? 'postgres://127.0.0.1:1/none', {
    poolMax: 4,
    applicationName: 'docket doctor',
  });
  const needs = ['database', 'migrations'];
  try {
    await work([
      {
        name: 'settings',
        about: 'the environment holds valid settings',
        needs: [],
        run: async () => checkSettings(context),
      },
      {
        name: 'secret-key',
        about: 'reply addresses can be signed',
        needs: ['settings'],
        run: async () => checkSecretKey(config),
      },
      {
        name: 'public-url',
        about: 'people can reach this installation',
        needs: ['settings'],
        run: async () => checkPublicUrl(config),
      },
      { name: 'disk', about: 'there is room left', needs: [], run: () => checkDisk(context) },
      ...databaseChecks(db, context.clock.now),
      { name: 'redis', about: 'Redis keeps what it is given', needs: ['settings'], run: () => checkRedis(config) },
      {
        name: 'mailbox',
        about: 'each mailbox can be logged in to and read',
        needs,
        run: () => checkMailboxes(db, (mailbox) => testImap(mailbox, context)),
      },
      {
        name: 'relay',
        about: "each mailbox's relay takes our mail",
        needs,
        run: () => checkMailboxes(db, async (mailbox) => [await testSmtp(mailbox, context)]),
      },
    ]);
  } finally {
    await db.destroy();
  }
}

function readableConfig(context: CliContext): Config | null {
  try {
    return context.config;
  } catch {
    // The check `settings` says why.
    return null;
  }
}

function checkSettings(context: CliContext): Finding[] {
  let config: Config;
  try {
    config = context.config;
  } catch (error) {
    const problems = error instanceof Error ? error.message.split('\n') : [errorMessage(error)];
    return problems.map((problem) => fail(problem, 'docs/operations.md lists every setting.'));
  }
  if (config.databaseUrl === null)
    return [fail('DATABASE_URL is not set', 'Set it, or start the embedded PostgreSQL with bin/start.')];
  const given = context.settings.describeSettings(context.env, config).filter(({ origin }) => origin !== 'default');
  return [pass(given.map(({ name, value }) => `${name}=${value}`).join(' '))];
}

function checkSecretKey(config: Config | null): Finding[] {
  if (!config?.secretKey)
    return [fail('SECRET_KEY is not set', 'Set it to the output of: openssl rand -hex 32, and keep a copy.')];
  const keys = signingKeys(config.secretKey, config.secretKeysOld);
  const token = mintToken(keys, { purpose: 'reply', ticketId: '1', addressId: '1' });
  return [
    readToken(keys, token) === null
      ? fail('a token we made cannot be read back', 'This is a bug; please report it.')
      : pass(`${countNoun(1 + config.secretKeysOld.length, 'key')} in use`),
  ];
}

function checkPublicUrl(config: Config | null): Finding[] {
  const publicUrl = config?.publicUrl;
  if (!publicUrl) return [skip('PUBLIC_URL is not set; no mail of this release carries a link')];
  const { protocol, hostname } = new URL(publicUrl);
  return [
    protocol === 'http:' && !isLoopbackHost(hostname)
      ? warn(`${publicUrl} is not protected`, 'Put a reverse proxy with TLS in front and use its https:// address.')
      : pass(publicUrl),
  ];
}

const DISK_WARN_SHARE = 0.1;
const DISK_FAIL_SHARE = 0.02;

async function checkDisk(context: CliContext): Promise<Finding[]> {
  const place = context.env.DOCKET_DATA ?? process.cwd();
  const { bavail, blocks, bsize } = await statfs(place).catch(() => statfs('/'));
  const share = Number(bavail) / Number(blocks);
  const detail = `${Math.round((Number(bavail) * bsize) / 1_048_576)} MiB free (${Math.round(share * 100)} %)`;
  const nextStep = 'Make room, also where PostgreSQL keeps its data: a full disk stops receiving.';
  if (share < DISK_FAIL_SHARE) return [fail(detail, nextStep)];
  return [share < DISK_WARN_SHARE ? warn(detail, nextStep) : pass(detail)];
}

async function checkRedis(config: Config | null): Promise<Finding[]> {
  if (!config?.redisUrl) return [skip('REDIS_URL is not set: jobs run on PostgreSQL')];
  try {
    const weaknesses = await findRedisWeaknesses(config.redisUrl);
    if (weaknesses.length === 0) return [pass('noeviction, append-only file on')];
    return weaknesses.map(({ setting, found, wanted }) =>
      warn(
        `${setting} is ${found}`,
        `Set ${setting} to ${wanted}; until then work may be taken up late, and none is lost.`,
      ),
    );
  } catch (error) {
    return [
      fail(
        `Redis does not answer: ${errorMessage(error)}`,
        'Check that it runs where REDIS_URL says. Mail is kept meanwhile.',
      ),
    ];
  }
}

/** All at once: each may take half a minute to fail. */
async function checkMailboxes(db: Knex, test: (mailbox: DeskMailbox) => Promise<MailServerStep[]>): Promise<Finding[]> {
  const { mailboxes } = await loadDesk(db);
  const findings = await Promise.all(mailboxes.map(async (mailbox) => judgeServer(mailbox.key, await test(mailbox))));
  return findings.flat();
}

/** A server that works is one line; one that does not says at which step. */
function judgeServer(mailbox: string, steps: MailServerStep[]): Finding[] {
  const wrong = steps.filter(({ outcome }) => outcome !== 'ok');
  if (wrong.length === 0) return [pass(steps.at(-1)?.detail ?? '', mailbox)];
  return wrong.map(({ step, outcome, detail, hint }) =>
    (outcome === 'failed' ? fail : warn)(`${step}: ${detail}`, hint ?? `See: docket mailbox test ${mailbox}`, mailbox),
  );
}
