import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalAddress, readAddresses, readStrictly } from '../../src/ingest/address.ts';
import { cpuStopwatch } from '../support/cpu-stopwatch.ts';

function addresses(value: string): string[] {
  return readAddresses([value]).addresses.map(({ address }) => address);
}

describe('IN-14 an address is read before anything is decoded', () => {
  test.for<[string, string, string[], string]>([
    ['case 8: nothing', '', [], ''],
    ['case 8: a name only', 'Karen Customer', [], ''],
    ['case 10: two addresses', 'agent@desk.test, evil@evil.test', ['agent@desk.test', 'evil@evil.test'], ''],
    ['case 11: an address as the name', '"agent@desk.test" <evil@evil.test>', ['evil@evil.test'], 'agent@desk.test'],
    [
      'case 12: an encoded name',
      '=?utf-8?q?agent=40desk=2Etest?= <evil@evil.test>',
      ['evil@evil.test'],
      'agent@desk.test',
    ],
    ['case 13: one encoded word', '=?utf-8?q?=3Cagent=40desk=2Etest=3E?=', [], ''],
    ['case 16: quoted local part', '"agent@desk.test x"@evil.test', ['"agent@desk.test x"@evil.test'], ''],
    ['case 17: a route', '<@desk.test:evil@evil.test>', ['evil@evil.test'], ''],
    ['an encoded word inside the address', '=?utf-8?q?agent=40desk=2Etest=3E?=@evil.test', [], ''],
    ['a comment as the name', 'karen@customer.test (Karen)', ['karen@customer.test'], 'Karen'],
    ['a name in two encoded words', '=?utf-8?q?K=C3=A4?= =?utf-8?q?ren?= <k@x.test>', ['k@x.test'], 'Kären'],
    ['an escaped quote in the name', '"Karen \\"K\\" C." <k@x.test>', ['k@x.test'], 'Karen "K" C.'],
  ])('%s', ([, value, expected, name]) => {
    const reading = readAddresses([value]);
    expect(reading.addresses.map(({ address }) => address)).toEqual(expected);
    expect(reading.addresses.at(-1)?.name ?? '').toBe(name);
  });
});

describe('IN-14 two readings that disagree are flagged', () => {
  test.for([
    ['case 15: a comment inside the domain', 'agent@desk.test(x)evil.test'],
    ['case 18: two addresses without a comma', '<agent@desk.test> <evil@evil.test>'],
    ['case 19: NUL', 'a@b\ufffd@c.test'],
    ['two at signs', 'a@b@c.test'],
    ['an address behind a backslash', 'x@evil.test\\@desk.test'],
    ['text behind the brackets', '<agent@desk.test> evil'],
    ['an unquoted comma in the name', 'Customer, Karen <karen@customer.test>'],
    ['an unclosed bracket', '<agent@desk.test'],
    ['an unclosed quote', '"agent <agent@desk.test>'],
    ['a percent sign that a URL parser decodes', 'agent@d%65sk.test'],
  ])('%s', ([, value = '']) => {
    expect(readAddresses([value]).disagreement).toBe(true);
  });

  test.for([
    'karen@customer.test',
    'Karen Customer <karen@customer.test>',
    'Karen Q. Customer <karen@customer.test>',
    'karen@customer.test <karen@customer.test>',
    "'karen@customer.test' <karen@customer.test>",
    'Kären <karen@customer.test>',
    'Customer (Karen) [Bank] <karen@customer.test>',
    'Team: karen@customer.test, john@desk.test;, jane@desk.test',
    'undisclosed-recipients:;',
    '"karen"@customer.test',
    'karen @ customer.test',
    'karen@[192.0.2.1]',
    '"a" <a@x.test>,, "b" <b@x.test>',
  ])('and what people really send is not: %s', (value) => {
    expect(readAddresses([value]).disagreement).toBe(false);
  });
});

