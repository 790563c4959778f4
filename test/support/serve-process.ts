import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { commandAs } from '../../src/trial/service-user.ts';

const DOCKET = fileURLToPath(new URL('../../bin/docket.mjs', import.meta.url));

export interface LogLine {
  event?: string;
  level?: number;
  [field: string]: unknown;
}

/** A `docket serve` of its own, as an operator would run it. */
export interface ServeProcess {
  readonly pid: number;
  /** Every log line so far. */
  readonly log: LogLine[];
  /** Resolves when it says that it has started; rejects when it ends before. */
  readonly started: Promise<void>;
  /** How it ended: an exit code, or the signal that killed it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to stop and waits for that; a process that has ended already is fine. */
  stop(): Promise<number | NodeJS.Signals>;
}

export function spawnServe(env: Record<string, string>, args: string[] = []): ServeProcess {
  // Not by an exit handler: an interrupted vitest kills its workers, which then run none.
  const [program = '', ...tether] = commandAs(null, process.execPath, DOCKET, { whenWeDie: 'SIGKILL' });
  const child = spawn(program, [...tether, DOCKET, 'serve', ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const log: LogLine[] = [];
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const started = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const read = readLine(line);
      log.push(read);
      if (read.event === 'serve.started') resolve();
    });
    ended.then((how) => reject(new Error(`serve ended with ${how}: ${JSON.stringify(log.slice(-5))}`)));
  });
  started.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    log,
    started,
    ended,
    kill: (signal) => void child.kill(signal),
    async stop() {
      stopChild(child);
      return ended;
    },
  };
}

function stopChild(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
}

function readLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { text: line };
  }
}
