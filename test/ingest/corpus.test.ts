import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { fuzz } from '../corpus/fuzz.ts';
import { corpusIsThere } from '../corpus/measure.ts';
import { corpusFolders, filesIn, readSoundly, withOtherLineEnds } from '../corpus/soundness.ts';

/** Some 2,100 real mails and bodies beside the repository, used in place; what is in there is hostile input. */
if (!corpusIsThere) console.warn('shared/corpus is not beside the repository: the corpus tests are skipped.');

/** Folders of people's mail alone. The scoreboard asks the same of those that hold other mail too. */
const PERSONS = [
  'redmine_mail_handler',
  'jetbrains_email_parser',
  'proton_bridge',
  'quotequail',
  'rails_action_mailbox',
];

describe.skipIf(!corpusIsThere)('real mail', () => {
  let spentMs = 0;

  test.for(corpusFolders())(
    '%s is read without an exception, in time, into sound text, with LF and CRLF',
    { timeout: 60_000 },
    async (folder) => {
      for (const file of filesIn(folder)) {
        const raw = readFileSync(file);
        for (const mail of [raw, withOtherLineEnds(raw)]) {
          const reading = await readSoundly(mail);
          spentMs += reading.spentMs;
          expect(reading.flaws, file).toEqual([]);
          if (PERSONS.includes(folder)) expect(reading.kind, file).toBe('person');
        }
      }
    },
  );

  test('mutated in a hundred ways it is read as soundly', { timeout: 60_000 }, async () => {
    expect(await fuzz({ count: 150, seed: 4 })).toEqual([]);
  });

  afterAll(() => {
    expect(spentMs, 'all of it, of the processor’s time').toBeLessThan(180_000);
  });
});
