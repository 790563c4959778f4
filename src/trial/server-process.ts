import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Starts a server in a session of its own, so that Ctrl-C in the terminal reaches only us and we stop things in order;
 * its output goes to `logFile`. It outlives a kill -9 of this process, which is why every server here can be adopted or
 * ended by the next start.
 */
export async function spawnServer(
  command: string[],
  logFile: string,
  options: { environment?: Record<string, string> } = {},
): Promise<number> {
  const [program = '', ...args] = command;
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', ...options.environment },
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    if (child.pid === undefined) throw new Error(`${program} has no process id`);
    return child.pid;
  } finally {
    closeSync(log);
  }
}

/** A zombie counts as gone: it does nothing any more and only waits for its parent to look. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Tells a process from a later one with the same id: when it was started, in the kernel's ticks since boot. */
export function processIdentity(pid: number): string | null {
  return readStat(pid)?.startTicks ?? null;
}

/** The children of a process that run the program `name`. */
export function childrenOf(parentPid: number, name: string): number[] {
  const processes = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return processes.filter((pid) => {
    const stat = readStat(pid);
    return stat !== null && stat.parentPid === parentPid && stat.name === name;
  });
}

/** proc(5): the name stands in parentheses and may hold spaces and parentheses; fields 4 and 22 follow. */
function readStat(pid: number): { name: string; parentPid: number; startTicks: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const nameEnd = stat.lastIndexOf(')');
    const fields = stat.slice(nameEnd + 2).split(' ');
    const name = stat.slice(stat.indexOf('(') + 1, nameEnd);
    return { name, parentPid: Number(fields[1]), startTicks: fields[19] ?? '' };
  } catch {
    return null;
  }
}

/** The folder a process works in, or null: how we tell our own server from a stranger who got its old process id. */
export function workingDirectory(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

/** Sends `signal`, waits, and after `graceMs` sends `last`. */
export async function stopProcess(
  pid: number,
  options: { signal?: NodeJS.Signals; graceMs?: number; last?: NodeJS.Signals } = {},
): Promise<void> {
  const { signal = 'SIGTERM', graceMs = 10_000, last = 'SIGKILL' } = options;
  signalProcess(pid, signal);
  if (await hasEnded(pid, graceMs)) return;
  signalProcess(pid, last);
  await hasEnded(pid, 5_000);
}

/** To a process that may have ended already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

async function hasEnded(pid: number, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; isRunning(pid); await sleep(10)) {
    if (Date.now() > end) return false;
  }
  return true;
}

/** A free loopback port, `preferred` when nobody has it: printed addresses then stay the same from start to start. */
export async function freePort(preferred = 0): Promise<number> {
  const port = await listenOnce(preferred);
  return port ?? (await listenOnce(0)) ?? Promise.reject(new Error('no free port on 127.0.0.1'));
}

function listenOnce(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}

/** Calls `attempt` until it gives a value, at most `withinMs`; then null. */
export async function waitFor<Value>(
  attempt: () => Promise<Value | null>,
  options: { withinMs: number; everyMs?: number },
): Promise<Value | null> {
  for (const end = Date.now() + options.withinMs; ; await sleep(options.everyMs ?? 25)) {
    const value = await attempt();
    if (value !== null || Date.now() > end) return value;
  }
}
