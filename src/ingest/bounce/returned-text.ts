/** A returned mail's text: what the mail system says, and the mail it sends back underneath. */
export interface ReturnedText {
  report: string;
  /** From the first header field of the returned mail on; '' when it is not in the text. */
  returned: string;
}

/**
 * Parts the words of a report from the mail that is quoted below them: whatever that mail says about addresses and failures
 * is its sender's, and no finding. Linear; looks at each line once.
 */
export function splitReturnedText(text: string): ReturnedText {
  let lineStart = 0;
  while (lineStart < text.length) {
    const found = text.indexOf('\n', lineStart);
    const lineEnd = found === -1 ? text.length : found;
    const line = text.slice(lineStart, Math.min(lineEnd, lineStart + LINE_CHARACTERS_MAX));
    if (lineStart > 0 && FIRST_FIELD.test(line)) return cut(text, lineStart, lineStart);
    if (isSeparator(line)) return cut(text, lineStart, lineEnd);
    lineStart = lineEnd + 1;
  }
  return { report: text, returned: '' };
}

const LINE_CHARACTERS_MAX = 300;

function cut(text: string, reportEnd: number, returnedStart: number): ReturnedText {
  return {
    report: text.slice(0, reportEnd),
    returned: text.slice(returnedStart).replace(/^[\s-]+(?=\S)/, ''),
  };
}

/** With these a returned header begins, where nothing announces it. */
const FIRST_FIELD = /^(?:Received: ?from |Return-Path: ?<|Received: ?(?:by|\(qmail) )/i;

function isSeparator(line: string): boolean {
  return RETURNED_SEPARATORS.some(({ pattern }) => pattern.test(line));
}

/** Lines after which the returned mail follows, by the program that writes them. Each has its sample. */
export const RETURNED_SEPARATORS: { name: string; pattern: RegExp; sample: string }[] = [
  {
    name: 'qmail',
    pattern: /^-{2,}\s*(?:Below|Enclosed|Attachment|Undelivered message)\b/i,
    sample: '--- Below this line is a copy of the message.',
  },
  {
    name: 'exim',
    pattern: /^-{2,} This is a copy of (?:the|your) /i,
    sample: '------ This is a copy of the message, including all the headers. ------',
  },
  {
    name: 'header-follows',
    pattern:
      /^\W{0,10}(?:the |message )?headers? (?:of the original message |and top \d+ lines of the message )?(?:is )?follow(?:s|ing)?\b/i,
    sample: '--- The header of the original message is following. ---',
  },
  {
    name: 'original-message',
    pattern:
      /^[\s|*=_-]*(?:the )?(?:first \d+ lines of (?:your|the) )?original (?:message|mail)(?: info| as received| attached)?(?: is)?(?: as)?(?: follows?| below this line)?\W*$/i,
    sample: '----- Original message -----',
  },
  {
    name: 'copy-below',
    pattern:
      /^\W*(?:here is a|included is a|a|the following is a) (?:copy|summary) of (?:the|your) (?:original |undelivered |first part of the )?message/i,
    sample: 'Included is a copy of the message header:',
  },
  {
    name: 'sendmail',
    pattern:
      /^\s*-{3,} ?(?:unsent message|message header|returned (?:mail|message)|undelivered message|message text|forwarded message)\b/i,
    sample: '   ----- Unsent message follows -----',
  },
  {
    name: 'returned-mail',
    pattern:
      /^[\s|-]*(?:start of )?(?:returned (?:mail|message)|message text|unsent message|message follows)(?: follows| below)?:?[\s|-]*$/i,
    sample: '--------RETURNED MAIL FOLLOWS--------',
  },
  {
    name: 'first-lines',
    pattern: /^The first \d+ lines of your /i,
    sample: 'The first 50 lines of your original message follow:',
  },
  { name: 'reads-in-part', pattern: /^Your message reads\b/i, sample: 'Your message reads (in part):' },
];
