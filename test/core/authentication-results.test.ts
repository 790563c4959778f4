import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAuthenticationResults } from '../../src/core/authentication-results.ts';

const dmarcPass = (from: string) => ({
  method: 'dmarc',
  result: 'pass',
  properties: [{ name: 'header.from', value: from }],
});

describe('an Authentication-Results field (RFC 8601)', () => {
  test.each([
    ['plainly written', 'mx.desk.test; dmarc=pass header.from=customer.test'],
    ['with a version', 'mx.desk.test 1; dmarc/1=pass header.from=customer.test'],
    [
      'with comments that nest',
      'mx.desk.test (a (nested; dmarc=fail) one); dmarc=pass (p=none) header.from=customer.test',
    ],
    ['with an escaped bracket in a comment', 'mx.desk.test (odd \\( one); dmarc=pass header.from=customer.test'],
    ['with quoted values', '"mx.desk.test"; dmarc="pass" header.from="customer.test"'],
    ['with spaces wherever they may stand', ' mx.desk.test ;\r\n\tdmarc = pass header . from = customer.test ;'],
    ['in capitals', 'MX.DESK.TEST; DMARC=Pass HEADER.FROM=customer.test'],
  ])('is read %s', (_, value) => {
    expect(parseAuthenticationResults(value)).toEqual({
      authservId: 'mx.desk.test',
      results: [dmarcPass('customer.test')],
    });
  });

  test('keeps every method, reason and property as Gmail and Microsoft 365 write them', () => {
    const gmail =
      'mx.google.com; dkim=pass header.i=@customer.test header.s=s1 header.b=Ab+/cd==; spf=pass (google.com: domain of ' +
      'karen@customer.test designates 192.0.2.1 as permitted sender) smtp.mailfrom=karen@customer.test; ' +
      'dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=customer.test';
    expect(parseAuthenticationResults(gmail)?.results.map(({ method, result }) => `${method}=${result}`)).toEqual([
      'dkim=pass',
      'spf=pass',
      'dmarc=pass',
    ]);
    const microsoft = 'mx.desk.test; dmarc=pass action=none header.from=customer.test; compauth=pass reason=100';
    expect(parseAuthenticationResults(microsoft)?.results[0]?.properties).toEqual([
      { name: 'action', value: 'none' },
      { name: 'header.from', value: 'customer.test' },
    ]);
  });

  test('may say that nothing was checked', () => {
    expect(parseAuthenticationResults('mx.desk.test; none')).toEqual({ authservId: 'mx.desk.test', results: [] });
    expect(parseAuthenticationResults('mx.desk.test')).toEqual({ authservId: 'mx.desk.test', results: [] });
  });

  test.each([
    ['that names no speaker, as Microsoft writes inside', 'spf=pass smtp.mailfrom=customer.test; dmarc=pass'],
    ['whose speaker stands in a comment', '(mx.desk.test); dmarc=pass header.from=customer.test'],
    ['with a comment without end', 'mx.desk.test; dmarc=pass (header.from=customer.test'],
    ['with a bracket too many', 'mx.desk.test); dmarc=pass'],
    ['with a quoted string without end', 'mx.desk.test; dmarc="pass header.from=customer.test'],
    ['with an escape outside quotes', 'mx.desk.test; dmarc=pass header.from=\\"customer.test'],
    ['with words between results', 'mx.desk.test; dmarc=pass or so'],
    ['of two speakers', 'mx.desk.test evil.test; dmarc=pass'],
    ['that is empty', ''],
    ['longer than any honest one', `mx.desk.test; dmarc=pass ${' '.repeat(9_000)}header.from=customer.test`],
  ])('%s proves nothing', (_, value) => {
    expect(parseAuthenticationResults(value)).toBeNull();
  });

  test('a semicolon or bracket in quotes separates nothing', () => {
    const value = 'mx.desk.test; spf=fail reason="; dmarc=pass header.from=customer.test ("; dmarc=fail';
    expect(parseAuthenticationResults(value)?.results.map(({ method, result }) => `${method}=${result}`)).toEqual([
      'spf=fail',
      'dmarc=fail',
    ]);
  });

  test('is read in bounded time and without throwing, whatever it says', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        parseAuthenticationResults(value);
      }),
    );
    const started = performance.now();
    for (const piece of ['(', '"', '. ', 'a.', 'a=b ', ' ', '; ', '\\'])
      parseAuthenticationResults(`mx; ${piece.repeat(8_000 / piece.length)}`);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
