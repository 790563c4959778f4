import { describe, expect, test } from 'vitest';
import { configuredAddress } from '../../src/core/configured-address.ts';
import { durationMs } from '../../src/core/duration.ts';
import { canonicalAddress } from '../../src/ingest/address.ts';

describe('IN-14: an address has one spelling', () => {
  test.each([
    ['john@desk.example', 'john@desk.example'],
    ['John@Desk.EXAMPLE', 'John@desk.example'],
    ['j.doe+x@bücher.example', 'j.doe+x@xn--bcher-kva.example'],
    ['jose\u0301@desk.example', 'jos\u00e9@desk.example'],
    ['用户@例子.example', '用户@xn--fsqu00a.example'],
  ])('%s', (written, canonical) => {
    expect(configuredAddress(written)).toBe(canonical);
    // The same person in a mail is the same address.
    expect(canonicalAddress(written)?.address).toBe(canonical);
  });

  test.each([
    '',
    'john',
    '@desk.example',
    'john@',
    'john@desk',
    'john smith@desk.example',
    'john@@desk.example',
    '.john@desk.example',
    'john.@desk.example',
    '"john"@desk.example',
    'john@[127.0.0.1]',
    'john@1.2.3.4',
    'john@desk.example:25',
    'john@de/sk.example',
    'john\n@desk.example',
    'john@desk.example\n',
    'john,jane@desk.example',
    `${'a'.repeat(65)}@desk.example`,
    'john@-.example-',
  ])('%j is none', (written) => {
    expect(configuredAddress(written)).toBeNull();
  });
});

test.each([
  ['30m', 1_800_000],
  ['1h30m', 5_400_000],
  ['7d', 604_800_000],
  ['0h', 0],
  ['', null],
  ['7', null],
  ['30m1h', null],
  ['-1h', null],
  ['1.5h', null],
])('the duration %j is %j ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
