import { type FailureReason, failureReason } from './failure-reasons.ts';

/** How a mail of ours did not arrive. unknown: the line broke each time the relay had it and we not its answer. */
export type UndeliveredHow = 'returned' | 'rejected' | 'expired' | 'unknown';

/** Why, as far as it decides what an agent can do about it. */
export type UndeliveredWhy =
  | 'gone'
  | 'wrong-address'
  | 'full'
  | 'too-big'
  | 'refused'
  | 'later'
  | 'challenge'
  | 'unclear';

const WHY: Readonly<Record<FailureReason, UndeliveredWhy>> = {
  'no-such-user': 'gone',
  moved: 'gone',
  disabled: 'gone',
  'no-such-host': 'wrong-address',
  'bad-address': 'wrong-address',
  'mailbox-full': 'full',
  'too-big': 'too-big',
  spam: 'refused',
  virus: 'refused',
  blocked: 'refused',
  policy: 'refused',
  authentication: 'refused',
  'relaying-denied': 'refused',
  loop: 'refused',
  expired: 'later',
  unreachable: 'later',
  'rate-limited': 'later',
  'system-error': 'later',
  challenge: 'challenge',
  rejected: 'unclear',
};

/** What the class of a report's failure means to an agent. */
export function whyReturned(reason: string | null): UndeliveredWhy {
  return reason !== null && Object.hasOwn(WHY, reason) ? WHY[reason as FailureReason] : 'unclear';
}

/** Our own reasons for not handing a mail over, by their codes. */
const WHY_OF_CODE: Readonly<Record<string, UndeliveredWhy>> = {
  ADDRESS_UNUSABLE: 'wrong-address',
  MAIL_TOO_LARGE: 'too-big',
};

/** What it means to an agent that a relay did not take a mail, by our code and by what it said last. */
export function whyGivenUp(how: UndeliveredHow, errorCode: string | null, answer: string | null): UndeliveredWhy {
  const own = errorCode !== null && Object.hasOwn(WHY_OF_CODE, errorCode) ? WHY_OF_CODE[errorCode] : undefined;
  if (own !== undefined) return own;
  const status = /\b[45]\.\d{1,3}\.\d{1,3}\b/.exec(answer ?? '')?.[0] ?? null;
  const why = whyReturned(answer === null ? null : failureReason(status, answer));
  return why === 'unclear' && how === 'expired' ? 'later' : why;
}
