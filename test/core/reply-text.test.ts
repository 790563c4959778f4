import { expect, test } from 'vitest';
import { replyText } from '../../src/core/reply-text.ts';
import { trimReply } from '../../src/ingest/trim/trim.ts';

test('a closing formula stays with the reply, what stands below it and the quote do not', () => {
  const text = 'Done.\n\nKind regards,\nJohn\n\n-- \nThe Desk\n\nOn 2 Nov 2026, Karen <karen@x.test> wrote:\n> Help!\n';
  const { spans, cuts } = trimReply(text, 'Re: it');
  expect(replyText({ text, spans, cuts })).toBe('Done.\n\nKind regards,\nJohn\n\n');
  expect(replyText({ text, spans })).toBe('Done.\n\n');
});
