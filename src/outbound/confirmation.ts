import type { ConfirmationAnswer } from '../core/confirmation.ts';
import type { AgentPurpose } from '../core/identity.ts';
import type { WrittenMail } from './acknowledgement.ts';
import { type LetterInput, letter } from './agent-letter.ts';
import { catalogueFor } from './catalogue/catalogue.ts';
import { firstLines } from './first-lines.ts';
import { oneLine } from './header-values.ts';
import { mailtoLink } from './notification.ts';

export interface MailToConfirmInput extends LetterInput {
  /** What the mail would be. */
  purpose: AgentPurpose;
  /** Whom it would go to, if it is an answer. */
  requesterName: string;
  /** Its new words, commands included. */
  text: string;
  attachments: readonly { fileName: string }[];
  /** An answer to this address confirms. */
  replyAddress: string;
}

/** Asks an agent whether a mail in his name is his, and shows what it is (design.md §6). */
export function mailToConfirm(input: MailToConfirmInput): WrittenMail {
  const catalogue = catalogueFor(input.languages);
  const { say } = catalogue;
  const number = `#${input.ticket.number}`;
  const { lines, moreCount } = firstLines(input.text, { linesMax: 400, charactersMax: 16_000 });
  const files = input.attachments.map(({ fileName }) => oneLine(fileName)).join(', ');
  const name = oneLine(input.requesterName) || say('notification.unknownName');
  const action = (label: string, body: string) => ({
    label,
    link: mailtoLink(input.replyAddress, { subject: `${body} ${number}`, body }),
  });
  return letter(catalogue, input, {
    boundary: say('notification.boundary'),
    heading: say('confirm.heading'),
    before: [say('confirm.what', { number }), say('confirm.reply')],
    quoteTitle: lines.length === 0 ? null : say(`confirm.would.${input.purpose}`, { name }),
    lines,
    more: moreCount === 0 ? null : say('notification.moreLines', { count: moreCount }),
    after: [...(files === '' ? [] : [say('notification.attached', { files })]), say('confirm.notYou')],
    actions: [action(say('confirm.yes'), say('confirm.yesBody')), action(say('confirm.no'), say('confirm.noBody'))],
  });
}

/** Says what an answer to that question came to, where nothing else shows it. */
export function answeredConfirmation(
  input: LetterInput & { answer: Extract<ConfirmationAnswer, 'denied' | 'late' | 'settled'> },
): WrittenMail {
  const catalogue = catalogueFor(input.languages);
  const { say } = catalogue;
  return letter(catalogue, input, {
    boundary: null,
    heading: say(`confirm.${input.answer}.heading`),
    before: [say(`confirm.${input.answer}.what`, { number: `#${input.ticket.number}` })],
    quoteTitle: null,
    lines: [],
    more: null,
    after: [],
    actions: null,
  });
}
