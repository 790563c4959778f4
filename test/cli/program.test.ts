import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { CliContext } from '../../src/cli/context.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { systemClock } from '../../src/clock.ts';
import { describeSettings, needSetting, readConfig, secretReader } from '../../src/config.ts';
import { runDocket } from '../support/docket.ts';

const DOCKET = fileURLToPath(new URL('../../bin/docket.mjs', import.meta.url));
const SRC = fileURLToPath(new URL('../../src', import.meta.url));
const settings = { describeSettings, needSetting, readConfig, secretReader };
const context = new CliContext({ env: {}, clock: systemClock, version: '1.2.3', settings, streams: process });
const program = buildProgram(context, async () => 0);

/** Every command that does something, by its words. */
function verbs(command: Command, words: string[] = []): [name: string, command: Command][] {
  const own = command.parent === null ? [] : [...words, command.name()];
  return command.commands.length === 0
    ? [[own.join(' '), command]]
    : command.commands.flatMap((child) => verbs(child, own));
}

test('the commands are these', () => {
  expect(verbs(program).map(([name]) => name)).toEqual([
    'serve',
    'migrate status',
    'migrate up',
    'config plan',
    'config apply',
    'config pull',
    'tickets list',
    'tickets show',
    'agents list',
    'agents show',
    'agents away',
    'agents back',
    'mail list',
    'mail show',
    'mail inspect',
    'mail replay',
    'mailbox test',
    'mailbox poll',
    'mailbox gaps',
    'jobs status',
    'jobs retry',
    'outbox list',
    'outbox retry',
    'sla explain',
    'doctor',
  ]);
});

describe('every command says what it is for, with examples that begin with itself', () => {
  test.each(verbs(program))('docket %s', (name, command) => {
    const help = command.helpInformation();
    expect(command.summary()).not.toBe('');
    const examples = help.split('Examples:\n')[1]?.split('\n\n')[0]?.split('\n') ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(example).toContain(`docket ${name}`);
  });
});

test('every command that reads has --json', () => {
  const without = verbs(program).filter(([, command]) => !command.options.some(({ long }) => long === '--json'));
  // A file of its own format, and a process that runs on.
  expect(without.map(([name]) => name)).toEqual(['serve', 'config pull']);
});

test('--help and --version load nothing that a command needs to run', () => {
  const loaded = new Set<string>();
  const load = (file: string) => {
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\s(?!type\s)[^'";]*?from '([^']+)'/gm,
    )) {
      const target = specifier.startsWith('.') ? resolve(dirname(file), specifier) : specifier;
      if (loaded.has(target)) continue;
      loaded.add(target);
      if (specifier.startsWith('.') && target.endsWith('.ts')) load(target);
    }
  };
  load(join(SRC, 'main.ts'));
  const packages = [...loaded].filter((target) => !target.startsWith('/') && !target.startsWith('node:'));
  expect(packages).toEqual(['commander']);
});

describe('what a person meets first', () => {
  test('--version names the release, Node and the platform', async () => {
    const run = await runDocket(['--version']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toMatch(/^\d+\.\d+\.\d+( \([0-9a-f]{9}\))?, Node v\d+\.\d+\.\d+, \w+-\w+\n$/);
    expect((await runDocket(['-v'])).stdout).toBe(run.stdout);
  });

  test('--help is data, and lists the exit codes', async () => {
    const run = await runDocket(['--help']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toContain('Exit codes: 0 done');
  });

  test.each([
    [['tickts', 'list'], 'Did you mean tickets?'],
    [['tickets', 'lst'], 'Did you mean list?'],
    [['tickets', 'list', '--jsn'], 'Did you mean --json?'],
    [['tickets', 'list', '--status', 'opne'], 'Allowed choices are new, open'],
    [['tickets', 'list', '--limit', 'many'], 'Expected a whole number'],
    [['tickets', 'show'], "missing required argument 'number'"],
    [['mail', 'show', 'x'], 'Expected an id'],
    [['serve', '--role', 'cook'], 'Allowed choices are ingest, worker, web'],
    [['jobs', 'retry', 'kitchen'], 'Allowed choices are intake'],
    [['tickets'], 'Usage: docket tickets'],
    [[], 'Usage: docket'],
  ])('%j is wrong usage', async (args, message) => {
    const run = await runDocket(args);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
  });

  test('a command that needs a database says which setting is missing', async () => {
    const run = await runDocket(['tickets', 'list', '--json']);
    expect(run).toMatchObject({ exitCode: 3, stdout: '' });
    expect(run.stderr).toMatch(/^docket: DATABASE_URL is not set\. .*\n$/);
  });

  test('wrong settings are told all at once', async () => {
    const run = await runDocket(['tickets', 'list'], {
      env: { DATABASE_URL: 'mysql://x', HTTP_PORT: 'x', REDIS_URI: 'y' },
    });
    expect(run.exitCode).toBe(3);
    expect(run.stderr.match(/^docket: /gm)).toHaveLength(3);
  });

  test('a database that does not answer is worth another try', async () => {
    const run = await runDocket(['tickets', 'list'], { env: { DATABASE_URL: 'postgres://127.0.0.1:1/none' } });
    expect(run).toMatchObject({ exitCode: 75, stdout: '' });
    expect(run.stderr).toContain('PostgreSQL does not answer (ECONNREFUSED)');
  });
});

describe('colour', () => {
  const escapeSequence = '\u001b[';
  const colours = async (env: Record<string, string>, args: string[] = []) =>
    (await runDocket(['doctor', '--only', 'settings', ...args], { env })).stdout.includes(escapeSequence);

  test.each<[Record<string, string>, string[], boolean]>([
    [{}, [], false],
    [{ FORCE_COLOR: '1' }, [], true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, [], false],
    [{ FORCE_COLOR: '1', TERM: 'dumb' }, [], false],
    [{ FORCE_COLOR: '0' }, [], false],
  ])('into a pipe with %j %j: %j', async (env, args, expected) => {
    expect(await colours(env, args)).toBe(expected);
  });

  test('--no-color switches it off, wherever it stands', async () => {
    const run = await runDocket(['--no-color', 'doctor', '--only', 'settings'], { env: { FORCE_COLOR: '1' } });
    expect(run.stdout).not.toContain(escapeSequence);
  });
});

test('a reader that has seen enough is no error', async () => {
  const child = spawn(process.execPath, [DOCKET, 'doctor', '--list', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [exitCode] = await once(child, 'exit');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});
