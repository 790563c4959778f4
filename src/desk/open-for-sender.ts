import type { PassedOn } from '../core/claimed-sender.ts';
import { commandWordOf } from '../core/command-words.ts';
import type { OpenEffect } from '../core/mail-effect.ts';
import { may } from '../core/permission.ts';
import { replyText } from '../core/reply-text.ts';
import type { NewArticle, OpenTicket } from '../core/ticket-change.ts';
import { type OpenedTicket, openedFor, openedForYou } from '../outbound/opened-for.ts';
import { composeAgentLetter } from './agent-letter.ts';
import type { ComposedEffect } from './mail-change.ts';
import { articleAdded } from './mail-rows.ts';
import type { OutgoingMails } from './notification-mail.ts';
import type { ReadMail, TakeInDependencies, TakeInFacts } from './read-mail.ts';

/**
 * The mail that an agent passes on, as if its sender had written it to us: its own words, in the raw mail that the agent sent, with
 * what is attached there. Nothing vouches for it. No Message-ID: the agent's is not the requester's, and theirs is not known.
 */
export function originalOf(read: ReadMail, { original }: PassedOn): ReadMail {
  if (original === null) return read;
  const { from, subject, text, spans } = original;
  return {
    ...read,
    mail: { ...read.mail, from, subject, text, spans, cuts: [], html: null, messageId: null, language: null },
    sender: { ...from, authenticated: false, silent: true, method: null, consistent: false, reasons: [] },
  };
}

/**
 * What an agent's forward adds to the ticket it opens: the agent as its cause, the agent's own words as a note, and a receipt that
 * says what was opened for whom and how to confirm it.
 */
export async function withForwarder(
  deps: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  effect: OpenEffect & { passedOn: PassedOn },
  opened: ComposedEffect,
): Promise<ComposedEffect> {
  if (opened.outcome !== 'change' || opened.change.ticket.action !== 'open') return opened;
  const { change } = opened;
  const { passedOn } = effect;
  const notes = await noteOf(deps, read, facts, passedOn);
  const receipt = await tellForwarder(deps, read, passedOn, opened.change.ticket);
  return {
    ...opened,
    change: {
      ...change,
      actor: { kind: 'agent', personId: passedOn.agentId },
      articles: [...change.articles, ...notes],
      events: [...change.events, ...notes.map((note) => articleAdded(note, { evidence: [] })), ...receipt.events],
      outbox: [...change.outbox, ...receipt.outbox],
    },
  };
}

async function noteOf(
  { ids }: TakeInDependencies,
  { mail, inboundMailId }: ReadMail,
  { thread }: TakeInFacts,
  { agentId, cover }: PassedOn,
): Promise<NewArticle[]> {
  if (cover === null) return [];
  return [
    {
      id: await ids.draw('article'),
      kind: 'note',
      visibility: 'internal',
      state: 'accepted',
      marks: [],
      authorId: agentId,
      authorAddressId: thread.sender?.addressId ?? null,
      inboundMailId,
      messageId: mail.messageId,
      threadIndex: null,
      subject: mail.subject,
      ...cover,
      language: mail.language,
      attachments: [],
    },
  ];
}

async function tellForwarder(
  deps: TakeInDependencies,
  { desk, mail }: ReadMail,
  { agentId, original, cover }: PassedOn,
  ticket: OpenTicket,
): Promise<OutgoingMails> {
  const agent = desk.agents.find(({ personId }) => personId === agentId);
  if (agent === undefined) return { outbox: [], events: [] };
  const { id, number, subject, departmentId, mailboxId } = ticket;
  const actor = { kind: 'agent' as const, disabled: false, ...agent };
  const mayAnswer = may(actor, 'reply', { ...ticket, collaboratorIds: [] });
  return composeAgentLetter(deps, desk, {
    ticket: { id, number, departmentId, mailboxId },
    agent,
    purpose: 'receipt',
    reason: 'passed-on',
    inReplyTo: mail.messageId,
    // Where the agent may not answer, nothing written back to this mail leaves.
    replyPurpose: mayAnswer || original === null ? 'reply' : 'note',
    replyToName: original === null || !mayAnswer ? `#${number}` : `${nameOf(original.from)} [#${number}]`,
    write: (languages, deskName, departmentName, { act: actAddress }) => {
      const opened: OpenedTicket = { ticket: { number, subject, departmentName }, deskName, languages };
      return original === null
        ? openedForYou(opened)
        : openedFor({
            ...opened,
            sender: original.from,
            text: replyText(original),
            isNoted: cover !== null,
            hasCommands: beginsWithCommand(cover),
            mayAnswer,
            actAddress,
          });
    },
  });
}

function nameOf({ name, address }: { name: string; address: string }): string {
  return name || address;
}

function beginsWithCommand(cover: PassedOn['cover']): boolean {
  return cover !== null && commandWordOf(cover.text.trimStart()) !== null;
}
