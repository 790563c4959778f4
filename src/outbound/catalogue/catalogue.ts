import { IntlMessageFormat } from 'intl-messageformat';
import { de } from './de.ts';
import { en } from './en.ts';

export type SentenceKey = keyof typeof en;
/** A whole language: a missing or misspelt key does not compile. */
export type Sentences = Readonly<Record<SentenceKey, string>>;

/** The languages we write in; the first one is what remains when nobody speaks another. */
export const LANGUAGES: Readonly<Record<string, Sentences>> = { en, de };

/** Our sentences in one language. */
export interface Catalogue {
  /** BCP 47, for `lang` and Content-Language. */
  language: string;
  direction: 'ltr' | 'rtl';
  say(key: SentenceKey, values?: Record<string, string | number>): string;
}

/** The catalogue of the first wanted language that we have: `de-AT` is served by `de`, nothing we know by English. */
export function catalogueFor(wanted: readonly (string | null)[]): Catalogue {
  for (const tag of wanted) {
    const language = tag?.toLowerCase().split('-')[0];
    if (language !== undefined && Object.hasOwn(LANGUAGES, language)) return catalogueOf(language);
  }
  return catalogueOf('en');
}

const catalogues = new Map<string, Catalogue>();

function catalogueOf(language: string): Catalogue {
  const known = catalogues.get(language);
  if (known !== undefined) return known;
  const made = createCatalogue(language, LANGUAGES[language] ?? en);
  catalogues.set(language, made);
  return made;
}

function createCatalogue(language: string, sentences: Sentences): Catalogue {
  // Compiled at first use and kept: parsing ICU syntax costs more than a whole mail otherwise does.
  const compiled = new Map<SentenceKey, IntlMessageFormat>();
  return {
    language,
    direction: RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr',
    say(key, values) {
      let sentence = compiled.get(key);
      if (sentence === undefined) {
        // Tags are no markup here: a sentence is plain text, and each template escapes it in its own way.
        sentence = new IntlMessageFormat(sentences[key], language, undefined, { ignoreTag: true });
        compiled.set(key, sentence);
      }
      return String(sentence.format(values));
    },
  };
}

const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur']);
