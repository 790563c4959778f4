import { expect, test } from 'vitest';
import { countNoun } from '../../src/core/count-noun.ts';

test.each([
  [0, 'agent', undefined, '0 agents'],
  [1, 'agent', undefined, '1 agent'],
  [2, 'mailbox', 'mailboxes', '2 mailboxes'],
])('%i %s', (count, singular, plural, said) => {
  expect(countNoun(count, singular, plural)).toBe(said);
});
