import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { readPartContents } from '../../src/ingest/part-contents.ts';
import { buildMail } from '../support/mail-builder.ts';

const raw = buildMail({
  text: 'See below.\n',
  html: '<p>See below.</p>',
  attachments: [
    { fileName: 'a.pdf', contentType: 'application/pdf', content: Buffer.from([0, 13, 10, 255]) },
    { fileName: 'b.eml', contentType: 'message/rfc822', content: 'Subject: x\r\n\r\nforwarded\r\n' },
  ],
});

test('gives each part by the path that parsing named it with, with the content that parsing hashed', async () => {
  const { attachments } = await parseMail(raw);
  const contents = await readPartContents(
    raw,
    attachments.map(({ partPath }) => partPath),
  );
  const hashes = attachments.map(({ partPath }) =>
    createHash('sha256')
      .update(contents.get(partPath) ?? '')
      .digest('hex'),
  );
  expect(hashes).toEqual(attachments.map(({ sha256 }) => sha256));
  expect(contents.size).toBe(2);
});

test('of a part that is not there fails instead of sending a reply without its attachment', async () => {
  await expect(readPartContents(raw, ['9.9'])).rejects.toMatchObject({ code: 'PART_MISSING' });
});
