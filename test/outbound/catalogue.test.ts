import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, test } from 'vitest';
import { catalogueFor, LANGUAGES, type SentenceKey } from '../../src/outbound/catalogue/catalogue.ts';
import { en } from '../../src/outbound/catalogue/en.ts';

const keys = Object.keys(en) as SentenceKey[];

describe.each(Object.entries(LANGUAGES))('the catalogue in %s', (language, sentences) => {
  test('has every sentence, and no other', () => {
    expect(Object.keys(sentences).sort()).toEqual([...keys].sort());
    for (const key of keys) expect(sentences[key].trim(), key).not.toBe('');
  });

  test('fills the same places in each sentence as English does', () => {
    for (const key of keys) expect(placesOf(sentences[key]), key).toEqual(placesOf(en[key]));
  });

  test('can say each sentence', () => {
    const catalogue = catalogueFor([language]);
    for (const key of keys) {
      const values = Object.fromEntries(placesOf(en[key]).map((place) => [place, 3]));
      expect(catalogue.say(key, values), key).not.toMatch(/[{}]/);
    }
  });
});

describe('the language of a mail', () => {
  test('is the first wanted one that we have', () => {
    expect(catalogueFor([null, 'de-AT', 'en']).language).toBe('de');
    expect(catalogueFor(['tlh', 'en-GB']).language).toBe('en');
    expect(catalogueFor(['fr', null]).language).toBe('en');
    expect(catalogueFor(['constructor', '__proto__', '']).language).toBe('en');
  });

  test('counts as that language counts', () => {
    const count = (language: string, lines: number) =>
      catalogueFor([language]).say('acknowledgement.moreLines', { count: lines });
    expect([count('en', 1), count('en', 2)]).toEqual(['… and 1 more line', '… and 2 more lines']);
    expect([count('de', 1), count('de', 2)]).toEqual(['… und 1 weitere Zeile', '… und 2 weitere Zeilen']);
  });
});

/** The names a sentence wants filled, in any order. */
function placesOf(sentence: string): string[] {
  const places = new Set<string>();
  const visit = (elements: ReturnType<IntlMessageFormat['getAst']>) => {
    for (const element of elements) {
      if ('value' in element && element.type !== LITERAL) places.add(element.value);
      if ('options' in element) for (const option of Object.values(element.options)) visit(option.value);
    }
  };
  visit(new IntlMessageFormat(sentence, 'en', undefined, { ignoreTag: true }).getAst());
  return [...places].sort();
}

/** The type of an element that is plain text, in the parser's tree. */
const LITERAL = 0;
