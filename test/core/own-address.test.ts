import { describe, expect, test } from 'vitest';
import { isOwnAddress, ownAddresses } from '../../src/core/own-address.ts';

const own = ownAddresses([
  { address: 'support@desk.test', aliases: ['help@desk.test'], replyAddress: 'support+{token}@desk.test' },
  { address: 'sales@desk.test', aliases: [], replyAddress: '{token}@reply.desk.test' },
]);

describe('an address of ours', () => {
  test.each([
    ['support@desk.test', true],
    ['HELP@Desk.Test', true],
    ['support+anything@desk.test', true],
    [`${'a'.repeat(45)}@reply.desk.test`, true],
    ['a@reply.desk.test', false],
    ['karen@customer.test', false],
    ['support@customer.test', false],
    ['supporter@desk.test', false],
    ['+@desk.test', false],
    ['', false],
  ])('%s: %s', (address, expected) => {
    expect(isOwnAddress(own, address)).toBe(expected);
  });
});
