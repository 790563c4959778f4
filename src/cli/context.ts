import { readFile } from 'node:fs/promises';
import type { Knex } from 'knex';
import type { Clock } from '../clock.ts';
import type { Config, describeSettings, needSetting, readConfig, secretReader } from '../config.ts';
import type { ReadSecret } from '../core/desk-config.ts';
import { errorCode, UsageError } from '../errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type CliStreams, Output } from './output.ts';

export type Environment = Record<string, string | undefined>;

/** What main.ts hands in: the outside world, and the readers of it that live in `config.ts`. */
export interface CliSurroundings {
  env: Environment;
  clock: Clock;
  version: string;
  settings: {
    readConfig: typeof readConfig;
    needSetting: typeof needSetting;
    secretReader: typeof secretReader;
    describeSettings: typeof describeSettings;
  };
  streams: CliStreams;
}

/** Every command's surroundings. Heavy parts are loaded when a command first asks for them: `--help` asks for none. */
export class CliContext {
  readonly env: Environment;
  readonly clock: Clock;
  readonly version: string;
  readonly settings: CliSurroundings['settings'];
  readonly streams: CliStreams;
  exitCode: ExitCode = EXIT.ok;
  colour = true;

  constructor({ env, clock, version, settings, streams }: CliSurroundings) {
    this.env = env;
    this.clock = clock;
    this.version = version;
    this.settings = settings;
    this.streams = streams;
  }

  get output(): Output {
    return new Output(this.streams, this.env, this.colour);
  }

  /** Problems were found, or some of several things failed: the command goes on and ends with exit code 1. */
  noteFailure(): void {
    this.exitCode = EXIT.failed;
  }

  get config(): Config {
    return this.settings.readConfig(this.env);
  }

  get readSecret(): ReadSecret {
    return this.settings.secretReader(this.env);
  }

  async withDatabase<Result>(work: (db: Knex) => Promise<Result>): Promise<Result> {
    const url = this.settings.needSetting(this.config, 'databaseUrl');
    const { openDatabase } = await import('../store/database.ts');
    const db = openDatabase(url, { poolMax: 4, applicationName: 'docket cli' });
    try {
      return await work(db);
    } finally {
      await db.destroy();
    }
  }

  /** The text of a file, or of standard input for `-`. */
  async readInput(path: string): Promise<Buffer> {
    if (path === '-') return readAll(this.streams.stdin);
    try {
      return await readFile(path);
    } catch (cause) {
      throw new UsageError('FILE_UNREADABLE', `${path} cannot be read (${errorCode(cause)}).`, { cause });
    }
  }
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
