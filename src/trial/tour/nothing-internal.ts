import type { ReceivedMail } from './mail-program.ts';
import { JANE, JOHN, KAREN } from './people.ts';
import type { Stage } from './stage.ts';

/** Whether anything that is the desk's alone ever got into Karen's mailbox: every mail in it is looked at whole. */
export async function playNothingInternal(stage: Stage): Promise<void> {
  stage.heading('Nothing internal is in Karen’s mailbox');
  const [karens, johns, janes] = await Promise.all([KAREN, JOHN, JANE].map((person) => stage.mailbox(person)));
  const mails = karens ?? [];
  const agents = [...(johns ?? []), ...(janes ?? [])];
  const has = (pattern: RegExp) => mails.some((mail) => pattern.test(wholeOf(mail)));
  const tokens = new Set(
    agents.flatMap((mail) => wholeOf(mail).match(TOKEN) ?? []).map((token) => token.toLowerCase()),
  );
  stage.say(`  ${mails.length} mails of hers, ${agents.length} of the agents’ with ${tokens.size} tokens\n`);
  stage.check('she got four mails: two acknowledgements and two answers', mails.length === 4);
  stage.check('the agents’ tokens were found', tokens.size >= 6);
  stage.check(
    'none of them is in a mail of hers',
    mails.every((mail) => (wholeOf(mail).match(TOKEN) ?? []).every((token) => !tokens.has(token.toLowerCase()))),
  );
  stage.check('no line that agents answer above', !has(/reply above this line/i));
  stage.check('no command', !has(/^\W*\/(?:take|dept|priority|sla|resolve|note|send|undo)\b/m));
  stage.check('no word of the note', !has(/between us|five digits|roll back|4711/i));
  stage.check('no address of an agent', !has(/(?:john|jane)@desk\.test/i));
}

const TOKEN = /(?<![a-z2-7])[a-z2-7]{45}(?=@desk\.test)/gi;

/** Header, text and HTML decoded, and the raw bytes besides. */
function wholeOf({ raw, headerLines, text, html }: ReceivedMail): string {
  const decoded = [...headerLines.map(({ line }) => line), text ?? '', html || ''].join('\n');
  return `${decoded}\n${decodeURIComponent(decoded.replaceAll(/%(?![0-9A-F]{2})/gi, '%25'))}\n${String(raw)}`;
}
