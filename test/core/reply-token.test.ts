import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkReplyPattern,
  findTokens,
  hasSignedForm,
  mintMessageId,
  mintToken,
  readMessageId,
  readToken,
  replyAddress,
  signingKeys,
  TOKEN_CHARS,
  type Token,
} from '../../src/core/reply-token.ts';

const SECRET = 'a secret of at least thirty-two characters';
const keys = signingKeys(SECRET);
const token: Token = { purpose: 'reply', ticketId: '1001', addressId: '7' };
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

const anyId = fc.bigInt({ min: 0n, max: 2n ** 40n - 1n }).map(String);
const anyToken: fc.Arbitrary<Token> = fc.oneof(
  fc.record({
    purpose: fc.constantFrom('reply', 'note', 'act', 'control', 'bounce'),
    ticketId: anyId,
    addressId: anyId,
  }),
  fc.record({ purpose: fc.constant('confirm'), inboundMailId: anyId, addressId: anyId }),
);

describe('a reply token (TH-03)', () => {
  test('is 45 base32 characters and reads back in either case', () => {
    fc.assert(
      fc.property(anyToken, (any) => {
        const text = mintToken(keys, any);
        expect(text).toMatch(/^[a-z2-7]{45}$/);
        expect(readToken(keys, text)).toEqual(any);
        expect(readToken(keys, text.toUpperCase())).toEqual(any);
      }),
    );
  });

  test('is refused when any one character differs, the last bits included', () => {
    fc.assert(
      fc.property(anyToken, fc.nat(TOKEN_CHARS - 1), fc.constantFrom(...BASE32), (any, at, char) => {
        const text = mintToken(keys, any);
        fc.pre(text[at] !== char);
        expect(readToken(keys, text.slice(0, at) + char + text.slice(at + 1))).toBeNull();
      }),
    );
  });

  test.each([
    ['too short', (text: string) => text.slice(1)],
    ['too long', (text: string) => `${text}a`],
    ['with a letter that only lower-cases into the alphabet', (text: string) => text.replace(/.$/, '\u212A')],
    ['empty', () => ''],
    ['of noise', () => '\u0000'.repeat(TOKEN_CHARS)],
  ])('%s is refused', (_, change) => {
    expect(readToken(keys, change(mintToken(keys, token)))).toBeNull();
  });

  test('differs for each recipient, ticket and purpose', () => {
    const texts = [token, { ...token, addressId: '8' }, { ...token, ticketId: '1002' }, { ...token, purpose: 'note' }];
    expect(new Set(texts.map((one) => mintToken(keys, one as Token))).size).toBe(4);
  });

  test('of a replaced key counts while that key is accepted, and new ones are signed by the current key', () => {
    const before = mintToken(keys, token);
    const rotated = signingKeys('the next secret, also long enough to be one', [SECRET]);
    expect(readToken(rotated, before)).toEqual(token);
    expect(mintToken(rotated, token)).not.toBe(before);
    expect(readToken(keys, mintToken(rotated, token))).toBeNull();
  });

  test('of a retired key or of another installation is refused (bad-input case 33)', () => {
    expect(readToken(signingKeys('another installation has another secret'), mintToken(keys, token))).toBeNull();
  });

  test('is accepted from every key when two secrets share a key id', () => {
    const [one, other] = secretsOfOneKeyId();
    const both = signingKeys(one, [other]);
    expect(both.accepted[0]?.id).toBe(both.accepted[1]?.id);
    expect(readToken(both, mintToken(signingKeys(other), token))).toEqual(token);
  });

  test('keeps its key id from start to start', () => {
    expect(signingKeys(SECRET).current.id).toBe(keys.current.id);
    expect(keys.current.id).toBeLessThan(1_024);
  });

  test('is not minted for an id beyond 40 bits, nor any key derived from an empty secret', () => {
    expect(() => mintToken(keys, { ...token, ticketId: String(2n ** 40n) })).toThrow(RangeError);
    expect(() => signingKeys('')).toThrow(RangeError);
  });
});

