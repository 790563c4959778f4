import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const DOCKET = fileURLToPath(new URL('../../bin/docket.mjs', import.meta.url));

export interface DocketRun {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the `docket` command as a process of its own, with this environment and nothing else. */
export async function runDocket(
  args: string[],
  { env = {}, input = '', cwd }: { env?: Record<string, string>; input?: string | Buffer; cwd?: string } = {},
): Promise<DocketRun> {
  const child = spawn(process.execPath, [DOCKET, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { exitCode: exitCode as number | null, stdout, stderr };
}

/** Standard output as `--json` promises it: one value a line, each with its schema version. */
export function jsonLines<Value = Record<string, unknown>>(run: DocketRun): Value[] {
  const lines = run.stdout.split('\n');
  if (lines.pop() !== '') throw new Error('the last line does not end');
  return lines.map((line) => {
    const value = JSON.parse(line);
    if (value.schemaVersion !== 1) throw new Error(`a line without schemaVersion: ${line}`);
    return value;
  });
}
