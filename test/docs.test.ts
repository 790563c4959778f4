/** Every setting, command, exit code, log event and error code is documented, and nothing is documented that is gone. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { CliContext } from '../src/cli/context.ts';
import { EXIT } from '../src/cli/exit-codes.ts';
import { buildProgram } from '../src/cli/program.ts';
import { systemClock } from '../src/clock.ts';
import { describeSettings, needSetting, readConfig, SETTINGS, secretReader } from '../src/config.ts';
import { MAIL_DEFECT_CODES } from '../src/core/inbound-mail.ts';
import { LOG_EVENTS } from '../src/log.ts';

const REPOSITORY = resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(REPOSITORY, file), 'utf8');
const operations = read('docs/operations.md');
const mailRules = read('docs/mail-rules.md');

/** The rows of the table under a heading, each as the texts of its cells. */
function tableUnder(heading: string): string[][] {
  const section = operations.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
}

const firstWords = (heading: string) =>
  tableUnder(heading).flatMap(([cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word));

test('every setting, with its type, unit, default and sentence', () => {
  const rows = Object.values(SETTINGS).map(({ name, type, about, default: value, ...rest }) => {
    const unit = 'unit' in rest ? ` (${rest.unit})` : '';
    return [`\`${name}\``, `${type}${unit}`, value === null || Array.isArray(value) ? '' : `\`${value}\``, about];
  });
  expect(tableUnder('Settings')).toEqual(rows);
});

test('every command', () => {
  const settings = { describeSettings, needSetting, readConfig, secretReader };
  const context = new CliContext({ env: {}, clock: systemClock, version: '0', settings, streams: process });
  const verbs = (command: Command, words: string[]): string[] =>
    command.commands.length === 0
      ? [words.join(' ')]
      : command.commands.flatMap((child) => verbs(child, [...words, child.name()]));
  expect(firstWords('Commands')).toEqual(
    verbs(
      buildProgram(context, async () => 0),
      ['docket'],
    ),
  );
});

test('every exit code', () => {
  expect(firstWords('Exit codes')).toEqual(Object.values(EXIT).map(String));
});

test('every log event', () => {
  expect(firstWords('Log events').toSorted()).toEqual([...LOG_EVENTS].toSorted());
});

test('every defect of a mail', () => {
  expect(MAIL_DEFECT_CODES.filter((code) => !mailRules.includes(`\`${code}\``))).toEqual([]);
});

describe('error codes', () => {
  const sources = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('trial/'))
    .map((file) => read(`src/${file}`));
  const source = sources.join('\n');
  const CODE = /[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+/.source;
  const PATTERNS = [
    `new (?:Temporary|Permanent|Usage|Configuration)Error\\(\\s*'(${CODE})'`,
    `new RelayUnavailable\\(\\s*'(${CODE})'`,
    `(?:errorCode|last_error_code)\\s?[:=] '(${CODE})'`,
    `(?:notSent|mayHaveArrived|giveUp|refusal)\\([^;]{0,60}?'(${CODE})'`,
    `'((?:IMAP|RELAY|OAUTH|SMTP|MAIL)_[A-Z0-9_]+)'`,
  ];
  const used = new Set(
    PATTERNS.flatMap((pattern) => [...source.matchAll(new RegExp(pattern, 'g'))].map(([, code]) => code)),
  );
  for (const { name } of Object.values(SETTINGS)) used.delete(name);
  const documented = firstWords('Error codes');

  test('are all documented', () => {
    expect(used.size).toBeGreaterThan(40);
    expect([...used].filter((code) => !documented.includes(code) && !mailRules.includes(`\`${code}\``))).toEqual([]);
  });

  test('are in use where they are documented', () => {
    // Made of a prefix and the parser's reason.
    const composed = ['MAIL_PARSE_TIMEOUT', 'MAIL_PARSE_MEMORY', 'MAIL_PARSE_CRASH', 'BUG'];
    expect(documented.filter((code) => !composed.includes(code ?? '') && !source.includes(`'${code}'`))).toEqual([]);
  });
});
