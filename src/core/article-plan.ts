import type { SenderRight } from './identity.ts';
import type { MailDefectCode } from './inbound-mail.ts';
import { isLookalike } from './lookalike.ts';
import type { ArticlePlan, MailEffectInput } from './mail-effect.ts';
import { isOwnAddress } from './own-address.ts';
import type { ThreadKeys } from './thread.ts';
import type { ArticleMark } from './ticket-change.ts';

function article(input: MailEffectInput, differs: Partial<ArticlePlan> = {}): ArticlePlan {
  const { marks = [], ...rest } = differs;
  return {
    kind: 'inbound',
    visibility: 'public',
    state: 'accepted',
    hasAuthor: namesRequester(input),
    marks: [...marks, ...marksOf(input)],
    ...rest,
  };
}

/** Anybody may write a first mail in somebody's name; who reads it sees whether somebody vouches for that. */
export function openingArticle(input: MailEffectInput): ArticlePlan {
  return article(input, { marks: input.sender.authenticated || input.mail.from === null ? [] : ['unverified'] });
}

export function joiningArticle(input: MailEffectInput, marks: ArticleMark[]): ArticlePlan {
  return article(input, {
    marks: input.thread.right.right === 'join-unverified' ? [...marks, 'unverified'] : marks,
  });
}

export type HeldReason = Extract<SenderRight, { right: 'held' }>['reason'];

/** Seen by agents only until one accepts it. What claims to be an agent's is never on its way to the public. */
export function heldArticle(input: MailEffectInput, reason: HeldReason): ArticlePlan {
  const visibility = reason === 'agent-unproven' ? 'internal' : 'public';
  const marks: ArticleMark[] = reason === 'agent-unproven' ? [] : ['third-party'];
  if (!input.sender.authenticated) marks.push('unverified');
  return article(input, { state: 'held', visibility, marks });
}

/** What a list brings as a first mail is a person's request all the same. */
export function automaticArticle(input: MailEffectInput): ArticlePlan {
  const isRequest = input.verdict.kind === 'list' && input.thread.ticket === null;
  return article(input, {
    visibility: isRequest ? 'public' : 'internal',
    marks: input.verdict.kind === 'loop' ? ['automatic', 'own-echo'] : ['automatic'],
  });
}

/** Whether there is somebody to name and to answer: not we ourselves, and no mail system speaking for itself. */
export function namesRequester({ sender, own, verdict: { kind } }: MailEffectInput): boolean {
  const speaksForItself = kind === 'bounce' || kind === 'delivery-report' || kind === 'complaint';
  return sender.address !== null && !speaksForItself && !isOwnAddress(own, sender.address);
}

function marksOf(input: MailEffectInput): ArticleMark[] {
  const { mail, facts, own, keys } = input;
  const has = (...codes: MailDefectCode[]) => mail.defects.some(({ code }) => codes.includes(code));
  const marks: [ArticleMark, boolean][] = [
    ['unknown-sender', mail.from === null],
    ['suspicious-sender', isLookalike(mail, own) || has('address-disagreement', 'address-changed-by-canonical-form')],
    ['message-id-reuse', facts.isMessageIdReused || hasOwnMessageId(keys)],
    ['over-limit', has('over-limit')],
    ['header-only', has('header-only', 'parser-refused')],
    ['size-mismatch', has('size-mismatch')],
  ];
  return marks.filter(([, applies]) => applies).map(([mark]) => mark);
}

/** A mail that came back with the Message-ID we gave it. */
export function hasOwnMessageId(keys: ThreadKeys): boolean {
  return keys.signedIds.some(({ place }) => place === 'message-id');
}
