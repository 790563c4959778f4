import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
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
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): field 22; the second field is the program's name in parentheses, which may hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
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
  send(pid, signal);
  if (await hasEnded(pid, graceMs)) return;
  send(pid, last);
  await hasEnded(pid, 5_000);
}

function send(pid: number, signal: NodeJS.Signals): void {
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