describe('tokens are found', () => {
  const text = mintToken(keys, token);
  const other: Token = { purpose: 'reply', ticketId: '1002', addressId: '7' };
  test.each([
    ['in a plus address', [`support+${text}@desk.test`]],
    ['at a reply domain', [`${text}@reply.desk.test`]],
    ['in an address the mail system wrote in capitals', [`SUPPORT+${text}@DESK.TEST`.toUpperCase()]],
    ['behind a forwarder that rewrote the address', [`prvs=12ab=support+${text}@hop.test`]],
    ['once, however often it stands there', [`support+${text}@desk.test`, `support+${text.toUpperCase()}@desk.test`]],
  ])('%s', (_, addresses) => {
    expect(findTokens(keys, addresses)).toEqual([token]);
  });

  test('several in order, and none in a domain, a display name or a longer word', () => {
    expect(findTokens(keys, [`a+${mintToken(keys, other)}@x.test`, `a+${text}@x.test`])).toEqual([other, token]);
    expect(findTokens(keys, [`support@${text}.test`, text, `x${text}@desk.test`])).toEqual([]);
  });

  test('whatever the pattern, and never throwing', () => {
    fc.assert(fc.property(fc.array(fc.string()), (addresses) => findTokens(keys, addresses).length === 0));
  });
});

describe('a reply-address pattern', () => {
  test('gets the token where it says', () => {
    expect(replyAddress('support+{token}@desk.test', 'abc')).toBe('support+abc@desk.test');
  });

  test.each([
    ['support+{token}@desk.test', null],
    ['{token}@reply.desk.test', null],
    [`${'a'.repeat(18)}+{token}@desk.test`, null],
    [`${'a'.repeat(19)}+{token}@desk.test`, 'local-part-too-long'],
    [`${'ü'.repeat(10)}+{token}@desk.test`, 'local-part-too-long'],
    ['support@desk.test', 'no-token'],
    ['{token}+{token}@desk.test', 'no-token'],
    ['support@{token}.test', 'no-token'],
    ['support{token}@desk.test', 'token-not-apart'],
    ['{token}', 'no-address'],
    ['@desk.test', 'no-address'],
    ['a b+{token}@desk.test', 'no-address'],
  ])('%s: %s', (pattern, problem) => {
    expect(checkReplyPattern(pattern)?.problem ?? null).toBe(problem);
  });

  test('that is refused comes with one that would do', () => {
    const refused = checkReplyPattern(`${'a'.repeat(40)}+{token}@desk.test`);
    expect(refused?.proposal).toBe('{token}@reply.desk.test');
    expect(checkReplyPattern(refused?.proposal ?? '')).toBeNull();
  });
});

describe('a signed Message-ID', () => {
  test('is a short dot-atom that reads back in either case and at any domain', () => {
    fc.assert(
      fc.property(fc.constantFrom('article' as const, 'outbox' as const), anyId, (kind, id) => {
        const messageId = mintMessageId(keys, { kind, id, domain: 'desk.test' });
        expect(messageId).toMatch(/^[a-z2-7]{31}@desk\.test$/);
        expect(readMessageId(keys, messageId)).toEqual({ kind, id });
        expect(readMessageId(keys, messageId.toUpperCase())).toEqual({ kind, id });
        expect(readMessageId(keys, messageId.replace(/@.*/, '@relay.test'))).toEqual({ kind, id });
      }),
    );
  });

  test('is refused when any one character differs (TH-02, bad-input case 31)', () => {
    fc.assert(
      fc.property(anyId, fc.nat(30), fc.constantFrom(...BASE32), (id, at, char) => {
        const messageId = mintMessageId(keys, { kind: 'article', id, domain: 'desk.test' });
        fc.pre(messageId[at] !== char);
        const forged = messageId.slice(0, at) + char + messageId.slice(at + 1);
        expect(readMessageId(keys, forged)).toBeNull();
        expect(hasSignedForm(forged)).toBe(true);
      }),
    );
  });

  test('and a token never pass for each other: their MACs cover different domains', () => {
    const messageId = mintMessageId(keys, { kind: 'article', id: '1001', domain: 'desk.test' });
    const local = messageId.slice(0, 31);
    expect(readToken(keys, local.slice(0, 11) + 'a'.repeat(8) + local.slice(5))).toBeNull();
    expect(readMessageId(keys, `${mintToken(keys, token).slice(0, 31)}@desk.test`)).toBeNull();
  });

  test.each(['first@customer.test', '', '@', 'a@b@c', `${'a'.repeat(31)}`])('%j is not ours', (messageId) => {
    expect(readMessageId(keys, messageId)).toBeNull();
  });
});

function secretsOfOneKeyId(): [string, string] {
  const byId = new Map<number, string>();
  for (let count = 0; ; count += 1) {
    const secret = `secret number ${count}`;
    const { id } = signingKeys(secret).current;
    const earlier = byId.get(id);
    if (earlier !== undefined) return [earlier, secret];
    byId.set(id, secret);
  }
}
