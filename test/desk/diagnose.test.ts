import { expect, test } from 'vitest';
import { type Check, type CheckResult, diagnose, fail, pass, warn } from '../../src/desk/diagnose.ts';

const ran: string[] = [];

function check(name: string, needs: string[], ...findings: ReturnType<typeof pass>[]): Check {
  return {
    name,
    about: '',
    needs,
    async run() {
      ran.push(name);
      return findings;
    },
  };
}

async function diagnosed(checks: Check[], ...chosen: string[]): Promise<string[]> {
  ran.length = 0;
  const results: CheckResult[] = [];
  for await (const result of diagnose(checks, new Set(chosen))) results.push(result);
  return results.map((result) => `${result.check} ${result.outcome}: ${result.detail}`);
}

const chain = [
  check('a', [], pass('well')),
  check('b', ['a'], fail('ill', 'mend it')),
  check('c', ['b'], pass('well')),
  check('d', ['c'], pass('well')),
];

test('what needs a failed check is skipped, and so is what needs that', async () => {
  expect(await diagnosed(chain, 'a', 'b', 'c', 'd')).toEqual([
    'a pass: well',
    'b fail: ill',
    'c skip: needs b',
    'd skip: needs c',
  ]);
  expect(ran).toEqual(['a', 'b']);
});

test('what a chosen check needs is run, and not reported', async () => {
  expect(await diagnosed(chain, 'c')).toEqual(['c skip: needs b']);
  expect(ran).toEqual(['a', 'b']);
});

test('a warning keeps nothing from running', async () => {
  const checks = [check('a', [], warn('hm', 'look'), pass('well')), check('b', ['a'], pass('well'))];
  expect(await diagnosed(checks, 'a', 'b')).toEqual(['a warn: hm', 'a pass: well', 'b pass: well']);
});

test('a check that breaks is a failed check', async () => {
  const broken: Check = {
    name: 'a',
    about: '',
    needs: [],
    run: () => Promise.reject(new Error('select * from x - relation "x" does not exist')),
  };
  expect(await diagnosed([broken, check('b', ['a'], pass('well'))], 'a', 'b')).toEqual([
    'a fail: relation "x" does not exist',
    'b skip: needs a',
  ]);
});
