/** The arrows of docs/architecture.md, read from the import statements. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const SOURCE = resolve(import.meta.dirname, '../src');

/** Room → the rooms it may import from. `main.ts` and the trial, which stand outside, may import anything. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  desk: ['core', 'store', 'outbound'],
  ingest: ['core', 'store'],
  outbound: ['core'],
  store: ['core'],
  workers: ['core', 'desk', 'ingest', 'outbound', 'store'],
  web: ['core', 'desk', 'store'],
  cli: ['core', 'desk', 'ingest', 'outbound', 'store', 'workers'],
};

/** Open to all but core. `config.ts` and `clock.ts` are read in main.ts and passed on; their types may be named. */
const OPEN_TO_ALL = ['errors.ts', 'log.ts', 'crash-points.ts'];
const PASSED_ON = ['config.ts', 'clock.ts'];

/** Node's own modules that reach sockets, files, processes, the environment or the time. */
const CORE_MAY_USE = ['node:crypto', 'node:util', 'node:url', 'node:buffer'];

interface Import {
  file: string;
  /** Path below src for our own files, the module's name for others. */
  target: string;
  isOurs: boolean;
  isType: boolean;
}

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports = files.flatMap(importsOf);

test('the reader of imports sees them all', () => {
  expect(files.length).toBeGreaterThan(20);
  expect(imports.filter(({ isOurs }) => isOurs).length).toBeGreaterThan(files.length);
});

describe.each(Object.entries(MAY_IMPORT))('%s', (room, rooms) => {
  const ofRoom = imports.filter(({ file }) => file.startsWith(`${room}/`));

  test(`imports only from ${[...rooms, 'itself'].join(', ')}`, () => {
    const strangers = ofRoom.filter(({ isOurs, isType, target }) => {
      const targetRoom = target.includes('/') ? target.slice(0, target.indexOf('/')) : null;
      if (!isOurs || targetRoom === room) return false;
      if (targetRoom !== null) return !rooms.includes(targetRoom);
      if (room !== 'core' && OPEN_TO_ALL.includes(target)) return false;
      return room === 'core' || !(PASSED_ON.includes(target) && isType);
    });
    expect(strangers.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });
});

test('core decides without sockets, files, environment, processes or clock', () => {
  const coreImports = imports.filter(({ file }) => file.startsWith('core/'));
  const outside = coreImports.filter(
    ({ isOurs, target }) => !isOurs && target.startsWith('node:') && !CORE_MAY_USE.includes(target),
  );
  expect(outside.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);

  const acting = /\bprocess\.|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bfetch\(|\bset(?:Timeout|Interval)\(/;
  const actors = files.filter((file) => file.startsWith('core/') && acting.test(withoutComments(read(file))));
  expect(actors).toEqual([]);
});

test('tickets are changed through the one function that knows what a change does to their clocks', () => {
  const writers = imports.filter(
    ({ file, target, isType }) => !isType && target === 'store/apply-ticket-change.ts' && !file.startsWith('store/'),
  );
  expect(writers.map(({ file }) => file)).toEqual(['desk/ticket-clocks.ts']);
});

test('only the store writes SQL, and only the trial leaves the product', () => {
  const sql = imports.filter(
    ({ file, target, isType }) =>
      !isType && ['knex', 'pg'].includes(target) && !/^(?:store|trial|workers)\//.test(file),
  );
  expect(sql.map(({ file }) => file)).toEqual([]);
  const ofTrial = imports.filter(({ file, target }) => target.startsWith('trial/') && !file.startsWith('trial/'));
  expect(ofTrial.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

function importsOf(file: string): Import[] {
  const source = withoutComments(read(file));
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm);
  const dynamic = source.matchAll(/\bimport\(\s*()'([^']+)'\s*\)/g);
  return [...statements, ...dynamic].map(([, type, specifier = '']) => {
    const isOurs = specifier.startsWith('.');
    const target = isOurs ? relative(SOURCE, join(SOURCE, dirname(file), specifier)) : specifier;
    return { file, target, isOurs, isType: type !== undefined && type !== '' };
  });
}

function read(file: string): string {
  return readFileSync(join(SOURCE, file), 'utf8');
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
