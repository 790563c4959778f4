import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { secretIn, writeWhole } from './files.ts';
import { ensureDatabase, type PrivatePostgres, startPrivatePostgres } from './postgres.ts';
import { freePort } from './server-process.ts';

type Environment = NodeJS.ProcessEnv;

/** The embedded PostgreSQL; null when DATABASE_URL names another. */
export async function startOwnPostgres(directory: string, environment: Environment): Promise<PrivatePostgres | null> {
  if (isSet(environment, 'DATABASE_URL')) return null;
  return startPrivatePostgres({ directory: join(directory, 'postgres'), durable: true });
}

/** What the person has set, and what Docket needs besides; written down for bin/docket. */
export async function findSettings(
  directory: string,
  environment: Environment,
  { postgres, usualHttpPort }: { postgres: PrivatePostgres | null; usualHttpPort: number },
): Promise<Environment> {
  const found: Record<string, string> = {};
  if (postgres !== null) found.DATABASE_URL = await ensureDatabase(postgres, 'docket');
  if (!isSet(environment, 'SECRET_KEY')) {
    found.SECRET_KEY_FILE = join(directory, 'secret-key');
    secretIn(found.SECRET_KEY_FILE, 32);
  }
  // 0 would be a port that nobody but Docket itself knows.
  if (!isSet(environment, 'HTTP_PORT') || environment.HTTP_PORT === '0')
    found.HTTP_PORT = String(await usualPort(join(directory, 'http-port'), usualHttpPort));
  if (!isSet(environment, 'PUBLIC_URL'))
    found.PUBLIC_URL = `http://127.0.0.1:${found.HTTP_PORT ?? environment.HTTP_PORT}`;

  const all = { ...environment, ...found };
  const written = ['DATABASE_URL', 'REDIS_URL', 'SECRET_KEY', 'SECRET_KEYS_OLD', 'PUBLIC_URL', 'HTTP_PORT']
    .flatMap((name) => [name, `${name}_FILE`])
    .flatMap((name) => (all[name] ? [`${name}=${all[name]}\n`] : []));
  writeWhole(join(directory, 'env'), written.join(''));
  return all;
}

function isSet(environment: Environment, name: string): boolean {
  return Boolean(environment[name] || environment[`${name}_FILE`]);
}

/** The port of the last start, or else the usual one, if it is free. */
async function usualPort(file: string, usual: number): Promise<number> {
  const port = await freePort(existsSync(file) ? Number(readFileSync(file, 'utf8')) : usual);
  writeWhole(file, String(port));
  return port;
}
