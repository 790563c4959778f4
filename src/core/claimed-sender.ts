import type { AcknowledgementDecision } from './acknowledge.ts';
import type { DeskAgent } from './desk-config.ts';
import type { InboundMail, MailAddress, TextSpan } from './inbound-mail.ts';
import type { MailEffectInput, OpenEffect } from './mail-effect.ts';
import { isOwnAddress } from './own-address.ts';
import { replyText } from './reply-text.ts';
import { withoutSubjectMarks } from './subject-marks.ts';
import type { Id } from './ticket.ts';

/**
 * An agent passes a mail on to the desk: the ticket is for whoever wrote that mail, not for the agent (AG-13).
 *
 * Who that is, only the agent's mail says: anybody may have written to the agent in their name, or written such a mail by hand. So
 * the words are *claimed by agent*: nothing is sent to their sender by machine until an agent confirms the address, by
 * answering it or by `/confirm`, and the claim gives nobody a right on any ticket. Only a proven agent claims; whoever else
 * passes a mail on asks for themselves.
 */
export interface PassedOn {
  agentId: Id;
  /** Null where no sender can be told: the agent is the requester then, and hears so. */
  original: PassedOnMail | null;
  /** What the agent wrote above it, for colleagues; null where that is nothing. */
  cover: WrittenText | null;
}

export interface PassedOnMail extends WrittenText {
  from: MailAddress;
  subject: string;
}

interface WrittenText {
  text: string;
  /** Of this text, as in `InboundMail`. */
  spans: TextSpan[];
}

/**
 * An opening by an agent's mail as one for the sender of what it passes on; every other opening as it is. `mayAnswer`: whether
 * a machine may answer this mail at all. Where no sender is found that is asked of the receipt as well: a rule of a mail
 * program that passes everything on would pass the receipt on, too.
 */
export function openForSender(
  input: MailEffectInput,
  opening: OpenEffect,
  mayAnswer: () => AcknowledgementDecision,
): OpenEffect {
  const passedOn = readPassedOn(input);
  if (passedOn === null) return opening;
  const { original } = passedOn;
  if (original === null) {
    return mayAnswer().send
      ? { ...opening, passedOn, acknowledgement: { send: false, reason: 'told-by-receipt' } }
      : opening;
  }
  return {
    ...opening,
    passedOn,
    requester: 'sender',
    article: {
      ...opening.article,
      hasAuthor: true,
      marks: ['claimed-by-agent', ...opening.article.marks.filter((mark) => mark !== 'unknown-sender')],
    },
    // Who gets the agent's own mail is not thereby somebody the requester wants to read along.
    collaborators: opening.collaborators
      .filter(({ address }) => address !== original.from.address)
      .map((one) => ({ ...one, state: 'proposed' })),
    acknowledgement: { send: false, reason: 'claimed-by-agent' },
    evidence: [...opening.evidence, { rule: 'passed-on', saw: `its sender is a claim of agent ${passedOn.agentId}` }],
  };
}

function readPassedOn({ mail, verdict, sender, own, facts: { agent } }: MailEffectInput): PassedOn | null {
  const { forwarded } = mail;
  if (forwarded === null || agent === null || verdict.kind !== 'person') return null;
  if (!sender.authenticated || !sender.consistent) return null;
  const { from } = forwarded;
  // An agent's own words from elsewhere are the agent's request.
  if (from !== null && isAddressOf(agent, from.address)) return null;
  const isClaimable = from !== null && !isOwnAddress(own, from.address);
  return {
    agentId: agent.personId,
    original: isClaimable
      ? {
          from,
          subject: withoutSubjectMarks(forwarded.subject) || withoutSubjectMarks(mail.subject),
          text: forwarded.text,
          spans: forwarded.spans,
        }
      : null,
    cover: isClaimable ? coverOf(mail, forwarded.startsAt ?? mail.text.length) : null,
  };
}

function isAddressOf({ addresses }: Pick<DeskAgent, 'addresses'>, address: string): boolean {
  return addresses.some((one) => one.toLowerCase() === address.toLowerCase());
}

/** The mail's text up to where the mail that is passed on begins, if anything new is said there. */
function coverOf({ text, spans }: InboundMail, end: number): WrittenText | null {
  const cover = {
    text: text.slice(0, end),
    spans: spans.filter(({ from }) => from < end).map((span) => ({ ...span, to: Math.min(span.to, end) })),
  };
  return replyText(cover).trim() === '' ? null : cover;
}
