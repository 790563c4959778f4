import { describe, expect, test } from 'vitest';
import { decideAnswer } from '../../src/core/answer.ts';
import { signingKeys } from '../../src/core/reply-token.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { buildMail } from '../support/mail-builder.ts';

const INTERNAL = {
  boundaryLines: ['Please write above this line'],
  keys: signingKeys('0'.repeat(64), []),
  own: { exact: new Set<string>(), replyPatterns: [] },
  notes: [],
  publicTexts: [],
};

describe('what agents send from their own mail programs may leave as it is', () => {
  test.for([
    ['a closing formula', 'It works.\n\nBest regards,\nAnna\n', 'It works.\n\nBest regards,\nAnna\n'],
    ['a company below it', 'It works.\n\nRegards\nAnna\n\nAcme Ltd\nwww.acme.test\n', 'It works.\n\nRegards\nAnna\n'],
    [
      'a phone, above a quote that Apple marks whole',
      'It works.\n\nSent from my iPhone\n\n> On 23 Nov 2026, at 10:00, Desk <support@desk.test> wrote:\n> \n> Hello\n',
      'It works.\n\n\n',
    ],
    ['a notice of the company', 'It works.\n\nThis e-mail is confidential.\n', 'It works.\n\n'],
  ])('%s', async ([, text = '', sent]) => {
    const mail = await parseMail(buildMail({ text }));
    expect(decideAnswer(mail, [], 1, INTERNAL)).toEqual({ text: sent, doubts: [] });
  });

  test('but not with a quote that may begin elsewhere', async () => {
    const mail = await parseMail(buildMail({ text: 'It works.\n\n> Hello\n> Karen\n' }));
    expect(decideAnswer(mail, [], 1, INTERNAL).doubts).toEqual(['uncertain-cut']);
  });
});
