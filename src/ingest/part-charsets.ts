import type { Transform } from 'node:stream';
import type { MailParser } from 'mailparser';
import { decodeText } from './charset.ts';
import { decodeWhole } from './decode-whole.ts';

/** What one text part named as its charset, and whether that could be believed. */
export interface PartCharset {
  claimed: string | null;
  isPlain: boolean;
  guessed: boolean;
}

/**
 * Lets our own decoder read the text parts of one mail. The library takes a part without a charset for UTF-8 and replaces every other
 * byte for good; here the part's bytes arrive whole, so that what they are can be judged. The library's own decoder stays for the
 * rare charsets that ours does not know.
 *
 * Hangs on two inner functions of mailparser 3.14; without them the library decodes as it did.
 */
export function decodeOurselves(parser: MailParser): (label: string) => PartCharset | null {
  const parts = new Map<string, PartCharset>();
  const createNode: unknown = Reflect.get(parser, 'createNode');
  const libraryDecoder: unknown = Reflect.get(parser, 'decoder');
  if (typeof createNode !== 'function' || !hasDecodeStream(libraryDecoder)) return () => null;
  Reflect.set(parser, 'createNode', (source: unknown) => {
    const node: unknown = Reflect.apply(createNode, parser, [source]);
    if (isTextNode(node)) {
      const label = `x-part-${parts.size}`;
      const claimed = typeof node.charset === 'string' && node.charset !== '' ? node.charset : null;
      parts.set(label, { claimed, isPlain: node.contentType === 'text/plain', guessed: false });
      node.charset = label;
    }
    return node;
  });
  Reflect.set(parser, 'decoder', {
    decodeStream(label: string): Transform {
      const part = parts.get(label);
      if (part === undefined) return libraryDecoder.decodeStream(label);
      return decodeText(new Uint8Array(), part.claimed, part.isPlain) === null
        ? libraryDecoder.decodeStream(part.claimed ?? 'utf-8')
        : decoderOf(part);
    },
  });
  return (label) => parts.get(label) ?? null;
}

function decoderOf(part: PartCharset): Transform {
  return decodeWhole((bytes) => {
    const decoded = decodeText(bytes, part.claimed, part.isPlain);
    part.guessed = decoded?.guessed ?? true;
    return Buffer.from(decoded?.text ?? bytes.toString('utf8'));
  });
}

interface LibraryDecoder {
  decodeStream(charset: string): Transform;
}

function hasDecodeStream(value: unknown): value is LibraryDecoder {
  return (
    typeof value === 'object' && value !== null && 'decodeStream' in value && typeof value.decodeStream === 'function'
  );
}

function isTextNode(node: unknown): node is { charset?: unknown; contentType: string } {
  if (typeof node !== 'object' || node === null || !('contentType' in node)) return false;
  return typeof node.contentType === 'string' && node.contentType.startsWith('text/');
}
