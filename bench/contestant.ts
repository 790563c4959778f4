/** Runs one measured program: what it says on standard error is kept, and on its way out it reports what it used. */
import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Usage } from './usage.ts';

export interface Contestant {
  /** The first line that says this event, parsed. Rejects when the program ends without. */
  event(name: string): Promise<Record<string, unknown>>;
  stop(): void;
  /** Resolves when it has ended well. */
  ended(): Promise<Usage>;
}

export function startContestant(options: {
  name: string;
  directory: string;
  arguments: string[];
  environment: Record<string, string>;
  /** Where to put a CPU profile; none when null. */
  profileDirectory: string | null;
}): Contestant {
  const usageFile = join(options.directory, `${options.name}.usage.json`);
  const logFile = join(options.directory, `${options.name}.log`);
  const profiling =
    options.profileDirectory === null
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${options.profileDirectory}`, `--cpu-prof-name=${options.name}.cpuprofile`];
  const child = spawn(
    process.execPath,
    [...profiling, '--import', join(import.meta.dirname, 'usage.ts'), ...options.arguments],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, ...options.environment, BENCH_USAGE_FILE: usageFile },
    },
  );
  process.once('exit', () => child.kill());
  const seen = new Map<string, Record<string, unknown>>();
  const waiting: { name: string; resolve(line: Record<string, unknown>): void; reject(error: Error): void }[] = [];
  const log = createWriteStream(logFile);
  createInterface({ input: child.stderr }).on('line', (text) => {
    log.write(`${text}\n`);
    const line = parseLine(text);
    if (typeof line?.event !== 'string' || seen.has(line.event)) return;
    seen.set(line.event, line);
    for (const { name, resolve } of waiting) if (name === line.event) resolve(line);
  });
  const exited = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) return resolve();
      reject(new Error(`${options.name} ended with ${code}:\n${readFileSync(logFile, 'utf8').slice(-2000)}`));
    });
  });
  exited.then(
    () => {
      for (const { name, reject } of waiting) reject(new Error(`${options.name} never said ${name}; see ${logFile}`));
    },
    (error: Error) => {
      for (const { reject } of waiting) reject(error);
    },
  );

  return {
    event: (name) =>
      new Promise((resolve, reject) => {
        const line = seen.get(name);
        if (line !== undefined) resolve(line);
        else waiting.push({ name, resolve, reject });
      }),
    stop: () => child.kill('SIGTERM'),
    async ended() {
      await exited;
      const usage: Usage = JSON.parse(readFileSync(usageFile, 'utf8'));
      return usage;
    },
  };
}

function parseLine(text: string): Record<string, unknown> | null {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
