import { PermanentError } from '../errors.ts';
import { eachAttachment } from './mime-parts.ts';
import { readCms } from './signed-data.ts';
import { readTnef } from './tnef.ts';

/**
 * The decoded contents of the named parts of a raw mail, by part path: what `readMime` hashed and let go. What stood in a container
 * (`2/1`: a file of an Outlook container, see open-tnef.ts, or a part of a signed mail, see open-signed.ts) is taken out of the
 * container at its path.
 *
 * @throws PermanentError `PART_MISSING` when a part is not there: the path is not of this mail
 */
export async function readPartContents(
  raw: Uint8Array,
  partPaths: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  if (partPaths.length === 0) return new Map();
  const inside = Map.groupBy(partPaths, containerOf);
  const parts = await collectParts(raw, new Set(inside.keys()));
  const contents = new Map<string, Buffer>();
  for (const [container, paths] of inside) {
    const content = parts.get(container);
    if (content === undefined) throw missing();
    const within = paths.filter((path) => path !== container).map((path) => path.slice(container.length + 1));
    if (within.length < paths.length) contents.set(container, content);
    for (const [path, found] of await readContained(content, within)) contents.set(`${container}/${path}`, found);
  }
  return contents;
}

function containerOf(path: string): string {
  return path.split('/', 1)[0] ?? path;
}

async function readContained(container: Buffer, paths: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
  if (paths.length === 0) return new Map();
  const cms = readCms(container);
  if (cms?.kind === 'signed') return readPartContents(cms.content, paths);
  const files = readTnef(container)?.attachments ?? [];
  return new Map(
    paths.map((path) => {
      const file = files[Number(path) - 1];
      if (file === undefined) throw missing();
      return [path, file.content];
    }),
  );
}

function missing(): PermanentError {
  return new PermanentError('PART_MISSING', 'A part of the raw mail that an article names is not there.');
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
