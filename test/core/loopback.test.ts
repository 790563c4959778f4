import { expect, test } from 'vitest';
import { isLoopbackHost } from '../../src/core/loopback.ts';

test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.255.0.3', '::1', '[::1]'])(
  '%s stays on this machine',
  (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  },
);

test.each([
  '',
  'localhost.desk.example',
  '127.0.0.1.desk.example',
  '127.0.0.256',
  '127.1',
  '128.0.0.1',
  '10.0.0.1',
  '::',
  '::2',
  '0.0.0.0',
  ' 127.0.0.1',
])('%j may be heard by others', (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});
