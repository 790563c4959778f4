import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { readPartContents } from '../../src/ingest/part-contents.ts';
import { readCms } from '../../src/ingest/signed-data.ts';

/** One element of DER; `indefinite` as programs write it that stream. */
function element(tag: number, ...bodies: Buffer[]): Buffer {
  const body = Buffer.concat(bodies);
  const length =
    body.length < 0x80
      ? Buffer.of(body.length)
      : Buffer.of(0x83, body.length >> 16, (body.length >> 8) & 255, body.length & 255);
  return Buffer.concat([Buffer.of(tag), length, body]);
}

function indefinite(tag: number, ...bodies: Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(tag, 0x80), ...bodies, Buffer.of(0, 0)]);
}

const oid = (hex: string) => element(0x06, Buffer.from(hex, 'hex'));
const DATA = oid('2a864886f70d010701');
const SIGNED_DATA = oid('2a864886f70d010702');
const ENVELOPED_DATA = oid('2a864886f70d010703');
const VERSION = element(0x02, Buffer.of(1));
const DIGESTS = element(0x31, element(0x30, oid('608648016503040201')));
const SIGNERS = element(0x31);

function signed(content: string): Buffer {
  const encapsulated = element(0x30, DATA, element(0xa0, element(0x04, Buffer.from(content))));
  return element(0x30, SIGNED_DATA, element(0xa0, element(0x30, VERSION, DIGESTS, encapsulated, SIGNERS)));
}

function streamed(content: string): Buffer {
  const pieces = content.match(/.{1,40}/gs)?.map((piece) => element(0x04, Buffer.from(piece))) ?? [];
  const encapsulated = indefinite(0x30, DATA, indefinite(0xa0, indefinite(0x24, ...pieces)));
  return indefinite(0x30, SIGNED_DATA, indefinite(0xa0, indefinite(0x30, VERSION, DIGESTS, encapsulated, SIGNERS)));
}

const INSIDE =
  'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße aus dem Umschlag.\r\n' +
  '--b\r\nContent-Type: application/pdf; name="offer.pdf"\r\nContent-Disposition: attachment\r\n\r\n%PDF\r\n--b--\r\n';

const FIELDS = 'From: karen@customer.test\r\nSubject: signed\r\n';

function sealed(cms: Buffer, type = 'application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"'): Buffer {
  return Buffer.from(
    `${FIELDS}Content-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${cms.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`,
  );
}

describe('case 75: a mail that S/MIME signed in one piece', () => {
  test.for([
    ['as it should be', signed(INSIDE), undefined],
    ['in pieces of no stated length', streamed(INSIDE), undefined],
    ['under the wrong label', signed(INSIDE), 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"'],
    ['known by its name alone', signed(INSIDE), 'application/octet-stream; name="smime.p7m"'],
    ['signed twice', signed(sealed(signed(INSIDE)).toString().replace(FIELDS, '')), undefined],
  ] as const)('is read: %s', async ([, cms, type]) => {
    const raw = sealed(cms, type);
    const mail = await parseMail(raw);
    expect(mail).toMatchObject({ text: 'Grüße aus dem Umschlag.', protection: 'signed' });
    expect(mail.attachments).toMatchObject([{ fileName: 'offer.pdf', contentType: 'application/pdf', sizeBytes: 4 }]);
    const [{ partPath = '', sha256 = '' } = {}] = mail.attachments;
    const content = (await readPartContents(raw, [partPath])).get(partPath) ?? '';
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
  });

  test('a header inside it is not the mail’s', async () => {
    const { from, subject } = await parseMail(sealed(signed(`From: agent@desk.test\r\nSubject: other\r\n${INSIDE}`)));
    expect({ from: from?.address, subject }).toEqual({ from: 'karen@customer.test', subject: 'signed' });
  });

  test('is not read when it is encrypted, cut or only a signature', async () => {
    const encrypted = element(0x30, ENVELOPED_DATA, element(0xa0, element(0x30, VERSION)));
    const detached = element(
      0x30,
      SIGNED_DATA,
      element(0xa0, element(0x30, VERSION, DIGESTS, element(0x30, DATA), SIGNERS)),
    );
    expect(readCms(encrypted)).toEqual({ kind: 'other' });
    expect(readCms(detached)).toEqual({ kind: 'other' });
    expect(readCms(signed(INSIDE).subarray(0, 100))).toBeNull();
    const mail = await parseMail(
      sealed(encrypted, 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"'),
    );
    expect(mail).toMatchObject({ protection: 'encrypted', attachments: [{ fileName: 'smime.p7m' }] });
  });

  test('signed around encrypted is encrypted', async () => {
    const encrypted = sealed(element(0x30, ENVELOPED_DATA, element(0xa0, element(0x30, VERSION))));
    expect((await parseMail(sealed(signed(encrypted.toString())))).protection).toBe('encrypted');
  });

  test('no bytes break it, and nothing is read beyond its end', () => {
    const whole = [signed(INSIDE), streamed(INSIDE)];
    const mutated = fc
      .tuple(fc.constantFrom(...whole), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }))
      .map(([bytes, changes]) => {
        const copy = Buffer.from(bytes);
        for (const [at, byte] of changes) if (at < copy.length) copy[at] = byte;
        return copy;
      });
    fc.assert(
      fc.property(
        fc.oneof(
          mutated,
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        (bytes) => void readCms(bytes),
      ),
    );
    expect(readCms(Buffer.from('3080'.repeat(50_000), 'hex'))).toBeNull();
  });
});
