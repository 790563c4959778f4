import { promises as dns } from 'node:dns';
import type { DkimVerdict } from '../core/identity.ts';

/** Looks a TXT record up; each answer is a list of chunks. */
export type ResolveTxt = (name: string) => Promise<string[][]>;

/**
 * Our own check of the DKIM signatures of a raw mail (RFC 6376), for mailboxes whose server does not report one. What the
 * verdict is worth is judged in `core/identity.ts`. A DNS that does not answer makes a signature prove nothing.
 *
 * mailauth is loaded with the first mail that needs it: it takes 150 ms that most desks never spend.
 */
export async function verifyDkim(raw: Buffer, resolveTxt: ResolveTxt = dns.resolveTxt): Promise<DkimVerdict> {
  const { dkimVerify } = await import('mailauth/lib/dkim/verify.js');
  const { results } = await dkimVerify(raw, { resolver: (name: string) => resolveTxt(name) });
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
