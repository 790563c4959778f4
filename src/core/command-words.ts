/**
 * The words of design.md §10, and `/away` and `/back`. All of them are known, those included that nobody has built yet: a line that starts with one was
 * meant for us and is never relayed to a requester.
 */
export const COMMAND_WORDS = [
  'take',
  'assign',
  'dept',
  'priority',
  'status',
  'pending',
  'hold',
  'resolve',
  'close',
  'reopen',
  'tag',
  'cc',
  'away',
  'back',
  'confirm',
  'note',
  'undo',
  'preview',
  'why',
  'help',
  'send',
  'team',
  'sla',
  'merge',
  'split',
  'link',
  'requester',
  'field',
  'canned',
] as const;
export type CommandWord = (typeof COMMAND_WORDS)[number];

const KNOWN: ReadonlySet<string> = new Set(COMMAND_WORDS);

/**
 * The command a line starts with, in any case, whatever invisible signs a mail program put before it; null for any other line:
 * `/etc/hosts` and `/status/page` are paths.
 */
export function commandWordOf(line: string): CommandWord | null {
  const word = /^[\s\p{Cf}]*[/\uff0f]([a-z]{2,12})(?![\w/.-])/iu.exec(line)?.[1]?.toLowerCase();
  return word !== undefined && isCommandWord(word) ? word : null;
}

/** Whether this is a command's name, in lower case and without its slash. */
export function isCommandWord(word: string): word is CommandWord {
  return KNOWN.has(word);
}
