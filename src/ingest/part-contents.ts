import { PermanentError } from '../errors.ts';
import { eachAttachment } from './mime-parts.ts';
import { readTnef } from './tnef.ts';

/**
 * The decoded contents of the named parts of a raw mail, by part path: what `readMime` hashed and let go. A file out of an
 * Outlook container (`2/1`, see open-tnef.ts) is taken from the container at its path.
 *
 * @throws PermanentError `PART_MISSING` when a part is not there: the path is not of this mail
 */
export async function readPartContents(
  raw: Uint8Array,
  partPaths: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  if (partPaths.length === 0) return new Map();
  const parts = await collectParts(raw, new Set(partPaths.map((path) => path.split('/', 1)[0] ?? path)));
  const contents = new Map(parts);
  for (const path of partPaths) {
    const [container = '', file] = path.split('/');
    const found = file === undefined ? undefined : fileOf(parts.get(container), Number(file));
    if (found !== undefined) contents.set(path, found);
  }
  if (partPaths.some((path) => !contents.has(path)))
    throw new PermanentError('PART_MISSING', 'A part of the raw mail that an article names is not there.');
  return contents;
}

function fileOf(container: Buffer | undefined, number: number): Buffer | undefined {
  const content = container === undefined ? null : readTnef(container);
  return content?.attachments[number - 1]?.content;
}

async function collectParts(raw: Uint8Array, wanted: ReadonlySet<string>): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  await eachAttachment(raw, (event) => {
    const path = event.partId ?? '1';
    const chunks: Buffer[] = [];
    event.content.on('data', (chunk: Buffer) => {
      if (wanted.has(path)) chunks.push(chunk);
    });
    event.content.on('end', () => {
      if (wanted.has(path)) contents.set(path, Buffer.concat(chunks));
      event.release?.();
    });
  });
  return contents;
}
