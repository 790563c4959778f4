import { findLeaks } from '../core/leak-guard.ts';
import type { AgentEffect } from '../core/mail-effect.ts';
import { findHeldReply, findTicketOutline, listEarlierArticles } from '../store/tickets.ts';
import { agentChange, effectOfReply, internalWords } from './agent-mail.ts';
import { readArticleFiles } from './article-files.ts';
import { type CommandMail, onlyReceipt } from './command-mail.ts';
import type { ComposedEffect } from './mail-change.ts';
import type { ReadMail, TakeInDependencies } from './read-mail.ts';
import { composeReceipt } from './receipt-mail.ts';
import { composeReply, replyRecipients } from './reply-mail.ts';

/** Sends the answer that was held; it goes as it was held, whatever this mail says below its command. */
export async function releaseHeld(mail: CommandMail, seq: number | null): Promise<ComposedEffect> {
  const released = await composeRelease(mail.deps, mail.read, mail.effect, seq);
  if (released === null) return onlyReceipt(mail, { kind: 'nothing-held' });
  if (released.outcome !== 'change') return released;
  const { change } = released;
  const receipt = await composeReceipt(mail, { kind: 'released' });
  return {
    ...released,
    change: { ...change, events: [...change.events, receipt.event], outbox: [...change.outbox, receipt.row] },
  };
}

/**
 * Lets a held reply of this agent on this ticket go, as it was shown (`/send`): the one held by the change that begins with event
 * `seq`, or else the newest that no other reply of theirs has replaced. Null where there is none, or where it may never go as it is:
 * a token of ours never leaves, whoever asks for it.
 */
async function composeRelease(
  deps: TakeInDependencies,
  read: ReadMail,
  effect: AgentEffect,
  seq: number | null,
): Promise<ComposedEffect | null> {
  const held = await findHeldReply(deps.db, effect.ticket.id, effect.personId, seq);
  if (held === null) return null;
  const [outline, earlier, attachments] = await Promise.all([
    findTicketOutline(deps.db, effect.ticket.id),
    listEarlierArticles(deps.db, effect.ticket.id),
    readArticleFiles(deps, held.rawSha256, held.attachments),
  ]);
  if (outline === null) return { outcome: 'again' };
  const leaving = [held.text, ...attachments.map(({ content }) => String(content))];
  const internal = internalWords(deps.keys, read, earlier);
  const isTokenInside = leaving.some((text) =>
    findLeaks({ text, cuts: [] }, internal).some(({ kind }) => kind === 'token'),
  );
  const recipients = replyRecipients(outline, read.own);
  const isForNobody = recipients.requester === null && recipients.collaborators.length === 0;
  if (isTokenInside || isForNobody || (held.text.trim() === '' && attachments.length === 0)) return null;

  const replied = await effectOfReply(deps, read, effect, outline);
  const mails = await composeReply(deps, read.desk, {
    ticket: effect.ticket,
    outline,
    earlier,
    articleId: held.id,
    text: held.text,
    status: replied.set.status ?? effect.ticket.status,
    attachments,
    recipients,
    reached: new Set(),
  });
  return agentChange(read, effect, held, replied.set, {
    acceptedArticles: [held.id],
    articleMarks: replied.articleMarks,
    outbox: mails.outbox,
    events: [
      { kind: 'article.accepted', articleId: held.id, articleKind: 'reply', awaitsAnswer: false },
      ...replied.events,
      ...mails.events,
    ],
  });
}
