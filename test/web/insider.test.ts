import { describe, expect, test } from 'vitest';
import { isInsider } from '../../src/web/insider.ts';

const TOKEN = 'a-token-of-more-than-thirty-two-characters';

function asking(remoteAddress: string | undefined, headers: Record<string, string> = {}) {
  return { remoteAddress, header: (name: string) => headers[name] };
}

describe('without a token', () => {
  test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])(
    'a request from %s is from this machine',
    (address) => expect(isInsider(asking(address), null)).toBe(true),
  );

  test.each([undefined, '', '10.0.0.1', '128.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '127.0.0.1.example.org'])(
    'a request from %s is from outside',
    (address) => expect(isInsider(asking(address), null)).toBe(false),
  );

  test.each(['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'])(
    'what a proxy on this machine forwards (%s) is from outside',
    (name) => expect(isInsider(asking('127.0.0.1', { [name]: 'x' }), null)).toBe(false),
  );
});

describe('with a token', () => {
  test('who carries it is an insider from anywhere, through a proxy as well', () => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'x-forwarded-for': '10.0.0.1' };
    expect(isInsider(asking('10.0.0.1', headers), TOKEN)).toBe(true);
    expect(isInsider(asking('10.0.0.1', { authorization: `bearer  ${TOKEN}` }), TOKEN)).toBe(true);
  });

  test.each(['Bearer wrong', `Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN}x`, 'Bearer ', 'Bearer'])(
    '%s does not carry it',
    (authorization) => expect(isInsider(asking('10.0.0.1', { authorization }), TOKEN)).toBe(false),
  );

  test('a request from this machine needs none', () => {
    expect(isInsider(asking('127.0.0.1'), TOKEN)).toBe(true);
  });
});
