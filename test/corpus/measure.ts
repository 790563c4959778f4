import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Reader } from './reader.ts';

/** Real mails and bodies beside the repository, used in place. */
export const CORPUS = join(import.meta.dirname, '../../../shared/corpus');
export const corpusIsThere = existsSync(CORPUS);

/** One question that a folder's expected files answer: each case is right or not. */
export interface Measure {
  folder: string;
  name: string;
  /** Null for a case that this reader has no notion of. */
  cases: { name: string; isRight: (reader: Reader) => boolean | null }[];
}
