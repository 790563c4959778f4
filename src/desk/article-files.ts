import type { Knex } from 'knex';
import type { OutgoingAttachment } from '../outbound/compose.ts';
import { readBlobs } from '../store/inbound-mail.ts';

export interface FileDependencies {
  db: Knex;
  /** The decoded contents of the named parts of a raw mail, by part path. */
  readParts(raw: Buffer, partPaths: readonly string[]): Promise<ReadonlyMap<string, Buffer>>;
}

/** A file of an article, and which part of the raw mail it is. */
export interface ArticleFile {
  partPath: string;
  fileName: string;
  contentType: string;
}

/** A signature made over somebody's mail says nothing about ours. */
const LEFT_BEHIND = new Set([
  'application/pgp-signature',
  'application/pkcs7-signature',
  'application/x-pkcs7-signature',
]);

/** What travels with a mail of ours, taken from the raw mail that it came with. */
export async function readArticleFiles(
  { db, readParts }: FileDependencies,
  rawSha256: Buffer,
  files: readonly ArticleFile[],
): Promise<OutgoingAttachment[]> {
  const travelling = files.filter(({ contentType }) => !LEFT_BEHIND.has(contentType));
  if (travelling.length === 0) return [];
  const raw = (await readBlobs(db, [rawSha256])).get(rawSha256.toString('hex')) ?? Buffer.alloc(0);
  const contents = await readParts(
    raw,
    travelling.map(({ partPath }) => partPath),
  );
  return travelling.map(({ partPath, fileName, contentType }) => ({
    fileName,
    contentType,
    content: contents.get(partPath) ?? Buffer.alloc(0),
  }));
}
