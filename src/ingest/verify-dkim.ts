import { promises as dns } from 'node:dns';
import type { DkimVerdict } from '../core/identity.ts';
import { headerValues, readHeader } from './header-reader.ts';

/** Looks a TXT record up; each answer is a list of chunks. */
export type ResolveTxt = (name: string) => Promise<string[][]>;

/** Honest mail has two or three. Each costs a look-up in a DNS its signer chose, and may cost a hash of the whole body. */
const SIGNATURES_MAX = 10;
const LOOKUPS_MS_MAX = 10_000;

/**
 * Our own check of the DKIM signatures of a raw mail (RFC 6376), for mailboxes whose server does not report one. What the
 * verdict is worth is judged in `core/identity.ts`. A DNS that does not answer, or more signatures than honest mail has,
 * prove nothing.
 *
 * mailauth is loaded with the first mail that needs it: it takes 150 ms that most desks never spend.
 */
export async function verifyDkim(
  raw: Buffer,
  resolveTxt: ResolveTxt = dns.resolveTxt,
  lookupsMsMax: number = LOOKUPS_MS_MAX,
): Promise<DkimVerdict> {
  if (headerValues(readHeader(raw).fields, 'dkim-signature').length > SIGNATURES_MAX) return { signatures: [] };
  const { dkimVerify } = await import('mailauth/lib/dkim/verify.js');
  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => undefined);
  const timer = setTimeout(
    () => reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEOUT' })),
    lookupsMsMax,
  );
  const { results } = await dkimVerify(raw, {
    resolver: (name: string) => Promise.race([resolveTxt(name), late]),
  }).finally(() => clearTimeout(timer));
  return {
    signatures: (results ?? []).map((found) => ({
      result: resultOf(found.status.result),
      domain: found.signingDomain ?? '',
      lengthLimited: found.canonBodyLengthLimited === true,
      fromSigned: (found.signingHeaders?.keys ?? '').split(':').some((name) => name.trim().toLowerCase() === 'from'),
      rsaKeyBits: found.algo?.startsWith('rsa') ? (found.modulusLength ?? 0) : null,
    })),
  };
}

type DkimResult = DkimVerdict['signatures'][number]['result'];
const RESULTS: readonly string[] = ['pass', 'fail', 'none', 'neutral', 'temperror', 'permerror'] satisfies DkimResult[];

function resultOf(result: string): DkimResult {
  return RESULTS.includes(result) ? (result as DkimResult) : 'permerror';
}
