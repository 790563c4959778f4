/**
 * Every sentence we write in mail, in English: the keys the other languages must have. ICU message syntax.
 * A sentence names its mail first, then its place there.
 */
export const en = {
  'acknowledgement.subject': 'We have received your message',
  'acknowledgement.heading': 'We have received your message',
  'acknowledgement.number': 'Your ticket number is {number}.',
  'acknowledgement.wrote': 'You wrote:',
  'acknowledgement.moreLines': '… and {count, plural, one {# more line} other {# more lines}}',
  'acknowledgement.next': 'What happens next: someone at {desk} reads your message and answers you by email.',
  'acknowledgement.add': 'To add something, just reply to this email.',
  'acknowledgement.notYou': 'You did not write to us? Then somebody else gave your address. You can ignore this email.',
  'mail.automatic':
    '{desk} sent this email automatically because a message arrived that names your address as its sender.',
} as const;
