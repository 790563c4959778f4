import { readFileSync } from 'node:fs';
import type { ReadSecret } from './core/desk-config.ts';
import { editDistance, nearestWord } from './core/nearest-word.ts';
import { ConfigurationError } from './errors.ts';

/**
 * Every setting of the installation. Each is read from the environment variable of its name, or from the file that
 * `NAME_FILE` points at (so that a secret need not be in the environment), and is checked at start: all problems are
 * reported at once. What the desk does — mailboxes, departments, people — is not here but in docket.yaml.
 */
interface Setting<Value> {
  name: string;
  type: string;
  /** Unit of the value, where it has one. */
  unit?: string;
  default: Value;
  about: string;
  /** Its value is never shown. */
  secret?: boolean;
  /** The value, or what it should have been. Never repeats the text it was given: it may be a secret. */
  read(text: string): { value: Value } | { expected: string };
}

/** The poller hangs up on a literal of more than 64 MiB; sizes that servers announce may be a little too small. */
const MAIL_BYTES_FETCHABLE_MAX = 60 * 1024 * 1024;

/** Short keys can be guessed, so they are refused. */
const KEY_LENGTH_MIN = 32;

export const SETTINGS = {
  databaseUrl: optional('DATABASE_URL', url('postgres:', 'postgresql:'), {
    about: 'Where PostgreSQL (15 or newer) is; bin/start sets it to the embedded one when you do not.',
    secret: true,
  }),
  databasePoolMax: required('DATABASE_POOL_MAX', integer(2, 500), 10, {
    unit: 'connections',
    about:
      'How many database connections one process may use for its work. It holds one more by which it proves to be alive and, with jobs on PostgreSQL, up to eight for them.',
  }),
  redisUrl: optional('REDIS_URL', url('redis:', 'rediss:'), {
    about: 'Where Redis is, for the jobs of large installations; without it jobs run on PostgreSQL.',
    secret: true,
  }),
  publicUrl: optional('PUBLIC_URL', url('http:', 'https:'), {
    about: 'The address under which people reach this installation, used in links.',
  }),
  secretKey: optional('SECRET_KEY', key(), {
    about: 'Signs reply addresses and Message-IDs; at least 32 characters. Losing it breaks the threading of old mail.',
    secret: true,
  }),
  secretKeysOld: required('SECRET_KEYS_OLD', keys(), [], {
    about: 'Earlier SECRET_KEYs, separated by commas: what they signed is still accepted.',
    secret: true,
  }),
  httpHost: required('HTTP_HOST', host(), '127.0.0.1', { about: 'The address the web server listens on.' }),
  httpPort: required('HTTP_PORT', integer(0, 65_535), 8080, {
    about: 'The port the web server listens on; 0 takes any free one.',
  }),
  metricsToken: optional('METRICS_TOKEN', key(), {
    about:
      'Bearer token that lets other machines read /metrics and the details of /readyz; without it only this one may.',
    secret: true,
  }),
  logLevel: required('LOG_LEVEL', oneOf('debug', 'info', 'warn', 'error', 'silent'), 'info', {
    about: 'The least important log lines that are still written.',
  }),
  parseWorkers: required('PARSE_WORKERS', integer(1, 64), 2, {
    unit: 'threads',
    about: 'How many mails one process parses at once, each in a thread of its own.',
  }),
  parseTimeoutMs: required('PARSE_TIMEOUT_MS', integer(100, 600_000), 20_000, {
    unit: 'ms',
    about: 'How long one mail may take to parse before its thread is stopped.',
  }),
  parseMemoryMb: required('PARSE_MEMORY_MB', integer(64, 4096), 512, {
    unit: 'MiB',
    about: 'How much memory one parser thread may use before it is stopped.',
  }),
  intakeConcurrency: required('INTAKE_CONCURRENCY', integer(1, 64), 8, {
    unit: 'mails',
    about: 'How many mails one process takes in at the same time.',
  }),
  mailBytesMax: required('MAIL_BYTES_MAX', integer(65_536, MAIL_BYTES_FETCHABLE_MAX), 41_943_040, {
    unit: 'bytes',
    about: 'Larger mail is not fetched whole: its ticket says so and holds the header.',
  }),
  pollSeconds: required('POLL_SECONDS', integer(1, 3600), 60, {
    unit: 's',
    about: 'How often each mailbox is looked at besides the server telling us of new mail.',
  }),
  sweepSeconds: required('SWEEP_SECONDS', integer(1, 30), 5, {
    unit: 's',
    about: 'How often work that nobody was woken for, and what dead processes left, is looked for.',
  }),
};

export type Config = {
  [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name] extends Setting<infer Value> ? Value : never;
};

type Environment = Record<string, string | undefined>;
type ReadText = (path: string) => string;

/**
 * The checked settings of this environment.
 * @throws ConfigurationError `SETTINGS_INVALID` with one line for each problem, never with a value in it.
 */
export function readConfig(env: Environment, readText: ReadText = readTextFile): Config {
  const problems = misspeltNames(env);
  const entries = Object.entries<Setting<unknown>>(SETTINGS).map(([field, setting]) => {
    const found = readSetting(setting, env, readText);
    if ('problem' in found) problems.push(found.problem);
    return [field, 'value' in found ? found.value : setting.default];
  });
  if (problems.length > 0) throw new ConfigurationError('SETTINGS_INVALID', problems.join('\n'));
  return Object.fromEntries(entries) as Config;
}

/**
 * The value of a setting that the command at hand cannot do without.
 * @throws ConfigurationError `SETTING_MISSING`
 */
export function needSetting<Field extends keyof Config>(config: Config, field: Field): NonNullable<Config[Field]> {
  const value = config[field];
  if (value !== null && value !== undefined) return value;
  const { name, about } = SETTINGS[field];
  throw new ConfigurationError('SETTING_MISSING', `${name} is not set. ${about} Set ${name} or ${name}_FILE.`);
}

