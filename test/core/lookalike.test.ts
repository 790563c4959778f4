import { describe, expect, test } from 'vitest';
import { isLookalike } from '../../src/core/lookalike.ts';
import { ownAddresses } from '../../src/core/own-address.ts';
import { inboundMail, mailAddress } from '../support/inbound-mail.ts';

const own = ownAddresses([
  { address: 'support@paypal.test', aliases: [], replyAddress: 'support+{token}@paypal.test' },
]);

describe('a sender who looks like somebody else', () => {
  test.each([
    ['a plain name', 'Karen', 'karen@customer.test', false],
    ['their own address as a name', 'Karen@Customer.test', 'karen@customer.test', false],
    ['another address as a name (cases 11, 12)', 'john@paypal.test', 'evil@evil.test', true],
    ["a colleague's address as a name", 'sales@customer.test', 'karen@customer.test', false],
    ['a name with a sign only', 'Karen @ Customer', 'karen@customer.test', false],
    ['another address within a name', 'John (john@paypal.test)', 'evil@evil.test', true],
    ['a domain in letters of another script (case 23)', '', 'john@xn--pypal-4ve.test', true],
    ['a domain with digits for letters', '', 'john@paypa1.test', true],
    ['our own domain', '', 'john@paypal.test', false],
    ['an honest domain in another script', '', 'karen@xn--mnchen-3ya.test', false],
  ])('%s: %s', (_, name, address, expected) => {
    expect(isLookalike(inboundMail({ from: mailAddress(address, name) }), own)).toBe(expected);
  });

  test('is one whose name or subject turns the writing around (case 24)', () => {
    const defects = [{ code: 'bidi-control' as const, detail: '' }];
    expect(isLookalike(inboundMail({ defects }), own)).toBe(true);
  });

  test('is nobody when there is no From', () => {
    expect(isLookalike(inboundMail({ from: null }), own)).toBe(false);
  });
});
