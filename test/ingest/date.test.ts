import { expect, test } from 'vitest';
import { readDate } from '../../src/ingest/date.ts';

test.for([
  ['Mon, 23 Nov 2026 10:00:00 +0100', '2026-11-23T09:00:00.000Z'],
  ['23 Nov 2026 10:00 GMT', '2026-11-23T10:00:00.000Z'],
  ['Mon, 23 Nov 2026 10:00:00 -0500 (EST)', '2026-11-23T15:00:00.000Z'],
  ['Mon, 23 Nov 26 10:00:00 EST', '2026-11-23T15:00:00.000Z'],
  ['Mon, 23-Nov-2026 10:00:00 +0000', '2026-11-23T10:00:00.000Z'],
  ['Tue, 30 Jun 2015 23:59:60 +0000', '2015-06-30T23:59:59.000Z'],
  ['Mon Nov 23 10:00:00 2026', '2026-11-23T10:00:00.000Z'],
  ['2026-11-23T10:00:00+01:00', '2026-11-23T09:00:00.000Z'],
  ['Thu, 01 Jan 1970 00:00:00 +0000', '1970-01-01T00:00:00.000Z'],
  ['Fri, 01 Jan 2099 00:00:00 +0000', '2099-01-01T00:00:00.000Z'],
])('a date is read in the forms that are sent: %s', ([value = '', instant]) => {
  expect(readDate(value)?.toISOString()).toBe(instant);
});

test.for([
  '',
  'yesterday-ish',
  'hello 12',
  '31 Feb 2026 10:00:00 +0000',
  'Mon, 23 Nov 2026 25:00:00 +0000',
  'Mon, 23 Foo 2026 10:00:00 +0000',
  '0000-00-00T00:00:00Z',
  '1',
  `${' '.repeat(500)}23 Nov 2026 10:00 GMT`,
  '('.repeat(100_000),
])('IN-09 what is no date is null, never now: %s', (value) => {
  expect(readDate(value)).toBeNull();
});
