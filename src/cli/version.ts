import { readFileSync } from 'node:fs';

/** `0.1.0 (4f2a91c), Node v24.21.0, linux-x64`. */
export function describeVersion(version: string): string {
  const commit = readCommit();
  return `${version}${commit === null ? '' : ` (${commit.slice(0, 9)})`}, Node ${process.version}, ${process.platform}-${process.arch}`;
}

/** The commit of a clone, read from its files: starting git would take longer than the whole command. */
function readCommit(): string | null {
  const git = new URL('../../.git/', import.meta.url);
  try {
    const head = readFileSync(new URL('HEAD', git), 'utf8').trim();
    return head.startsWith('ref: ') ? readFileSync(new URL(head.slice('ref: '.length), git), 'utf8').trim() : head;
  } catch {
    // Not a clone, or a branch whose commit lies in packed-refs.
    return null;
  }
}
