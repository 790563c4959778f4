import { expect, test } from 'vitest';
import { editDistance, nearestWord } from '../../src/core/nearest-word.ts';

test.each([
  ['', '', 0],
  ['a', '', 1],
  ['kitten', 'sitting', 3],
  ['suport', 'support', 1],
  ['nmae', 'name', 1],
  ['DATABASE_URI', 'DATABASE_URL', 1],
])('from %j to %j in %i slips', (a, b, slips) => {
  expect(editDistance(a, b)).toBe(slips);
  expect(editDistance(b, a)).toBe(slips);
});

test.each([
  ['suport', ['sales', 'support'], 'support'],
  ['TICKETS', ['tickets'], 'tickets'],
  ['xyz', ['sales', 'support'], null],
  ['ab', ['xy'], null],
  ['banking', [], null],
])('%j among %j means %j', (word, known, nearest) => {
  expect(nearestWord(word, known)).toBe(nearest);
});
