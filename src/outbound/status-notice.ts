import type { StatusNotice } from '../core/status-notice.ts';
import type { WrittenMail } from './acknowledgement.ts';
import { catalogueFor, type SentenceKey } from './catalogue/catalogue.ts';
import { oneLine } from './header-values.ts';
import { renderMail } from './render.ts';
import { ticketSubject } from './subject.ts';

export interface StatusNoticeInput {
  notice: StatusNotice;
  ticketNumber: string;
  ticketSubject: string;
  deskName: string;
  /** Wanted languages, best first: the ticket's, then the desk's. */
  languages: readonly (string | null)[];
}

const SENTENCES = {
  resolved: { heading: 'resolved.heading', before: 'resolved.what', after: 'resolved.reopen' },
  reopened: { heading: 'reopened.heading', before: 'reopened.what', after: 'reopened.add' },
} as const satisfies Record<StatusNotice, Record<'heading' | 'before' | 'after', SentenceKey>>;

/** Tells a requester that an agent resolved or reopened the ticket, and how to answer that. */
export function statusNotice(input: StatusNoticeInput): WrittenMail {
  const { language, direction, say } = catalogueFor(input.languages);
  const desk = oneLine(input.deskName);
  const subject = ticketSubject(input.ticketSubject, input.ticketNumber);
  const { heading, before, after } = SENTENCES[input.notice];
  const layout = renderMail('letter', {
    language,
    direction,
    title: subject,
    boundary: null,
    heading: say(heading),
    before: [say(before, { number: `#${input.ticketNumber}`, desk })],
    quoteTitle: null,
    lines: [],
    more: null,
    after: [say(after)],
    footer: say('notice.footer', { desk }),
  });
  return { language, subject, ...layout };
}
