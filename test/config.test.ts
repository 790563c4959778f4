import { describe, expect, test } from 'vitest';
import { describeSettings, needSetting, readConfig, SETTINGS, secretReader } from '../src/config.ts';
import { ConfigurationError } from '../src/errors.ts';

const KEY = 'k'.repeat(40);

function problemsOf(env: Record<string, string>, files: Record<string, string> = {}): string[] {
  try {
    readConfig(env, (path) => files[path] ?? failToRead());
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n');
    throw error;
  }
}

function failToRead(): never {
  throw new Error('ENOENT');
}

test('an empty environment gives the defaults', () => {
  const config = readConfig({});
  expect(config).toMatchObject({ databaseUrl: null, httpHost: '127.0.0.1', httpPort: 8080, secretKeysOld: [] });
});

test('a setting is read from its variable, or from the file that NAME_FILE names', () => {
  const env = {
    DATABASE_URL: 'postgres://h/d',
    SECRET_KEY_FILE: '/run/key',
    SECRET_KEYS_OLD: `${KEY}1, ${KEY}2`,
    HTTP_PORT: '0',
  };
  expect(readConfig(env, (path) => (path === '/run/key' ? `${KEY}\n` : failToRead()))).toMatchObject({
    databaseUrl: 'postgres://h/d',
    secretKey: KEY,
    secretKeysOld: [`${KEY}1`, `${KEY}2`],
    httpPort: 0,
  });
});

test('an empty variable is a variable that is not set', () => {
  expect(readConfig({ REDIS_URL: '', HTTP_PORT: ' ' })).toMatchObject({ redisUrl: null, httpPort: 8080 });
});

describe('every problem is told at once, with what was expected', () => {
  test('several', () => {
    expect(
      problemsOf({ DATABASE_URL: 'mysql://x', HTTP_PORT: '99999', LOG_LEVEL: 'loud', SECRET_KEY: 'short' }),
    ).toEqual([
      'DATABASE_URL is not valid: expected a URL that starts with postgres:// or postgresql://.',
      'SECRET_KEY is not valid: expected at least 32 characters, such as the output of: openssl rand -hex 32.',
      'HTTP_PORT is not valid: expected a whole number from 0 to 65535.',
      'LOG_LEVEL is not valid: expected one of debug, info, warn, error, silent.',
    ]);
  });

  test.each<[Record<string, string>, string]>([
    [{ SECRET_KEY: KEY, SECRET_KEY_FILE: '/x' }, 'SECRET_KEY and SECRET_KEY_FILE are both set: remove one of them.'],
    [
      { SECRET_KEY_FILE: '/missing' },
      'SECRET_KEY_FILE names a file that cannot be read: check that it exists and who may read it.',
    ],
    [
      { SECRET_KEYS_OLD: `${KEY},short` },
      'SECRET_KEYS_OLD is not valid: expected keys of at least 32 characters, separated by commas.',
    ],
    [{ HTTP_HOST: 'a b' }, 'HTTP_HOST is not valid: expected an IP address or a host name, without a port.'],
    [{ MAIL_BYTES_MAX: '67108865' }, 'MAIL_BYTES_MAX is not valid: expected a whole number from 65536 to 62914560.'],
    [{ HTTP_PORT: '80.5' }, 'HTTP_PORT is not valid: expected a whole number from 0 to 65535.'],
    [{ PUBLIC_URL: 'desk.example' }, 'PUBLIC_URL is not valid: expected a URL that starts with http:// or https://.'],
    [{ REDIS_URI: 'x' }, 'REDIS_URI is not a setting; did you mean REDIS_URL?'],
    [{ DATABASE_URL_FIEL: '/x' }, 'DATABASE_URL_FIEL is not a setting; did you mean DATABASE_URL_FILE?'],
    [{ DOCKET_DATABASE_URL: 'x' }, 'DOCKET_DATABASE_URL is not a setting; did you mean DATABASE_URL?'],
    [{ DOCKET_WIBBLE: 'x' }, 'DOCKET_WIBBLE is not a setting: remove it.'],
  ])('%j', (env, problem) => {
    expect(problemsOf(env)).toEqual([problem]);
  });

  test('names of other programs are none of our business', () => {
    expect(
      problemsOf({
        PATH: '/bin',
        HTTP_PROXY: 'x',
        DATABASE_HOST: 'x',
        DOCKET_CRASH_AT: 'after-fetch',
        DOCKET_DATA: '/x',
      }),
    ).toEqual([]);
    // A near miss of a setting that is set already is taken for another program's.
    expect(problemsOf({ REDIS_URI: 'x', REDIS_URL: 'redis://h' })).toEqual([]);
  });

  test('no problem repeats a value: it may be a secret', () => {
    const env = Object.fromEntries(Object.values(SETTINGS).map(({ name }) => [name, 'hunter2 !']));
    expect(problemsOf(env).join()).not.toContain('hunter2');
    expect(problemsOf(env).length).toBeGreaterThan(5);
  });
});

test('what a command needs and does not have is told with what it is for', () => {
  expect(() => needSetting(readConfig({}), 'databaseUrl')).toThrow(
    /DATABASE_URL is not set\..*PostgreSQL.*DATABASE_URL_FILE/,
  );
  expect(needSetting(readConfig({ DATABASE_URL: 'postgres://h/d' }), 'databaseUrl')).toBe('postgres://h/d');
});

test('settings are shown with their origin, and secrets never', () => {
  const env = { SECRET_KEY_FILE: '/run/key', DATABASE_URL: 'postgres://me:hunter2@h/d', HTTP_PORT: '81' };
  const shown = describeSettings(
    env,
    readConfig(env, () => KEY),
  );
  expect(shown).toContainEqual({ name: 'SECRET_KEY', value: '(secret)', origin: 'file' });
  expect(shown).toContainEqual({ name: 'HTTP_PORT', value: '81', origin: 'environment' });
  expect(shown).toContainEqual({ name: 'LOG_LEVEL', value: 'info', origin: 'default' });
  expect(JSON.stringify(shown)).not.toMatch(/hunter2|kkkk/);
});

describe('a secret of docket.yaml', () => {
  const read = secretReader({ PASSWORD: 'from the environment' }, (path) =>
    path === '/s' ? 'from a file\n' : failToRead(),
  );

  test('comes from where it says, at the moment it is asked for', () => {
    expect(read({ env: 'PASSWORD' })).toBe('from the environment');
    expect(read({ file: '/s' })).toBe('from a file');
  });

  test('is told as missing by the place it should be at', () => {
    expect(() => read({ env: 'NONE' })).toThrow('The environment variable NONE is not set.');
    expect(() => read({ file: '/none' })).toThrow('The secret file /none cannot be read.');
  });
});

test('every setting says what it is for, in one sentence', () => {
  for (const { name, about, type } of Object.values(SETTINGS)) {
    expect(name).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(type).not.toBe('');
    expect(about).toMatch(/^[A-Z].*[^.]\.$/);
  }
});
