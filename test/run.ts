/**
 * Every check and every test, for a person and for the build server: `bin/test [checks|unit|integration|e2e]...`, all of
 * them without an argument. A step that fails does not stop the later ones; the exit code is then 1, and the last line is
 * the plain sum over all runs of vitest.
 *
 * What is tested end to end mostly waits, so it runs beside the rest, and the older PostgreSQL after it; what they print is shown once
 * the rest is done.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorMessage } from '../src/errors.ts';
import { DOVECOT } from '../src/trial/dovecot.ts';
import { findProgram } from '../src/trial/packages.ts';
import { PACKAGES_DIRECTORY, REPOSITORY } from '../src/trial/places.ts';
import { POSTGRES_15 } from './support/postgres-15.ts';
import { REDIS } from './support/redis.ts';

interface Step {
  part: Part;
  name: string;
  command: string[];
  environment?: Record<string, string>;
  /** Runs beside the steps without this, after others with it. */
  beside?: true;
}

const PARTS = ['checks', 'unit', 'integration', 'e2e'] as const;
type Part = (typeof PARTS)[number];

const bin = (name: string) => join(REPOSITORY, 'node_modules/.bin', name);
const vitest = (...args: string[]) => [
  process.execPath,
  join(REPOSITORY, 'node_modules/vitest/vitest.mjs'),
  'run',
  ...args,
];

const STEPS: Step[] = [
  { part: 'checks', name: 'types', command: [bin('tsc'), '-p', '.'] },
  { part: 'checks', name: 'format and lint', command: [bin('biome'), 'ci', '--error-on-warnings', '.'] },
  {
    part: 'checks',
    name: 'unused code',
    command: [process.execPath, join(REPOSITORY, 'node_modules/knip/bin/knip.js')],
  },
  { part: 'checks', name: 'a start under Node', command: [join(REPOSITORY, 'bin/docket'), '--version'] },
  { part: 'unit', name: 'unit tests', command: vitest('--project', 'unit') },
  { part: 'integration', name: 'integration on PostgreSQL 18', command: vitest('--project', 'integration') },
  { part: 'e2e', name: 'end to end', command: vitest('--project', 'e2e'), beside: true },
  {
    part: 'integration',
    name: 'integration on PostgreSQL 15',
    // Everything that speaks SQL; the mail servers' own tests do not change with the database.
    command: vitest('--project', 'integration', 'test/store', 'test/desk', 'test/workers'),
    environment: { DOCKET_TEST_POSTGRES: '15' },
    beside: true,
  },
];

let interrupted = false;

async function main(): Promise<number> {
  const parts = process.argv.slice(2);
  const unknown = parts.filter((part) => !PARTS.some((known) => known === part));
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(' ')}. Usage: bin/test [${PARTS.join('|')}]...`);
    return 2;
  }
  const steps = STEPS.filter(({ part }) => parts.length === 0 || parts.includes(part));
  const failed = await fetchPrograms(steps);

  const work = mkdtempSync(join(tmpdir(), 'docket-test-run-'));
  const tally = join(work, 'tally');
  writeFileSync(tally, '');
  const environment = { ...environmentOfTests(), DOCKET_TEST_TALLY: tally };
  const beside = join(work, 'beside');
  const output = openSync(beside, 'w');
  const isBeside = ({ beside }: Step) => beside === true && steps.some((step) => step.beside !== true);
  const besideFailed = inTurn(steps.filter(isBeside), environment, output);
  failed.push(
    ...(await inTurn(
      steps.filter((step) => !isBeside(step)),
      environment,
      'inherit',
    )),
  );
  failed.push(...(await besideFailed));
  closeSync(output);
  process.stdout.write(readFileSync(beside));
  const counts = sum(readFileSync(tally, 'utf8'));
  rmSync(work, { recursive: true, force: true });

  console.log(failed.length === 0 ? '\nEverything passed.' : `\nFailed: ${failed.join(', ')}.`);
  // A step that failed without a failed test (types, a crash of vitest itself) must not look like a green run.
  const failures = Math.max(counts.failed, failed.length);
  console.log(`${counts.passed} passed, ${failures} failed, ${counts.skipped} skipped`);
  return failed.length === 0 ? 0 : 1;
}

/** Runs steps one after the other, and names those that failed. */
async function inTurn(steps: Step[], environment: NodeJS.ProcessEnv, output: 'inherit' | number): Promise<string[]> {
  const failed: string[] = [];
  const say = (line: string) => (output === 'inherit' ? console.log(line) : writeSync(output, `${line}\n`));
  for (const { name, command, environment: own } of steps) {
    if (interrupted) break;
    say(`\n=== ${name}`);
    const startedAt = Date.now();
    const ended = await run(command, { ...environment, ...own }, output);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    say(`=== ${name}: ${ended === 0 ? 'ok' : `FAILED (${ended})`}, ${seconds} s`);
    if (ended !== 0) failed.push(name);
  }
  return failed;
}

/** The exit code, or the signal that ended it. Who ends us ends the steps at hand too, and with them their servers. */
function run(
  [program = '', ...args]: string[],
  env: NodeJS.ProcessEnv,
  output: 'inherit' | number,
): Promise<number | string> {
  const child = spawn(program, args, { cwd: REPOSITORY, stdio: ['inherit', output, output], env });
  const end = (signal: NodeJS.Signals) => {
    interrupted = true;
    child.kill(signal);
  };
  process.once('SIGTERM', end).once('SIGINT', end);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      process.off('SIGTERM', end).off('SIGINT', end);
      resolve(code ?? signal ?? 'ended');
    });
  });
}

/** Once, before several test files would want the same program at the same time. */
async function fetchPrograms(steps: Step[]): Promise<string[]> {
  if (!steps.some(({ part }) => part === 'integration' || part === 'e2e')) return [];
  const failed: string[] = [];
  for (const program of [DOVECOT, REDIS, POSTGRES_15]) {
    try {
      await findProgram(program, PACKAGES_DIRECTORY);
    } catch (error) {
      console.error(errorMessage(error));
      failed.push(program.path);
    }
  }
  return failed;
}

/** The tests start everything they need; what this machine's user has configured is none of their business. */
function environmentOfTests(): NodeJS.ProcessEnv {
  const own = { ...process.env };
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'SECRET_KEY', 'SECRET_KEYS_OLD', 'PUBLIC_URL']) {
    delete own[name];
    delete own[`${name}_FILE`];
  }
  for (const name of ['DOCKET_DATA', 'DOCKET_CRASH_AT', 'LOG_LEVEL', 'HTTP_HOST', 'HTTP_PORT']) delete own[name];
  return own;
}

function sum(tally: string): { passed: number; failed: number; skipped: number } {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const line of tally.trim().split('\n').filter(Boolean)) {
    const [passed = 0, failed = 0, skipped = 0] = line.split(' ').map(Number);
    counts.passed += passed;
    counts.failed += failed;
    counts.skipped += skipped;
  }
  return counts;
}

process.exitCode = await main();
