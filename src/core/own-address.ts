import type { DeskMailbox } from './desk-config.ts';
import { TOKEN_CHARS } from './reply-token.ts';

/** The addresses that lead back to us: nobody writes to them on our behalf, and none is ever a person. */
export interface OwnAddresses {
  /** Mailboxes and their aliases, lower-case. */
  exact: ReadonlySet<string>;
  /** What stands before and after the token in each reply address, lower-case. */
  replyPatterns: readonly (readonly [before: string, after: string])[];
}

/** Pass archived mailboxes too: mail to them still comes from us. */
export function ownAddresses(
  mailboxes: readonly Pick<DeskMailbox, 'address' | 'aliases' | 'replyAddress'>[],
): OwnAddresses {
  return {
    exact: new Set(mailboxes.flatMap(({ address, aliases }) => [address, ...aliases]).map((one) => one.toLowerCase())),
    replyPatterns: mailboxes.map(({ replyAddress }) => {
      const [before = '', after = ''] = replyAddress.toLowerCase().split('{token}');
      return [before, after] as const;
    }),
  };
}

/**
 * Also true for a subaddress of ours (`support+anything@…`, RFC 5233) and for a reply address whose token is not valid:
 * an address we would hear ourselves at is ours, whoever made it up.
 */
export function isOwnAddress(own: OwnAddresses, address: string): boolean {
  const written = address.toLowerCase();
  const at = written.lastIndexOf('@');
  const localPart = written.slice(0, at);
  if (own.exact.has(written) || own.exact.has(localPart.split('+', 1)[0] + written.slice(at))) return true;
  return own.replyPatterns.some(
    ([before, after]) =>
      written.length === before.length + TOKEN_CHARS + after.length &&
      written.startsWith(before) &&
      written.endsWith(after),
  );
}
