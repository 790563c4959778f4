/** Lines of one or more header fields, as they go over the wire; null for a line that this mail does not have. */
export function headerText(...lines: (string | null)[]): string {
  return lines.map((line) => (line === null ? '' : `${line}\r\n`)).join('');
}

/** `Mon, 23 Nov 2026 15:00:00 +0000` */
export function headerDate(at: Date): string {
  return at.toUTCString().replace('GMT', '+0000');
}

/** The recipient that a server names in Received: a single one, since it would betray the others. */
export function soleRecipient(recipients: readonly string[]): string | null {
  const [only, ...others] = recipients;
  return only === undefined || others.length > 0 ? null : only;
}

/** Whether the value of an Authentication-Results field speaks in the name of `authservId`, or pretends to. */
export function namesSpeaker(value: string, authservId: string): boolean {
  return value.toLowerCase().includes(authservId);
}