describe('IN-14 one spelling for each address', () => {
  test.for<[string, string, string | null]>([
    ['the domain in lower case', 'Karen@Customer.TEST', 'Karen@customer.test'],
    ['an IDN as its A-label', 'x@Bücher.example', 'x@xn--bcher-kva.example'],
    ['an A-label as it is', 'x@xn--bcher-kva.example', 'x@xn--bcher-kva.example'],
    ['the local part in NFC', 'ka\u0308ren@x.test', 'kären@x.test'],
    ['quotes that change nothing', '"karen"@x.test', 'karen@x.test'],
    ['quotes that are needed', '"kar en"@x.test', '"kar en"@x.test'],
    ['numbers that a URL parser would rewrite', 'x@1.2', 'x@1.2'],
    ['no local part', '@x.test', null],
    ['no domain', 'karen@', null],
    ['an empty label', 'x@a..test', null],
    ['a control', 'ka\u0007ren@x.test', null],
    ['a space', 'ka ren@x.test', null],
    ['a bidirectional override', 'ka\u202eren@x.test', null],
    ['a lone surrogate', 'ka\ud800ren@x.test', null],
    ['more than fits anywhere', `${'a'.repeat(400)}@x.test`, null],
  ])('%s', ([, written, canonical]) => {
    expect(canonicalAddress(written)?.address ?? null).toBe(canonical);
  });

  test.for([
    ['case 22: a soft hyphen', 'x@ex\u00adample.test'],
    ['case 22: a Kelvin sign', 'x@\u212aelvin.test'],
    ['case 22: full-width letters', 'x@ｅxample.test'],
    ['case 22: a full-width dot', 'x@example。test'],
  ])('a domain that its canonical form changes is flagged: %s', ([, written = '']) => {
    expect(canonicalAddress(written)?.changed).toBe(true);
    expect(readAddresses([written]).changed).toBe(true);
  });

  test.for(['x@bücher.example', 'x@BÜCHER.example', 'x@xn--bcher-kva.example', 'X@EXAMPLE.TEST'])(
    'and an honest one is not: %s',
    (written) => {
      expect(canonicalAddress(written)?.changed).toBe(false);
    },
  );

  test('case 23: a lookalike of our domain shows as its A-label', () => {
    expect(addresses('agent@dеsk.test')).toEqual(['agent@xn--dsk-rdd.test']);
  });
});

test('case 14: the members of a group are found and the group is told', () => {
  const reading = readAddresses(['Team: agent@desk.test, evil@evil.test;']);
  expect(reading.addresses.map(({ address }) => address)).toEqual(['agent@desk.test', 'evil@evil.test']);
  expect(reading.grouped).toBe(true);
});

test('case 24: bidirectional controls leave the name and are flagged', () => {
  const reading = readAddresses(['"Karen \u202etsuj" <karen@customer.test>']);
  expect(reading.addresses[0]?.name).toBe('Karen tsuj');
  expect(reading.bidiControl).toBe(true);
});

test('case 49: of 40,000 addresses 1000 are read, in bounded time', () => {
  const spentMs = cpuStopwatch();
  const reading = readAddresses([Array.from({ length: 40_000 }, (_, at) => `a${at}@x.test`).join(', ')]);
  expect(spentMs()).toBeLessThan(1000);
  expect(reading.addresses).toHaveLength(1000);
  expect(reading.cut).toBe(true);
});

test('a name is one short line whatever it decodes to', () => {
  const [read] = readAddresses([
    `=?utf-8?b?${Buffer.from(`a\r\nBcc: x@y\0${'b'.repeat(5000)}`).toString('base64')}?= <k@x.test>`,
  ]).addresses;
  expect(read?.name).toMatch(/^a Bcc: x@yb+$/);
  expect(read?.name).toHaveLength(256);
});

const HOSTILE = fc
  .array(fc.constantFrom(...'ab@.<>,:;"\\()[] \t', 'ä', '\u202e', '\ufffd', '=?utf-8?q?x?='), { maxLength: 60 })
  .map((pieces) => pieces.join(''));

test('whatever stands in the header, what is read as an address is canonical', () => {
  fc.assert(
    fc.property(HOSTILE, (value) => {
      for (const address of [...addresses(value), ...(readStrictly(value) ?? [])]) {
        expect(canonicalAddress(address)).toEqual({ address, changed: expect.any(Boolean) });
      }
    }),
    { numRuns: 2000 },
  );
});
