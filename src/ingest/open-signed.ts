import { readHeader } from './header-reader.ts';
import { type AttachedPart, isCms, type MimePart, type MimeStructure, mixedPart, readMime } from './mime-parts.ts';
import { readCms } from './signed-data.ts';

/** A signature around a signature around one is what gateways do at worst. */
const DEPTH_MAX = 4;

export interface OpenedStructure extends MimeStructure {
  /** Something in it was signed by S/MIME and taken out of its container. Not verified. */
  isSigned: boolean;
}

/**
 * The structure with every S/MIME container opened that is signed and not encrypted: the parts inside stand in its place, at `1/2` for
 * part 2 of what is in part 1.
 */
export async function openSigned(structure: MimeStructure, depth = 0): Promise<OpenedStructure> {
  const attached: AttachedPart[] = [];
  const roots: MimePart[] = [];
  for (const part of structure.attached) {
    const inside = depth < DEPTH_MAX ? await readInside(part, depth) : null;
    if (inside === null) attached.push(part);
    else {
      attached.push(...inside.attached.map((one) => ({ ...one, path: `${part.path}/${one.path}` })));
      if (inside.root !== null) roots.push(inside.root);
    }
  }
  const isSigned = attached.length !== structure.attached.length || roots.length > 0;
  const parts = structure.root === null ? roots : [structure.root, ...roots];
  return { root: isSigned ? mixedPart(parts) : structure.root, attached, isSigned };
}

async function readInside(part: AttachedPart, depth: number): Promise<OpenedStructure | null> {
  if (!isCms(part) || part.content === null || part.sizeBytes > part.content.length) return null;
  const cms = readCms(part.content);
  if (cms?.kind !== 'signed') return null;
  try {
    return await openSigned(await readMime(cms.content, readHeader(cms.content)), depth + 1);
  } catch {
    // What the parser refuses stays the file that it came in.
    return null;
  }
}
