import { createHash } from 'node:crypto';
import { readBody } from './body.ts';
import { isBlank } from './clean-text.ts';
import type { AttachedPart, MimePart, MimeStructure } from './mime-parts.ts';
import { isTnef, mixedPart } from './mime-parts.ts';
import { readTnef } from './tnef.ts';

/**
 * The structure with every `winmail.dat` opened: its files stand in its place, at `2/1` for the first one in part 2, and its own text is
 * one more part. One that holds nothing to show, or came cut, stays beside what was found in it.
 */
export function openTnef(structure: MimeStructure): MimeStructure {
  if (!structure.attached.some(isTnef)) return structure;
  const texts: MimePart[] = [];
  const attached = structure.attached.flatMap((part) => {
    const content = isTnef(part) && part.content !== null ? readTnef(part.content) : null;
    if (content === null || part.content === null) return [part];
    if (content.html !== null) texts.push(textPart('text/html', content.html));
    else if (content.text !== null) texts.push(textPart('text/plain', content.text));
    const files = content.attachments.map(
      (file, at): AttachedPart => ({
        path: `${part.path}/${at + 1}`,
        contentType: file.contentType ?? 'application/octet-stream',
        fileName: file.fileName,
        contentId: file.contentId,
        disposition: 'attachment',
        related: false,
        sizeBytes: file.content.length,
        sha256: createHash('sha256').update(file.content).digest('hex'),
        content: null,
      }),
    );
    const isComplete = files.length > 0 && part.sizeBytes <= part.content.length;
    return isComplete ? files : [part, ...files];
  });
  return { root: withTexts(structure.root, texts), attached };
}

function textPart(contentType: string, text: string): MimePart {
  return {
    contentType,
    charset: null,
    charsetGuessed: false,
    transferEncoding: '',
    text,
    children: [],
    boundaryMissing: false,
  };
}

/** Only where the mail's own parts say nothing: mostly it repeats them. */
function withTexts(root: MimePart | null, texts: MimePart[]): MimePart | null {
  if (texts.length === 0 || (root !== null && !isBlank(readBody(root).text))) return root;
  return mixedPart(root === null ? texts : [root, ...texts]);
}
