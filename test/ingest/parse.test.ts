import { afterEach, describe, expect, test } from 'vitest';
import { createMailParser, type MailParser, type MailParserOptions } from '../../src/ingest/parse.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { buildMail } from '../support/mail-builder.ts';

let parser: MailParser | null = null;

function open(options: Partial<MailParserOptions> = {}): MailParser {
  parser = createMailParser({ workers: 1, timeoutMs: 20_000, memoryMb: 512, ...options });
  return parser;
}

afterEach(async () => {
  await parser?.close();
  parser = null;
});

/** Takes seconds to parse, so that a limit of a fraction of that always strikes. */
const SLOW_MAIL = buildMail({ subject: 'slow', attachments: [{ content: Buffer.alloc(120 * 1024 * 1024) }] });

/** Parses to more objects than a small heap holds. */
const LARGE_MAIL = buildMail({
  subject: 'large',
  text: '> a\n'.repeat(250_000),
  headers: { 'X-Many': Array(9000).fill('x'.repeat(40)) },
});

function ordinaryMails(count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => buildMail({ subject: `mail ${at}` }));
}

// Threads load their code for each test, on a machine that other tests share.
describe('IN-11 parsing runs where a crash or a hang stops nothing else', { timeout: 30_000 }, () => {
  test('a mail comes back as in this thread, dates and all', async () => {
    const raw = buildMail({ text: 'Hello\n\n> a\n', html: '<p>Hello', attachments: [{ content: 'abc' }] });
    expect(await open().parse(raw)).toEqual({ outcome: 'parsed', mail: await parseMail(raw) });
  });

  test('the bytes stay the caller’s, also as a view of a larger buffer', async () => {
    const raw = buildMail();
    const larger = Buffer.concat([Buffer.alloc(1000), raw, Buffer.alloc(1000)]);
    const view = larger.subarray(1000, 1000 + raw.length);
    expect(await open().parse(view)).toEqual({ outcome: 'parsed', mail: await parseMail(raw) });
    expect(view.equals(raw)).toBe(true);
  });

  test('many mails at once each get their own answer', async () => {
    const parsing = open({ workers: 2 });
    const outcomes = await Promise.all(ordinaryMails(100).map((raw) => parsing.parse(raw)));
    expect(outcomes.map((one) => one.outcome === 'parsed' && one.mail.subject)).toEqual(
      outcomes.map((_, at) => `mail ${at}`),
    );
  });

  test('a mail that takes too long is a timeout, and the mails around it are parsed', async () => {
    const parsing = open({ timeoutMs: 500 });
    await parsing.parse(buildMail());
    const slow = parsing.parse(SLOW_MAIL);
    const around = await Promise.all(ordinaryMails(6).map((raw) => parsing.parse(raw)));
    expect(await slow).toMatchObject({ outcome: 'failed', reason: 'timeout' });
    expect(around.map(({ outcome }) => outcome)).toEqual(around.map(() => 'parsed'));
  });

  test('a mail that needs too much memory is that, and the mails around it are parsed', async () => {
    const parsing = open({ memoryMb: 24 });
    const large = parsing.parse(LARGE_MAIL);
    const around = await Promise.all(ordinaryMails(6).map((raw) => parsing.parse(raw)));
    expect(await large).toMatchObject({ outcome: 'failed', reason: 'memory' });
    expect(around.map(({ outcome }) => outcome)).toEqual(around.map(() => 'parsed'));
  });

  test('the next mail after a failure is parsed in under 5 s', async () => {
    const parsing = open({ timeoutMs: 500 });
    expect((await parsing.parse(SLOW_MAIL)).outcome).toBe('failed');
    const start = performance.now();
    expect((await parsing.parse(buildMail())).outcome).toBe('parsed');
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('a closed parser answers, and so does one that is closed in the middle', async () => {
    const parsing = open();
    const halfway = [SLOW_MAIL, ...ordinaryMails(8)].map((raw) => parsing.parse(raw));
    await parsing.close();
    const outcomes = await Promise.all([...halfway, parsing.parse(buildMail())]);
    expect(outcomes).toEqual(outcomes.map(() => expect.objectContaining({ outcome: 'failed', reason: 'closed' })));
  });
});
