import { describe, expect, test } from 'vitest';
import type { InboundMail } from '../../src/core/inbound-mail.ts';
import { isPlainThanks } from '../../src/core/thanks.ts';
import { inboundMail, mailAddress } from '../support/inbound-mail.ts';

const NAMES = ['John Smith', 'Jane Doe', 'Desk Support', 'Mary-Ann Weiß'];

/** `text` as a mail whose spans are all new words, unless others are given. */
function says(text: string, more: Partial<InboundMail> = {}): boolean {
  const mail = inboundMail({
    from: { ...mailAddress('karen@customer.test'), name: 'Karen Miller' },
    text,
    spans: [{ kind: 'reply', from: 0, to: text.length }],
    ...more,
  });
  return isPlainThanks(mail, NAMES);
}

describe('a thank-you and nothing else', () => {
  test.each([
    'Thanks!',
    'THANK YOU',
    'Thanks a lot, John!\n\nKaren',
    'Thanks a lot, great service!',
    'Thank you for the fast help!',
    'Hi Jane,\n\nperfect, thank you very much for your quick help! 🙏\n\nBest regards\nKaren Miller\n',
    'Great — many thanks :-)',
    'Dear Desk Support team,\nmuch appreciated.\nKaren',
    'Thank you both, and have a nice weekend!',
    'Danke!',
    'Hallo Frau Doe,\n\nvielen Dank für die schnelle Hilfe!\n\nMit freundlichen Grüßen\nKaren Miller',
    'Super, herzlichen Dank! Schönes Wochenende!\nKaren',
    'Guten Tag Mary-Ann,\nich danke Ihnen.\nLG Karen',
    'Merci beaucoup pour votre réactivité. Bonne journée,\nKaren',
    '¡Muchas gracias por su ayuda! Un saludo,'.replace('¡', ''),
    'Grazie mille, buona giornata',
    'Muito obrigada pela ajuda!',
    'Hartelijk dank voor de snelle reactie. Met vriendelijke groet, Karen',
    'Tack så mycket för hjälpen!\n\nMvh Karen',
    'Mange tak for hjælpen',
    'Tusen takk!',
    'Kiitos avusta!',
    'Bardzo dziękuję za pomoc. Pozdrawiam, Karen',
    'Děkuji, hezký den',
    'Köszönöm szépen a segítséget!',
    'Mulțumesc mult!',
    'Teşekkür ederim, iyi çalışmalar',
    'Большое спасибо за помощь!',
    'Щиро дякую!',
    'Ευχαριστώ πολύ!',
    'ご対応ありがとうございました。',
    '谢谢！',
    '감사합니다!',
    'شكرا جزيلا',
    'תודה רבה!',
    'Danke!\n\nBest regards, Karen',
  ])('%j', (text) => {
    expect(says(text)).toBe(true);
  });

  test('also above a quote and a signature, and written in HTML', () => {
    const text = 'Thanks!\n\n-- \nKaren Miller, Accounts\n> It works now?\n';
    const spans = [
      { kind: 'reply' as const, from: 0, to: 9 },
      { kind: 'signature' as const, from: 9, to: 36 },
      { kind: 'quoted' as const, from: 36, to: text.length },
    ];
    expect(says(text, { spans, defects: [{ code: 'text-from-html', detail: '' }] })).toBe(true);
  });
});

describe('anything more is a mail to answer', () => {
  test.each([
    '',
    'Karen',
    'Perfect!',
    'Hello John, best regards, Karen',
    'Thanks in advance',
    'Vielen Dank im Voraus',
    'Merci d’avance',
    'No thanks',
    'No, thank you',
    'Thanks, but it still does not work.',
    'Thanks. It works now.',
    'Thanks?',
    'Thanks for nothing',
    'Danke für nichts',
    'Nein danke',
    'Thanks :-(',
    'Thanks 😡',
    'Thank you, please call me',
    'Thanks, 2 more questions',
    'Thanks! https://desk.test',
    'Thanks, Peter has the same trouble',
    'Danke, aber die Karte fehlt noch',
    'Tak',
    'Thanks\n\nP.S. my phone number has changed',
    `${'Thank you. '.repeat(30)}`,
  ])('%j', (text) => {
    expect(says(text)).toBe(false);
  });

  test('a file, a picture, an invitation, a forwarded mail, or what could not be read whole', () => {
    const attachment = { partPath: '2', fileName: 'a.png', contentType: 'image/png', sizeBytes: 9, sha256: 'aa' };
    const invite = { method: 'REQUEST', summary: '', start: null, end: null, organizer: null };
    const more: Partial<InboundMail>[] = [
      { attachments: [{ ...attachment, contentId: null, inline: false }] },
      { attachments: [{ ...attachment, contentId: 'a', inline: true }] },
      { calendar: [invite] },
      { forwarded: { from: null, date: null, subject: '', text: '', spans: [], startsAt: null } },
      { protection: 'encrypted' },
      { defects: [{ code: 'over-limit', detail: '' }] },
    ];
    for (const one of more) expect(says('Thanks!', one), JSON.stringify(one)).toBe(false);
  });

  test('a question in what was taken for a signature', () => {
    const text = 'Thanks!\nKaren, and when does the new card come?';
    expect(
      says(text, {
        spans: [
          { kind: 'reply', from: 0, to: 8 },
          { kind: 'signature', from: 8, to: text.length },
        ],
      }),
    ).toBe(false);
  });
});
