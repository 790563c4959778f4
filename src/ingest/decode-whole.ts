import { Transform, type TransformCallback } from 'node:stream';

/** A stream that decodes what passes when all of it is there: text is small, and what it is can only be judged whole. */
export function decodeWhole(decode: (bytes: Buffer) => Buffer): Transform {
  const chunks: Buffer[] = [];
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      chunks.push(chunk);
      done();
    },
    flush(done: TransformCallback) {
      done(null, decode(Buffer.concat(chunks)));
    },
  });
}
