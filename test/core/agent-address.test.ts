import { expect, test } from 'vitest';
import { underConfiguredAddress } from '../../src/core/agent-address.ts';
import type { JudgedSender } from '../../src/core/identity.ts';

const AGENTS = [{ addresses: ['Jane.Doe@desk.test', 'jane@desk.test'] }, { addresses: ['john@desk.test'] }];
const sender = (address: string | null): JudgedSender => ({
  address,
  name: 'Somebody',
  authenticated: false,
  method: null,
  consistent: true,
  silent: false,
  reasons: [],
});

test.each<[string | null, string | null]>([
  ['John@desk.test', 'john@desk.test'],
  ['JANE.DOE@desk.test', 'Jane.Doe@desk.test'],
  ['john@desk.test', 'john@desk.test'],
  ['Karen@customer.test', 'Karen@customer.test'],
  ['john@desk.test.evil.test', 'john@desk.test.evil.test'],
  [null, null],
])('TH-13 %s is %s', (written, address) => {
  expect(underConfiguredAddress(sender(written), AGENTS)).toEqual(sender(address));
});
