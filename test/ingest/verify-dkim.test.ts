import { generateKeyPairSync } from 'node:crypto';
import nodemailer from 'nodemailer';
import { describe, expect, test } from 'vitest';
import { judgeSender } from '../../src/core/identity.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { verifyDkim } from '../../src/ingest/verify-dkim.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** The DNS of this test: one key, at one name. */
async function resolveTxt(name: string): Promise<string[][]> {
  if (name !== 's1._domainkey.customer.test') throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  return [[`v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`]];
}

async function signedMail(from = 'karen@customer.test'): Promise<Buffer> {
  const transport = nodemailer.createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    dkim: { domainName: 'customer.test', keySelector: 's1', privateKey },
  });
  const { message } = await transport.sendMail({ from, to: 'support@desk.test', subject: 'Signed', text: 'Hello.\n' });
  return message as Buffer;
}

async function judge(raw: Buffer) {
  return judgeSender(await parseMail(raw), [{ dkim: 'verify' }], await verifyDkim(raw, resolveTxt));
}

describe('our own DKIM check', () => {
  test('vouches for a sender whose domain signed the mail', async () => {
    const raw = await signedMail();
    const { signatures } = await verifyDkim(raw, resolveTxt);
    expect(signatures).toEqual([
      { result: 'pass', domain: 'customer.test', lengthLimited: false, fromSigned: true, rsaKeyBits: 2048 },
    ]);
    expect(await judge(raw)).toMatchObject({ authenticated: true, method: 'dkim' });
  });

  test('vouches for nobody when the body was changed', async () => {
    const raw = Buffer.from(String(await signedMail()).replace('Hello.', 'Send money.'));
    expect(await judge(raw)).toMatchObject({ authenticated: false });
  });

  test('vouches for nobody from another domain than the one that signed', async () => {
    expect(await judge(await signedMail('agent@desk.test'))).toMatchObject({ authenticated: false });
  });

  test('AG-04 case 27: a signature that leaves out the end of the body proves nothing', async () => {
    const raw = Buffer.from(String(await signedMail()).replace('DKIM-Signature: v=1;', 'DKIM-Signature: v=1; l=0;'));
    const { signatures } = await verifyDkim(raw, resolveTxt);
    expect(signatures[0]).toMatchObject({ lengthLimited: true });
    expect(await judge(raw)).toMatchObject({ authenticated: false });
  });

  test('a DNS that does not know the key, or a mail without a signature, proves nothing', async () => {
    const unknown = await verifyDkim(await signedMail(), async () => {
      throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    });
    expect(unknown.signatures.some(({ result }) => result === 'pass')).toBe(false);
    const plain = await verifyDkim(Buffer.from('From: karen@customer.test\r\n\r\nHello.\r\n'), resolveTxt);
    expect(plain.signatures.some(({ result }) => result === 'pass')).toBe(false);
  });

  test('of more signatures than honest mail has none is looked up', async () => {
    const [, signature = ''] = /^(DKIM-Signature:[\s\S]*?\r\n)(?!\s)/m.exec(String(await signedMail())) ?? [];
    const raw = Buffer.from(signature.repeat(11) + String(await signedMail()));
    const asked: string[] = [];
    const { signatures } = await verifyDkim(raw, (name) => {
      asked.push(name);
      return resolveTxt(name);
    });
    expect({ signatures, asked }).toEqual({ signatures: [], asked: [] });
  });

  test('a DNS that never answers is not waited for', async () => {
    const { signatures } = await verifyDkim(await signedMail(), () => new Promise(() => {}), 50);
    expect(signatures).toMatchObject([{ result: 'temperror' }]);
  });
});
