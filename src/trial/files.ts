import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Writes a file of ours (0600) so that a kill -9 leaves either the old content or the new, never half of it. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The secret in this file; a random one is made first if there is none. */
export function secretIn(file: string, bytes: number): string {
  if (!existsSync(file)) writeWhole(file, randomBytes(bytes).toString('hex'));
  return readFileSync(file, 'utf8');
}