/** Each setting as an operator may see it: where its value comes from, and the value unless it is a secret. */
export function describeSettings(env: Environment, config: Config) {
  return Object.entries<Setting<unknown>>(SETTINGS).map(([field, setting]) => {
    const value = config[field as keyof Config];
    const origin = isSet(env, setting.name) ? 'environment' : isSet(env, `${setting.name}_FILE`) ? 'file' : 'default';
    const shown = setting.secret && origin !== 'default' ? '(secret)' : value === null ? '' : String(value);
    return { name: setting.name, value: shown, origin };
  });
}

/** Finds the secrets that docket.yaml refers to, each time they are needed. */
export function secretReader(env: Environment, readText: ReadText = readTextFile): ReadSecret {
  return (reference) => {
    if ('env' in reference) {
      const secret = env[reference.env];
      if (secret) return secret;
      throw new ConfigurationError('SECRET_MISSING', `The environment variable ${reference.env} is not set.`);
    }
    try {
      return readText(reference.file).replace(/\r?\n$/, '');
    } catch (cause) {
      throw new ConfigurationError('SECRET_MISSING', `The secret file ${reference.file} cannot be read.`, { cause });
    }
  };
}

function readSetting(
  setting: Setting<unknown>,
  env: Environment,
  readText: ReadText,
): { value: unknown } | { problem: string } {
  const { name } = setting;
  const fileName = `${name}_FILE`;
  if (isSet(env, name) && isSet(env, fileName))
    return { problem: `${name} and ${fileName} are both set: remove one of them.` };
  let text = env[name] ?? '';
  if (isSet(env, fileName)) {
    try {
      text = readText(env[fileName] ?? '');
    } catch {
      return { problem: `${fileName} names a file that cannot be read: check that it exists and who may read it.` };
    }
  }
  // An empty variable is how compose files and unit files say "not set".
  if (text.trim() === '') return { value: setting.default };
  const outcome = setting.read(text.trim());
  return 'value' in outcome ? outcome : { problem: `${name} is not valid: expected ${outcome.expected}.` };
}

/**
 * Names in the environment that look like a slip of one of ours. Many programs share an environment, so a name is only
 * suspected when it differs by one or two letters from a setting that is itself not set, or begins with DOCKET_.
 */
function misspeltNames(env: Environment): string[] {
  const known = Object.values(SETTINGS).flatMap(({ name }) => [name, `${name}_FILE`]);
  const unset = known.filter((name) => !isSet(env, name));
  return Object.keys(env).flatMap((name) => {
    if (known.includes(name) || !isSet(env, name) || OTHER_NAMES.test(name)) return [];
    const ownName = name.startsWith('DOCKET_');
    const meant = ownName
      ? nearestWord(name.slice('DOCKET_'.length), known)
      : unset.find((candidate) => candidate.length >= 8 && editDistance(name, candidate) <= slipsMax(candidate));
    if (!ownName && !meant) return [];
    return [`${name} is not a setting${meant ? `; did you mean ${meant}?` : ': remove it.'}`];
  });
}

/** Read by bin/start, by tests and by crash-points.ts. */
const OTHER_NAMES = /^DOCKET_(DATA|CRASH_AT|TRIAL_\w+|TEST_\w+)$/;

const slipsMax = (name: string) => (name.length >= 10 ? 2 : 1);
const isSet = (env: Environment, name: string) => (env[name] ?? '').trim() !== '';
const readTextFile: ReadText = (path) => readFileSync(path, 'utf8');

type Reader<Value> = { type: string; read: Setting<Value>['read'] };
type Words = { about: string; unit?: string; secret?: boolean };

function required<Value>(name: string, reader: Reader<Value>, value: Value, words: Words): Setting<Value> {
  return { name, default: value, ...reader, ...words };
}

function optional<Value>(name: string, reader: Reader<Value>, words: Words): Setting<Value | null> {
  return { name, default: null, ...reader, ...words };
}

function url(...protocols: string[]): Reader<string> {
  const expected = `a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
  return {
    type: 'URL',
    read: (text) =>
      URL.canParse(text) && protocols.includes(new URL(text).protocol)
        ? { value: text.replace(/\/$/, '') }
        : { expected },
  };
}

function integer(least: number, most: number): Reader<number> {
  return {
    type: 'whole number',
    read: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? { value } : { expected: `a whole number from ${least} to ${most}` };
    },
  };
}

function oneOf<Word extends string>(...words: Word[]): Reader<Word> {
  return {
    type: words.join(' | '),
    read: (text) => {
      const value = words.find((word) => word === text.toLowerCase());
      return value ? { value } : { expected: `one of ${words.join(', ')}` };
    },
  };
}

function key(): Reader<string> {
  const expected = `at least ${KEY_LENGTH_MIN} characters, such as the output of: openssl rand -hex 32`;
  return { type: 'secret', read: (text) => (text.length >= KEY_LENGTH_MIN ? { value: text } : { expected }) };
}

function keys(): Reader<string[]> {
  return {
    type: 'secrets',
    read: (text) => {
      const value = text.split(/[\s,]+/).filter((part) => part !== '');
      const strong = value.every((part) => part.length >= KEY_LENGTH_MIN);
      return strong ? { value } : { expected: `keys of at least ${KEY_LENGTH_MIN} characters, separated by commas` };
    },
  };
}

function host(): Reader<string> {
  const expected = 'an IP address or a host name, without a port';
  return {
    type: 'host',
    read: (text) => (/^[\w.-]+$|^[\da-fA-F:.]+$/.test(text) ? { value: text } : { expected }),
  };
}
