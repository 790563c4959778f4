import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { PermanentError } from '../errors.ts';
import { REPOSITORY } from './places.ts';

export const DOCKET_PROGRAM = [process.execPath, join(REPOSITORY, 'bin/docket.mjs')];

/** Runs `docket …` as a person at a terminal would, and returns what it wrote to standard output. */
export function runDocket(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const [program = '', ...own] = DOCKET_PROGRAM;
  return new Promise((resolve, reject) => {
    execFile(program, [...own, ...args], { env: environment, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const text = stderr.trim() || stdout.trim() || error.message;
      reject(new PermanentError('TRIAL_COMMAND', `docket ${args.join(' ')}: ${text}`, { cause: error }));
    });
  });
}

/** The objects that `docket … --json` wrote, one a line. */
export async function askDocket(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<unknown[]> {
  const output = await runDocket(environment, ...args, '--json');
  return output
    .split('\n')
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line));
}
