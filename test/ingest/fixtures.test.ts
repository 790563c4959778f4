import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { classifyMail } from '../../src/core/classify.ts';
import type { InboundMail } from '../../src/core/inbound-mail.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';

/**
 * `<family>/<quirk>.eml` beside the `.json` that says what is to be read from it, as a person would check it: the fields
 * that are named there, spans with their texts, defects by code; sizes and hashes depend on the line ends. The mails are ours, after quirks seen in real ones.
 */
const FOLDER = join(import.meta.dirname, '../fixtures/mail');

const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.eml'))
  .map((name) => name.slice(0, -'.eml'.length))
  .sort();

const OWN = { addresses: ['support@desk.test'], isOwnMessageId: () => false };

function summary(mail: InboundMail) {
  const { headers: _headers, cuts: _cuts, ...fields } = mail;
  return {
    kind: classifyMail(mail, OWN).kind,
    ...fields,
    spans: mail.spans.map(({ kind, from, to }) => [kind, mail.text.slice(from, to)]),
    attachments: mail.attachments.map(({ sha256: _sha256, sizeBytes: _sizeBytes, ...attachment }) => attachment),
    defects: mail.defects.map(({ code }) => code),
  };
}

describe.for(names)('%s', (name) => {
  const expected: Record<string, unknown> = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));

  test.for([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
  ])('reads as expected in %s', async ([, lineEnd = '']) => {
    // latin1 keeps every byte as it is.
    const text = readFileSync(join(FOLDER, `${name}.eml`), 'latin1').replace(/\r?\n/g, lineEnd);
    const read = JSON.parse(JSON.stringify(summary(await parseMail(Buffer.from(text, 'latin1')))));
    expect(Object.fromEntries(Object.keys(expected).map((field) => [field, read[field]]))).toEqual(expected);
  });
});
