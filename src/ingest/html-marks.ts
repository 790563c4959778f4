import type { FormatCallback, SelectorDefinition } from 'html-to-text';
import type { TextMark } from './trim/lines.ts';

/**
 * Where the markup of a mail says that earlier mail or a signature begins. The layouter writes each such place as a line of
 * its own, in characters that are for no text (Unicode's noncharacters); `takeMarks` takes those lines out again.
 */
const QUOTE_OPEN = '\ufdd0';
const QUOTE_CLOSE = '\ufdd1';
const SIGNATURE_OPEN = '\ufdd2';
const SIGNATURE_CLOSE = '\ufdd3';
const MARKS = /[\ufdd0-\ufdd3]/g;
const MARK = /\ufdd0([a-z-]{1,40})\ufdd1|[\ufdd2\ufdd3]/g;

/** Elements in which programs put the mail they quote or pass on, or which they put above it, by the rule's name. */
const QUOTE_ELEMENTS: Record<string, string[]> = {
  gmail: ['div.gmail_quote', 'div.gmail_quote_container'],
  'outlook-web': ['div#divRplyFwdMsg', 'div#appendonsend', 'hr#stopSpelling', 'div#x_divRplyFwdMsg'],
  'outlook-mobile': ['div.ms-outlook-mobile-reference-message', 'div#mail-editor-reference-message-container'],
  'outlook-border': [
    'div[style*="border-top:solid"]',
    'div[style*="border-top: solid"]',
    'div[style*="border-top: 1pt solid"]',
    'div.OutlookMessageHeader',
  ],
  thunderbird: ['div.moz-cite-prefix', 'div.moz-forward-container'],
  yahoo: ['div[class*="yahoo_quoted"]', 'div#yahoo_quoted'],
  proton: ['div.protonmail_quote'],
  tutanota: ['blockquote.tutanota_quote'],
  zoho: ['div.zmail_extra', 'div.zmail_extra_hr'],
  spark: ['div[name="messageReplySection"]'],
  roundcube: ['p#reply-intro', 'div#reply-intro'],
  zimbra: ['div.zm-quote', 'hr#zwchr', 'hr[data-marker="__DIVIDER__"]', 'div[data-marker="__QUOTED_TEXT__"]'],
  front: ['div.front-blockquote'],
  gmx: ['div[name="quote"]'],
};

const SIGNATURE_ELEMENTS = [
  'div.gmail_signature',
  'div#Signature',
  'div#ms-outlook-mobile-signature',
  'div.moz-signature',
  'pre.moz-signature',
  'div#AppleMailSignature',
  'div.protonmail_signature_block-user',
  'div[id*="ymail_android_signature"]',
  'div#composer_signature',
  'div.protonmail_signature_block-proton',
  'div[name="messageSignatureSection"]',
];

export const MARKING_SELECTORS: SelectorDefinition[] = [
  ...Object.entries(QUOTE_ELEMENTS).flatMap(([rule, selectors]) =>
    selectors.map((selector) => ({ selector, format: 'quoteBegins', options: { rule } })),
  ),
  ...SIGNATURE_ELEMENTS.map((selector) => ({ selector, format: 'signature' })),
];

export const MARKING_FORMATTERS: Record<string, FormatCallback> = {
  quoteBegins: (element, walk, builder, { rule }) => {
    writeLine(builder, `${QUOTE_OPEN}${String(rule)}${QUOTE_CLOSE}`);
    builder.openBlock({ leadingLineBreaks: 1 });
    walk(element.children, builder);
    builder.closeBlock({ trailingLineBreaks: 1 });
  },
  signature: (element, walk, builder) => {
    writeLine(builder, SIGNATURE_OPEN);
    builder.openBlock({ leadingLineBreaks: 1, isPre: element.name === 'pre' });
    walk(element.children, builder);
    builder.closeBlock({ trailingLineBreaks: 1 });
    writeLine(builder, SIGNATURE_CLOSE);
  },
};

function writeLine(builder: Parameters<FormatCallback>[2], line: string): void {
  builder.openBlock({ leadingLineBreaks: 1 });
  builder.addInline(line);
  builder.closeBlock({ trailingLineBreaks: 1 });
}

/** What a sender wrote in these characters would be read as ours. */
export function withoutMarks(text: string): string {
  return text.replace(MARKS, '');
}

/** The text without the lines of marks, and where they stood in it. Marks inside quoted lines say nothing new. */
export function takeMarks(marked: string): { text: string; marks: TextMark[] } {
  if (marked.search(MARKS) === -1) return { text: marked, marks: [] };
  const marks: TextMark[] = [];
  const lines: string[] = [];
  let at = 0;
  for (const line of marked.split('\n')) {
    const words = line.replace(MARK, '');
    const isMarkLine = words.length < line.length;
    if (isMarkLine && !words.startsWith('>')) marks.push(...[...line.matchAll(MARK)].map((found) => markOf(found, at)));
    if (isMarkLine && /^[>\s]*$/.test(words)) continue;
    lines.push(words);
    at += words.length + 1;
  }
  return { text: lines.join('\n'), marks };
}

function markOf([sign, rule]: RegExpExecArray, at: number): TextMark {
  if (rule !== undefined) return { kind: 'quote', rule: `markup-${rule}`, at };
  return { kind: sign === SIGNATURE_OPEN ? 'signature' : 'signature-end', rule: 'markup-signature', at };
}
