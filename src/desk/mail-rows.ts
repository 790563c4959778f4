import type { ArticlePlan, MailEffect } from '../core/mail-effect.ts';
import type { Id } from '../core/ticket.ts';
import type { MailDisposition, NewArticle, SettleInboundMail } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import type { NamedSender } from './named-people.ts';
import type { ReadMail, TakeInDependencies } from './read-mail.ts';

/** The mail as an article of a ticket. */
export async function planArticle(
  { ids }: TakeInDependencies,
  { mail, inboundMailId, threadKeys }: ReadMail,
  plan: ArticlePlan,
  author: NamedSender | null,
): Promise<NewArticle> {
  return {
    id: await ids.draw('article'),
    kind: plan.kind,
    visibility: plan.visibility,
    state: plan.state,
    marks: plan.marks,
    authorId: author?.personId ?? null,
    authorAddressId: author?.addressId ?? null,
    inboundMailId,
    messageId: mail.messageId,
    threadIndex: threadKeys.threadIndex,
    subject: mail.subject,
    text: mail.text,
    spans: mail.spans,
    language: mail.language,
    attachments: mail.attachments.map(({ partPath, fileName, contentType, sizeBytes, sha256, contentId, inline }) => ({
      partPath,
      fileName,
      contentType,
      sizeBytes,
      sha256,
      contentId,
      inline,
    })),
  };
}

export function articleAdded(
  { id, kind, state }: NewArticle,
  { evidence }: Pick<MailEffect, 'evidence'>,
  awaitsAnswer = false,
): TicketEvent {
  return { kind: 'article.added', articleId: id, articleKind: kind, state, awaitsAnswer, evidence };
}

/** A change that a mail causes, with nothing in it yet. */
export function changeByMail(read: ReadMail) {
  return {
    cause: { kind: 'mail' as const, key: read.changeKey },
    occurredAt: read.occurredAt,
    configVersion: read.desk.configVersion,
    people: [],
    addresses: [],
    collaborators: [],
    articles: [],
    acceptedArticles: [],
    discardedArticles: [],
    confirmation: null,
    articleMarks: [],
    clocks: [],
    outbox: [],
    returned: [],
    suppressions: [],
    absence: null,
    learnt: null,
  };
}

/** The mail's own row, settled in the same transaction. */
export function settles(
  read: ReadMail,
  { evidence }: Pick<MailEffect, 'evidence'>,
  disposition: MailDisposition,
  articleId: Id | null,
): SettleInboundMail {
  return {
    row: 'inbound_mail',
    id: read.inboundMailId,
    fencingToken: read.fencingToken,
    causeKey: read.causeKey,
    disposition,
    kind: read.verdict.kind,
    articleId,
    evidence,
  };
}
