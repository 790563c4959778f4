import { domainToUnicode } from 'node:url';
import type { InboundMail } from './inbound-mail.ts';
import type { OwnAddresses } from './own-address.ts';

/** Letters of other scripts that look like a Latin one; enough for the domains people are fooled with. */
const LATIN_TWINS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{
      а: 'a',
      ԁ: 'd',
      е: 'e',
      һ: 'h',
      і: 'i',
      ј: 'j',
      ӏ: 'l',
      о: 'o',
      р: 'p',
      ԛ: 'q',
      ѕ: 's',
      с: 'c',
      у: 'y',
      х: 'x',
    },
    ...{
      ԝ: 'w',
      в: 'b',
      к: 'k',
      м: 'm',
      н: 'h',
      т: 't',
      α: 'a',
      ο: 'o',
      ρ: 'p',
      ν: 'v',
      ι: 'i',
      κ: 'k',
      τ: 't',
      υ: 'u',
    },
    ...{ ı: 'i', ł: 'l', ø: 'o', đ: 'd', ħ: 'h', ɡ: 'g', ƅ: 'b', '0': 'o', '1': 'l' },
  }),
);

/**
 * Does this sender look like somebody else: a name that holds an address elsewhere (bad-input cases 11 and 12), writing that turns
 * around (24), or a domain that reads like one of ours and is not (23)?
 */
export function isLookalike(mail: InboundMail, own: OwnAddresses): boolean {
  if (mail.from === null) return false;
  const { name, address } = mail.from;
  if (mail.defects.some(({ code }) => code === 'bidi-control')) return true;
  const domain = domainIn(address);
  const domainNamed = /[^\s@<>"'(]@([\w.-]+\.[\w-]+)/.exec(name.slice(0, 1_000))?.[1]?.toLowerCase();
  if (domainNamed !== undefined && domainNamed !== domain) return true;
  const ownDomains = new Set([...own.exact].map(domainIn));
  return !ownDomains.has(domain) && [...ownDomains].some((ours) => skeleton(ours) === skeleton(domain));
}

function domainIn(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

function skeleton(domain: string): string {
  const letters = domainToUnicode(domain).normalize('NFKD').replace(/\p{M}/gu, '');
  return [...letters].map((letter) => LATIN_TWINS.get(letter) ?? letter).join('');
}
