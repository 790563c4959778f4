import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PermanentError } from '../errors.ts';
import { DOCKET_PROGRAM } from './docket-command.ts';
import { writeWhole } from './files.ts';
import { isRunning, processIdentity, spawnServer, stopProcess, waitFor } from './server-process.ts';

const SERVING_WITHIN_MS = 60_000;
/** Longer than Docket itself gives its work to come to an end. */
const STOPPED_WITHIN_MS = 40_000;
/** A larger log is set aside at the next start, in place of the one set aside before. */
const LOG_BYTES_MAX = 20 * 1024 * 1024;

/** `docket serve` with this environment, logging to `logFile`. */
export async function startServe(
  directory: string,
  logFile: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ pid: number; stop(): Promise<void> }> {
  if (existsSync(logFile) && statSync(logFile).size > LOG_BYTES_MAX) renameSync(logFile, `${logFile}.old`);
  const pid = await spawnServer([...DOCKET_PROGRAM, 'serve'], logFile, { environment: setOnes(environment) });
  writeWhole(join(directory, 'serve.json'), JSON.stringify({ pid, identity: processIdentity(pid) }));
  return { pid, stop: () => stopProcess(pid, { graceMs: STOPPED_WITHIN_MS }) };
}

/** Ends the `docket serve` that a kill -9 of an earlier start left running here. */
export async function endEarlierServe(directory: string): Promise<void> {
  const file = join(directory, 'serve.json');
  if (!existsSync(file)) return;
  const earlier: { pid: number; identity: string | null } = JSON.parse(readFileSync(file, 'utf8'));
  const isOurs = earlier.identity !== null && processIdentity(earlier.pid) === earlier.identity;
  if (isOurs) await stopProcess(earlier.pid, { graceMs: STOPPED_WITHIN_MS });
  rmSync(file);
}

export async function waitUntilServing(
  pid: number,
  { httpUrl, logFile, signal }: { httpUrl: string; logFile: string; signal: AbortSignal },
): Promise<void> {
  const state = await waitFor(
    async () => {
      if (signal.aborted || !isRunning(pid)) return 'ended';
      return (await isHealthy(httpUrl)) ? 'serving' : null;
    },
    { withinMs: SERVING_WITHIN_MS, everyMs: 100 },
  );
  signal.throwIfAborted();
  if (state === 'serving') return;
  const lines = readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join('\n  ');
  throw new PermanentError('TRIAL_SERVE', `Docket did not start; the end of ${logFile} says:\n  ${lines}`);
}

async function isHealthy(httpUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${httpUrl}/healthz`, { signal: AbortSignal.timeout(2000) });
    return response.ok;
  } catch {
    return false;
  }
}

function setOnes(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
