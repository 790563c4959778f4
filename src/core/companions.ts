import type { MailAddress } from './inbound-mail.ts';
import type { CollaboratorPlan, MailEffectInput } from './mail-effect.ts';
import { isOwnAddress } from './own-address.ts';
import type { ThreadTicket } from './thread.ts';

/** More than this is a mailing, not a group of people who follow a request (bad-input case 49). */
const COMPANIONS_MAX = 20;

/** To and Cc of the opening mail: believed with its sender. */
export function companions(input: MailEffectInput): CollaboratorPlan[] {
  const state = input.sender.authenticated ? 'accepted' : 'proposed';
  return othersNamed(input).map(({ address, name }) => ({ address, name, state }));
}

/** Whoever appears in a later mail and was never on the ticket; somebody removed stays removed (TH-06). */
export function newcomers(input: MailEffectInput, ticket: ThreadTicket): CollaboratorPlan[] {
  const known = new Set([...ticket.requesterAddresses, ...ticket.collaborators.map(({ address }) => address)]);
  const state = input.newCc === 'accept' && input.thread.right.right === 'join' ? 'accepted' : 'proposed';
  return othersNamed(input)
    .filter(({ address }) => !known.has(address))
    .map(({ address, name }) => ({ address, name, state }));
}

/** The people in To and Cc besides the sender: never we ourselves, never an agent. */
function othersNamed({ mail, sender, own, facts }: MailEffectInput): MailAddress[] {
  if (mail.defects.some(({ code }) => code === 'over-limit')) return [];
  const others = new Map<string, MailAddress>();
  for (const named of [...mail.to, ...mail.cc]) {
    const { address } = named;
    if (address === sender.address || isOwnAddress(own, address)) continue;
    if (facts.agentAddresses.has(address.toLowerCase())) continue;
    if (!others.has(address)) others.set(address, named);
    if (others.size > COMPANIONS_MAX) return [];
  }
  return [...others.values()];
}
