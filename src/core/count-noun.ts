/** `1 mailbox`, `2 mailboxes`, `0 agents`: for what is said to operators, in English. */
export function countNoun(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}
