import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { readPartContents } from '../../src/ingest/part-contents.ts';
import { readTnef } from '../../src/ingest/tnef.ts';
import { buildMail } from '../support/mail-builder.ts';

function attribute(level: 1 | 2, id: number, data: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt8(level, 0);
  head.writeUInt32LE(id, 1);
  head.writeUInt32LE(data.length, 5);
  return Buffer.concat([head, data, Buffer.alloc(2)]);
}

const SIGNATURE = Buffer.from('789f3e22 0100'.replace(' ', ''), 'hex');

/** One file under its short name, and under its long one in a MAPI property. */
function winmail(content: string): Buffer {
  const longName = Buffer.from('Übersicht 2026.txt\0', 'utf16le');
  const property = Buffer.alloc(16);
  property.writeUInt32LE(1, 0);
  property.writeUInt16LE(0x001f, 4);
  property.writeUInt16LE(0x3707, 6);
  property.writeUInt32LE(1, 8);
  property.writeUInt32LE(longName.length, 12);
  return Buffer.concat([
    SIGNATURE,
    attribute(1, 0x0002800c, Buffer.from('The words inside.\0')),
    attribute(2, 0x00069002, Buffer.alloc(14)),
    attribute(2, 0x0006800f, Buffer.from(content)),
    attribute(2, 0x00018010, Buffer.from('BERSIC~1.TXT\0')),
    attribute(2, 0x00069005, Buffer.concat([property, longName, Buffer.alloc(2)])),
  ]);
}

function mailWith(tnef: Buffer, text: string): Buffer {
  return buildMail({
    text,
    attachments: [{ fileName: 'winmail.dat', contentType: 'application/ms-tnef', content: tnef }],
  });
}

test('the files of a winmail.dat are attachments of the mail, under their long names', async () => {
  const { attachments, text } = await parseMail(mailWith(winmail('figures'), 'Please see the file.\n'));
  expect(attachments.map(({ fileName, sizeBytes, partPath }) => [fileName, sizeBytes, partPath])).toEqual([
    ['Übersicht 2026.txt', 7, '2/1'],
  ]);
  expect(text.trim()).toBe('Please see the file.');
});

test('its text is shown where the mail has none', async () => {
  expect((await parseMail(mailWith(winmail('x'), ' \n'))).text.trim()).toBe('The words inside.');
});

describe('a damaged one stays as it came', () => {
  test.for<[string, Buffer]>([
    ['no TNEF', Buffer.from('hello')],
    ['only a header', SIGNATURE],
  ])('%s', async ([, bytes]) => {
    const { attachments } = await parseMail(mailWith(bytes, 'Hello.\n'));
    expect(attachments.map(({ fileName }) => fileName)).toEqual(['winmail.dat']);
  });

  test('cut or corrupted anywhere it is read without an exception', () => {
    const whole = winmail('figures');
    for (let at = 0; at < whole.length; at++) {
      readTnef(whole.subarray(0, at));
      const corrupted = Buffer.from(whole);
      corrupted[at] = 0xff;
      readTnef(corrupted);
    }
  });
});

const CORPUS = join(import.meta.dirname, '../../../shared/corpus/mimekit/tnef');
const isThere = existsSync(CORPUS);
if (!isThere) console.warn('shared/corpus is not beside the repository: its TNEF files are not read.');

/** Upstream lists the message's own text as a file; here it is the mail's text. One file's long name replaces its DOS name. */
const samples = isThere ? readdirSync(CORPUS).filter((name) => name.endsWith('.tnef')) : ['(no corpus)'];

test.skipIf(!isThere).for(samples)('MimeKit: %s', (sample) => {
  const name = sample.replace('.tnef', '');
  const listed = readFileSync(join(CORPUS, `${name}.list`), 'utf8').split('\n');
  const names = listed.filter((one) => one !== '' && !/^body\.(?:rtf|html)$/.test(one));
  const files = readTnef(readFileSync(join(CORPUS, sample)))?.attachments ?? [];
  if (name === 'long-filename') names.push('allproductsmar2000.dat');
  expect(files.map(({ fileName }) => fileName)).toEqual(names);
  for (const { fileName, content } of files) {
    const extracted = join(CORPUS, name, fileName ?? '');
    // Text files of the corpus have lost their carriage returns on the way.
    if (existsSync(extracted)) {
      expect(content.toString('latin1').replaceAll('\r', '')).toBe(
        readFileSync(extracted, 'latin1').replaceAll('\r', ''),
      );
    }
  }
});

test('a file out of winmail.dat is found again at its part path, byte for byte', async () => {
  const raw = mailWith(winmail('ten apples'), 'See the file.\n');
  const { attachments } = await parseMail(raw);
  const contents = await readPartContents(
    raw,
    attachments.map(({ partPath }) => partPath),
  );
  expect(attachments.map(({ partPath }) => partPath)).toEqual(['2/1']);
  for (const { partPath, sha256 } of attachments) {
    expect(
      createHash('sha256')
        .update(contents.get(partPath) ?? '')
        .digest('hex'),
    ).toBe(sha256);
  }
});
