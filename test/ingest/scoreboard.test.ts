import { describe, expect, test } from 'vitest';
import { listMeasures } from '../corpus/folders.ts';
import { corpusIsThere } from '../corpus/measure.ts';
import { DOCKET, installedLibraries } from '../corpus/reader.ts';

if (!corpusIsThere) console.warn('shared/corpus is not beside the repository: the scores are not checked.');

/**
 * How many cases of each measure are right: what has been reached is kept. Raise a number with the change that earns it;
 * docs/mail-understanding.md tells of the rest.
 */
const SCORES: Record<string, [right: number, total: number]> = {
  'email_reply_trimmer: reply, exact': [30, 31],
  'crisp_email_reply_parser: reply, exact': [49, 50],
  'crisp_email_reply_parser: reply, checks': [15, 15],
  'edgetier_email_reply_parser: reply, all checks of a file': [59, 64],
  'mail_parser_reply: newest reply, quote or none, all checks of a file': [29, 32],
  'jetbrains_email_parser: start of the quotation': [65, 68],
  'quotequail: visible text': [6, 6],
  'quotequail: unwrapped: sender, subject, text': [19, 20],
  'quotequail: visible text of HTML': [6, 7],
  'quotequail: unwrapped HTML: sender, subject, text': [6, 6],
  'crisp_email_forward_parser: forwarded or not': [203, 206],
  'crisp_email_forward_parser: sender': [192, 196],
  'crisp_email_forward_parser: subject': [192, 196],
  'crisp_email_forward_parser: text': [193, 196],
  'stalwart_mail_parser: bodies, all of a mail': [51, 53],
  'stalwart_mail_parser: attachments, all of a mail and none too many': [51, 53],
  'james_mime4j: bodies, all of a mail': [78, 79],
  'james_mime4j: attachments, all of a mail and none too many': [78, 79],
  'sisimai_bounces: kind': [302, 303],
  'sisimai_bounces: a report for each recipient': [291, 292],
  'sisimai_bounces: permanent or not': [306, 312],
  'sisimai_bounces: reason': [295, 312],
  'flufl_bounce: kind': [113, 113],
  'flufl_bounce: recipients, all of a mail': [110, 113],
  'flufl_bounce: permanent or not': [104, 108],
  'bounceparser_perl: kind': [112, 114],
  'bounceparser_perl: recipients, all of a mail': [35, 36],
  'bounceparser_perl: reason': [88, 90],
  'bounceparser_perl: automatic answers': [5, 6],
  'redmine_mail_handler: not taken for a machine’s': [54, 54],
  'otobo: not taken for a machine’s': [72, 72],
  'spamassassin/nice: not taken for a machine’s': [44, 44],
  'jetbrains_email_parser: not taken for a machine’s': [75, 75],
  'notmuch: not taken for a machine’s': [106, 106],
};

describe.skipIf(!corpusIsThere)('what real mail is read right', { timeout: 60_000 }, async () => {
  const measures = corpusIsThere ? await listMeasures() : [];

  test('every measure has its score', () => {
    expect(measures.map(({ folder, name }) => `${folder}: ${name}`).sort()).toEqual(Object.keys(SCORES).sort());
  });

  test('pooled, its own tests aside, no library that one would pick instead is ahead', async () => {
    for (const library of await installedLibraries()) {
      const asked = measures
        .filter(({ folder }) => folder !== library.ownFolder)
        .flatMap(({ cases }) => cases.filter(({ isRight }) => isRight(library) !== null));
      const [ours = 0, theirs = 0] = [DOCKET, library].map((one) => asked.filter(({ isRight }) => isRight(one)).length);
      expect({ library: library.name, ours }).toEqual({ library: library.name, ours: Math.max(ours, theirs) });
    }
  });

  test.for(Object.entries(SCORES))('%s', ([name, [right, total]]) => {
    const cases = measures.find((measure) => `${measure.folder}: ${measure.name}` === name)?.cases ?? [];
    expect(cases).toHaveLength(total);
    const wrong = cases.filter(({ isRight }) => isRight(DOCKET) !== true).map((each) => each.name);
    expect(wrong.length, `wrong: ${wrong.join(', ')}`).toBeLessThanOrEqual(total - right);
  });
});
