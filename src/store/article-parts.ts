import type { TicketChange } from '../core/ticket-change.ts';
import { changeRowsPart, rowsPart, type StatementPart } from './statement-part.ts';

export function articleParts(change: TicketChange): StatementPart[] {
  const articles = change.articles.map((article) => ({
    id: article.id,
    ticket_id: change.ticket.id,
    kind: article.kind,
    visibility: article.visibility,
    state: article.state,
    marks: article.marks,
    author_id: article.authorId,
    author_address_id: article.authorAddressId,
    inbound_mail_id: article.inboundMailId,
    message_id: article.messageId,
    thread_index: article.threadIndex === null ? null : `\\x${article.threadIndex}`,
    subject: article.subject,
    text: article.text,
    spans: article.spans,
    language: article.language,
    occurred_at: change.occurredAt,
  }));
  const attachments = change.articles.flatMap((article) =>
    article.attachments.map((attachment) => ({
      article_id: article.id,
      part_path: attachment.partPath,
      file_name: attachment.fileName,
      content_type: attachment.contentType,
      size_bytes: attachment.sizeBytes,
      sha256: `\\x${attachment.sha256}`,
      content_id: attachment.contentId,
      inline: attachment.inline,
    })),
  );
  return [
    ...heldParts(change),
    ...markedParts(change),
    ...changeRowsPart(
      'articles',
      'article',
      `id bigint, ticket_id bigint, kind text, visibility text, state text, marks text[], author_id bigint,
       author_address_id bigint, inbound_mail_id bigint, message_id text, thread_index bytea, subject text, text text, spans jsonb,
       language text, occurred_at timestamptz`,
      articles,
    ),
    ...rowsPart(
      'attachments',
      'attachment',
      `article_id bigint, part_path text, file_name text, content_type text, size_bytes bigint, sha256 bytea,
       content_id text, inline boolean`,
      attachments,
    ),
  ];
}

/** What becomes of articles that were held. One that something else stands for may lie on a ticket merged into this one. */
function heldParts({ ticket, acceptedArticles, discardedArticles }: TicketChange): StatementPart[] {
  const parts: StatementPart[] = [];
  if (acceptedArticles.length > 0) {
    parts.push({
      name: 'articles_accepted',
      sql: `update article set state = 'accepted' where ticket_id = ? and id = any(?::bigint[]) and state = 'held'`,
      bindings: [ticket.id, acceptedArticles],
    });
  }
  if (discardedArticles.length > 0) {
    parts.push({
      name: 'articles_discarded',
      sql: `update article set state = 'discarded' where id = any(?::bigint[]) and state = 'held'`,
      bindings: [discardedArticles],
    });
  }
  return parts;
}

function markedParts({ ticket, articleMarks }: TicketChange): StatementPart[] {
  if (articleMarks.length === 0) return [];
  return [
    {
      name: 'articles_marked',
      sql: `update article set marks = array(
          select mark from unnest(marks || given.add) with ordinality as each (mark, place)
          where mark <> all(given.remove) group by mark order by min(place))
        from jsonb_to_recordset(?::jsonb) as given("articleId" bigint, add text[], remove text[])
        where article.id = given."articleId" and article.ticket_id = ?`,
      bindings: [JSON.stringify(articleMarks), ticket.id],
    },
  ];
}
