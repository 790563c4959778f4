import { Transform, type TransformCallback } from 'node:stream';
import { decodeWhole } from './decode-whole.ts';

/** Beyond the alphabet of RFC 2045 §6.8. */
const OUTSIDE_BASE64 = /[^A-Za-z0-9+/=\s]/;

/** Bytes that text in no charset of mail has: what is decoded out of words that were never base64 is full of them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NO_TEXT = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

/**
 * Decodes a part of text that says it is base64, and gives what was written below or instead of it as it is: lists append their footer
 * to whatever a part holds, and some programs say base64 above plain words.
 */
export function base64TextDecoder(): Transform {
  return decodeWhole(decodeBase64Text);
}

function decodeBase64Text(encoded: Buffer): Buffer {
  const text = encoded.toString('latin1');
  const stray = OUTSIDE_BASE64.exec(text);
  if (stray === null) return decode(text);
  const plainFrom = text.lastIndexOf('\n', stray.index) + 1;
  const isPlain = isWords(text.slice(plainFrom)) || NO_TEXT.test(decode(text.slice(plainFrom)).toString('latin1'));
  if (!isPlain) return decode(text);
  return Buffer.concat([decode(text.slice(0, plainFrom)), encoded.subarray(plainFrom)]);
}

function decode(text: string): Buffer {
  const runs = text.split('=').filter((run) => run !== '');
  return Buffer.concat(runs.map((run) => Buffer.from(run, 'base64')));
}

/** So much is looked at to see whether something is base64 at all. */
const FIRST_LINE_CHARACTERS_MAX = 128;

/** Words have spaces between them, rules have nothing else; neither is a line of base64 with a stray character in it. */
function isWords(text: string): boolean {
  const line = text.trimStart().slice(0, FIRST_LINE_CHARACTERS_MAX).split('\n', 1)[0]?.trim() ?? '';
  const stray = line.replace(/[A-Za-z0-9+/=]+/g, '');
  return OUTSIDE_BASE64.test(stray) && (stray.includes(' ') || stray.length > line.length / 2);
}

/**
 * Decodes a file as it passes. Stray characters are passed over (RFC 2045 §6.8), padding ends a run and not the file, because some
 * programs encode piece by piece; a file whose first line is words is given as it is.
 */
export function base64FileDecoder(): Transform {
  let rest = '';
  let isBase64: boolean | null = null;
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      if (isBase64 === false) return done(null, chunk);
      rest += chunk.toString('latin1');
      isBase64 ??= rest.trimStart().length < FIRST_LINE_CHARACTERS_MAX ? null : !isWords(rest);
      if (isBase64 === null) return done();
      const taken = rest;
      rest = '';
      if (!isBase64) return done(null, Buffer.from(taken, 'latin1'));
      const characters = taken.replace(NOT_OF_BASE64, '');
      const lastRun = characters.length - characters.lastIndexOf('=') - 1;
      const whole = characters.length - (lastRun % 4);
      rest = characters.slice(whole);
      done(null, decode(characters.slice(0, whole)));
    },
    flush(done: TransformCallback) {
      isBase64 ??= !isWords(rest);
      done(null, isBase64 ? decode(rest) : Buffer.from(rest, 'latin1'));
    },
  });
}

const NOT_OF_BASE64 = /[^A-Za-z0-9+/=]+/g;
