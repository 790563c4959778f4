import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InboundMail, MailDefectCode } from '../../src/core/inbound-mail.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { cpuStopwatch } from '../support/cpu-stopwatch.ts';
import { buildMail } from '../support/mail-builder.ts';

function codes(mail: InboundMail): MailDefectCode[] {
  return mail.defects.map(({ code }) => code);
}

async function parseText(raw: string, encoding: BufferEncoding = 'utf8'): Promise<InboundMail> {
  return parseMail(Buffer.from(raw.replace(/\r?\n/g, '\r\n'), encoding));
}

test('an ordinary mail has no defects', async () => {
  const mail = await parseMail(buildMail({ text: 'Hello\n' }));
  expect(mail).toMatchObject({
    from: { name: 'Karen Customer', address: 'karen@customer.test' },
    to: [{ name: '', address: 'support@desk.test' }],
    subject: 'Mobile banking does not work',
    date: new Date('2026-11-23T09:00:00Z'),
    text: 'Hello\n',
    html: null,
    attachments: [],
    protection: 'none',
    defects: [],
  });
});

test('what the receiving server wrote is read topmost first', async () => {
  const mail = await parseMail(
    buildMail({
      headers: [
        ['Return-Path', '<Bounce+1@Customer.test>'],
        ['Delivered-To', 'support+abc@desk.test'],
        ['X-Original-To', '<info@desk.test>'],
        ['Return-Path', '<forged@evil.test>'],
        ['Envelope-To', 'support+abc@desk.test'],
      ],
    }),
  );
  expect(mail.returnPath).toBe('Bounce+1@customer.test');
  expect(mail.deliveredTo).toEqual(['support+abc@desk.test', 'info@desk.test']);
});

test.for<[string, string | null]>([
  ['<>', ''],
  ['karen@customer.test', 'karen@customer.test'],
  ['no path', null],
])('the return path is an address, null sender or nothing: %s', async ([value, expected]) => {
  expect((await parseMail(buildMail({ headers: { 'Return-Path': value } }))).returnPath).toBe(expected);
});

describe('cases 1 to 24: identity is read strictly', () => {
  test.for<[string, Parameters<typeof buildMail>[0], string | null, MailDefectCode[]]>([
    ['case 8: no From', { from: null }, null, ['from-missing']],
    ['case 8: an empty From', { from: '' }, null, ['from-missing']],
    ['case 8: a name only', { from: 'Karen' }, null, ['from-unreadable', 'address-disagreement']],
    ['case 9: two From fields', { headers: { From: 'agent@desk.test' } }, null, ['from-repeated']],
    ['case 10: two addresses', { from: 'agent@desk.test, evil@evil.test' }, null, ['from-several-addresses']],
    ['case 11: an address as the name', { from: '"agent@desk.test" <evil@evil.test>' }, 'evil@evil.test', []],
    ['case 12: the same encoded', { from: '=?utf-8?q?agent=40desk=2Etest?= <evil@evil.test>' }, 'evil@evil.test', []],
    ['case 13: one encoded word', { from: '=?utf-8?q?=3Cagent=40desk=2Etest=3E?=' }, null, ['from-unreadable']],
    ['case 14: a group', { from: 'Team: agent@desk.test, evil@evil.test;' }, null, ['from-several-addresses']],
    ['case 14: a group of one', { from: 'Team: agent@desk.test;' }, null, ['from-several-addresses']],
    [
      'case 15: a comment in the domain',
      { from: 'agent@desk.test(x)evil.test' },
      'agent@desk.test',
      ['address-disagreement'],
    ],
    ['case 16: a quoted local part', { from: '"agent@desk.test x"@evil.test' }, '"agent@desk.test x"@evil.test', []],
    ['case 17: a route', { from: '<@desk.test:evil@evil.test>' }, 'evil@evil.test', []],
    ['case 18: no comma', { from: '<agent@desk.test> <evil@evil.test>' }, 'agent@desk.test', ['address-disagreement']],
    ['case 19: NUL', { from: 'a@b\0@c.test' }, null, ['nul-bytes', 'from-unreadable']],
    [
      'case 20: space before the colon',
      { from: null, headers: { 'From ': 'agent@desk.test' } },
      'agent@desk.test',
      ['header-name-space'],
    ],
    ['case 21: a lone CR', { from: 'a@x.test\rFrom: b@y.test' }, null, ['header-lone-cr']],
    ['case 22: a soft hyphen', { from: 'x@de\u00adsk.test' }, 'x@desk.test', ['address-changed-by-canonical-form']],
    ['case 24: an override in the name', { from: '"\u202etsuj" <k@x.test>' }, 'k@x.test', ['bidi-control']],
  ])('IN-14 %s', async ([, content, address, defects]) => {
    const mail = await parseMail(buildMail(content));
    expect(mail.from?.address ?? null).toBe(address);
    expect(codes(mail)).toEqual(expect.arrayContaining(defects));
    if (defects.length === 0) expect(mail.defects).toEqual([]);
  });

  test('case 1: nothing at all', async () => {
    const mail = await parseMail(Buffer.of());
    expect(mail).toMatchObject({ from: null, subject: '', text: '', spans: [], messageId: null });
    expect(codes(mail)).toContain('empty');
  });

  test('case 2: no Message-ID', async () => {
    const mail = await parseMail(buildMail({ messageId: null }));
    expect(mail.messageId).toBeNull();
    expect(codes(mail)).toEqual(['message-id-missing']);
  });

  test('case 3: two Message-IDs are none', async () => {
    const mail = await parseMail(buildMail({ messageId: '<a@x>', headers: { 'Message-ID': '<b@x>' } }));
    expect(mail.messageId).toBeNull();
    expect(codes(mail)).toEqual(['message-id-repeated']);
  });

  test('case 6: IN-09 a Date that is none is null, never now', async () => {
    const mail = await parseMail(buildMail({ date: 'yesterday-ish' }));
    expect(mail.date).toBeNull();
    expect(codes(mail)).toEqual(['date-unreadable']);
  });

  test('IN-09 no Date is null', async () => {
    const mail = await parseMail(buildMail({ date: null }));
    expect(mail.date).toBeNull();
    expect(codes(mail)).toEqual(['date-missing']);
  });

  test.for([
    ['Fri, 01 Jan 2099 00:00:00 +0000', 2099],
    ['Thu, 01 Jan 1970 00:00:00 +0000', 1970],
  ] as const)('case 7: a Date far away is shown as it is: %s', async ([date, year]) => {
    expect((await parseMail(buildMail({ date }))).date?.getUTCFullYear()).toBe(year);
  });
});

describe('IN-13 fields of our own kind from outside have no effect', () => {
  const FORGED = {
    'X-Docket-Ticket': '17',
    'X-Docket-Kind': 'person',
    'X-Docket-Authenticated': 'yes',
    'X-Docket-Defects': 'none',
    'X-Zammad-From-Email': 'agent@desk.test',
    'RT-Squelch-Replies-To': 'agent@desk.test',
    'X-Envelope-From': 'agent@desk.test',
    'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=desk.test',
  };

  test('case 25: nothing but the list of fields changes', async () => {
    const content = { messageId: '<same@x>', text: 'Hello\n' };
    const { headers: _, ...plain } = await parseMail(buildMail(content));
    const { headers, ...forged } = await parseMail(buildMail({ ...content, headers: FORGED }));
    expect(forged).toEqual(plain);
    expect(headers.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['x-docket-ticket', 'authentication-results']),
    );
  });

  test('case 74: a field named __proto__ is data', async () => {
    const mail = await parseMail(
      buildMail({
        headers: [
          ['__proto__', 'x'],
          ['constructor', 'y'],
        ],
      }),
    );
    expect(mail.headers.slice(0, 2)).toEqual([
      { name: '__proto__', value: 'x' },
      { name: 'constructor', value: 'y' },
    ]);
    expect(mail.from?.address).toBe('karen@customer.test');
  });
});

describe('IN-10 limits end in a mail with what could be read', () => {
  test('a header over 100 KiB is read and flagged', async () => {
    const mail = await parseMail(buildMail({ headers: { 'X-Long': 'a'.repeat(200 * 1024) }, text: 'Hello\n' }));
    expect(mail.text).toBe('Hello\n');
    expect(codes(mail)).toEqual(['over-limit']);
  });

  test.for([
    ['case 47: 100,000 header lines', 'Received: x\r\n'.repeat(100_000)],
    ['case 48: one field of 2 MB', `X-Long: ${'a'.repeat(2_000_000)}\r\n`],
  ])('IN-12 %s: read from the header, in under 1 s', async ([, lines = '']) => {
    const spentMs = cpuStopwatch();
    const mail = await parseMail(
      Buffer.concat([buildMail({ text: 'Hello\n' }).subarray(0, 60), Buffer.from(`\r\n${lines}\r\nHello`)]),
    );
    expect(spentMs()).toBeLessThan(1000);
    expect(mail.from?.address).toBe('karen@customer.test');
    expect(codes(mail)).toEqual(expect.arrayContaining(['over-limit', 'header-only']));
  });

  test.for([1001, 50_000])('case 50: %i parts: header and raw text', async (parts) => {
    const body = `--b\r\n\r\nx\r\n`.repeat(parts);
    const mail = await parseText(
      `From: karen@customer.test\nSubject: many\nContent-Type: multipart/mixed; boundary=b\n\n${body}`,
    );
    expect(mail).toMatchObject({ subject: 'many', from: { address: 'karen@customer.test' }, attachments: [] });
    expect(mail.text).toContain('x');
    expect(codes(mail)).toEqual(expect.arrayContaining(['over-limit', 'header-only']));
  });

  test.for([
    [99, false],
    [200, true],
    [5000, true],
  ] as const)('case 51: nesting of %i', async ([depth, over]) => {
    const levels = Array.from(
      { length: depth },
      (_, at) => `Content-Type: multipart/mixed; boundary=b${at}b\n\n--b${at}b\n`,
    );
    const mail = await parseText(`From: karen@customer.test\nSubject: deep\n${levels.join('')}\nHello\n`);
    expect(mail.subject).toBe('deep');
    expect(codes(mail).includes('over-limit')).toBe(over);
    if (depth < 1000) expect(mail.text).toContain('Hello');
  });

  test('case 52: of 500 mails inside each other the outermost is an attachment', async () => {
    const inner = 'Content-Type: message/rfc822\n\n'.repeat(500);
    const mail = await parseText(
      `From: karen@customer.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below\n--b\n${inner}Subject: core\n\nx\n--b--\n`,
    );
    expect(mail.text).toBe('See below');
    expect(mail.attachments).toMatchObject([{ partPath: '2', contentType: 'message/rfc822', fileName: 'part-2.eml' }]);
  });

  test('case 49: 40,000 recipients', async () => {
    const to = Array.from({ length: 40_000 }, (_, at) => `a${at}@x.test`).join(', ');
    const mail = await parseMail(buildMail({ to, cc: to }));
    expect(mail.to.length + mail.cc.length).toBe(1000);
    expect(codes(mail)).toContain('over-limit');
  });

  test('case 30: 20,000 references', async () => {
    const mail = await parseMail(buildMail({ references: Array.from({ length: 20_000 }, (_, at) => `<${at}@x>`) }));
    expect(mail.references).toHaveLength(500);
    expect(mail.references.at(-1)).toBe('19999@x');
    expect(codes(mail)).toContain('over-limit');
  });

  test('text over 1 MiB is cut and flagged', async () => {
    const mail = await parseMail(buildMail({ text: 'Hello you\n'.repeat(200_000) }));
    expect(mail.text).toHaveLength(1024 * 1024);
    expect(codes(mail)).toEqual(['over-limit']);
  });

  test('a subject over 1000 characters is cut and flagged', async () => {
    const mail = await parseMail(buildMail({ subject: 'a'.repeat(5000) }));
    expect(mail.subject).toHaveLength(1000);
    expect(codes(mail)).toEqual(['over-limit']);
  });
});

describe('IN-15 what has something to read is not blank', () => {
  test.for([
    ['a line end', '\n'],
    ['spaces and a no-break space', '  \u00a0 \n'],
    ['zero-width characters', '\u200b\u200c\u034f\u00ad\ufeff'],
  ])('case 64: a plain part of %s beside HTML', async ([, text = '']) => {
    const mail = await parseMail(buildMail({ text, html: '<p>It does <b>not</b> work.</p>' }));
    expect(mail.text).toBe('It does not work.');
    expect(codes(mail)).toEqual(['text-from-html']);
  });

  test('a blank alternative above the footer of a list', async () => {
    const mail = await parseText(
      'From: karen@customer.test\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <a@x>\n' +
        'Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/alternative; boundary=a\n\n' +
        '--a\nContent-Type: text/plain\n\n \n--a\nContent-Type: text/html\n\n<p>Hello</p>\n--a--\n' +
        '--m\nContent-Type: text/plain\n\nFooter\n--m--\n',
    );
    expect(mail.text).toBe('Hello\nFooter');
    expect(mail.html).toContain('Footer');
  });

  test.each([
    '<div style="display:none;max-height:0">Summary</div><p>Hello</p>',
    '<p style="color:red; display: none">Summary</p><p>Hello</p>',
  ])('without what its HTML hides from a reader: %j', async (html) => {
    const mail = await parseText(`From: karen@customer.test\nContent-Type: text/html\n\n${html}\n`);
    expect(mail.text.trim()).toBe('Hello');
    expect(mail.html).toContain('Summary');
  });

  test.for([50_000, 500_000])('case 66: %i nested elements, in under 1 s', async (depth) => {
    const html = `${'<div>'.repeat(depth)}Hello you${'</div>'.repeat(depth)}`;
    const spentMs = cpuStopwatch();
    const mail = await parseMail(buildMail({ html }));
    expect(spentMs()).toBeLessThan(1000);
    expect(mail.text.trim()).toBe('Hello you');
  });

  test.for([
    ['dots', 'a.'],
    ['punycode', 'xn--.'],
    ['addresses', 'a@b.cc '],
    ['links', 'http://a.b/?"onmouseover="x '],
  ])('case 72: 4 MB of %s, as text and as HTML, in under 1 s', async ([, piece = '']) => {
    const text = piece.repeat((4 * 1024 * 1024) / piece.length);
    for (const content of [{ text }, { html: `<p>${text}</p>` }]) {
      const spentMs = cpuStopwatch();
      const mail = await parseMail(buildMail(content));
      expect(spentMs()).toBeLessThan(1000);
      expect(mail.text.startsWith(piece.trim())).toBe(true);
    }
  });

  test('HTML alone becomes text and is flagged as such', async () => {
    const mail = await parseMail(buildMail({ html: '<h1>Ä</h1><p>a<br>b</p><script>x()</script>' }));
    expect(mail.text).toBe('Ä\n\na\nb');
    expect(codes(mail)).toEqual(['text-from-html']);
  });
});

describe('cases 53 to 61 and 89 to 90: what is broken is shown as it is', () => {
  test('case 63: an archive is measured as it came, never opened', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    const mail = await parseMail(
      buildMail({ attachments: [{ fileName: 'all.zip', contentType: 'application/zip', content: bomb }] }),
    );
    expect(mail.attachments).toMatchObject([
      { fileName: 'all.zip', sizeBytes: bomb.length, sha256: createHash('sha256').update(bomb).digest('hex') },
    ]);
  });

  test('case 53: a multipart without a boundary', async () => {
    const mail = await parseText('From: karen@customer.test\nContent-Type: multipart/mixed\n\nHello you\n');
    expect(mail.text.trim()).toBe('Hello you');
    expect(codes(mail)).toContain('multipart-boundary-missing');
  });

  test('case 53: a multipart whose boundary never comes', async () => {
    const mail = await parseText('From: karen@customer.test\nContent-Type: multipart/mixed; boundary=b\n\nHello you\n');
    expect(mail.text.trim()).toBe('Hello you');
  });

  test('case 53: a boundary of 5 KB', async () => {
    const boundary = 'b'.repeat(5000);
    const mail = await parseText(
      `From: karen@customer.test\nContent-Type: multipart/mixed; boundary="${boundary}"\n\n--${boundary}\n\nHello you\n--${boundary}--\n`,
    );
    expect(mail.text.trim()).toContain('Hello you');
  });

  test('case 54: an unterminated multipart', async () => {
    const mail = await parseText(
      'From: karen@customer.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello you\n',
    );
    expect(mail.text.trim()).toBe('Hello you');
  });

  test('case 55: of two Content-Type fields the first counts', async () => {
    const mail = await parseText('From: k@x.test\nContent-Type: text/plain\nContent-Type: text/html\n\n<b>Hello</b>\n');
    expect(mail.html).toBeNull();
    expect(mail.text).toContain('<b>Hello</b>');
    expect(codes(mail)).toContain('content-type-repeated');
  });

  test('case 56: base64 garbage is an attachment as far as it decodes', async () => {
    const mail = await parseText(
      'From: k@x.test\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n!!!YWJj%%%=\n',
    );
    expect(mail.attachments).toMatchObject([{ partPath: '1', fileName: 'a.pdf', contentType: 'application/pdf' }]);
    expect(codes(mail)).toContain('transfer-encoding-invalid');
  });

  test('an unknown transfer encoding is read as it is', async () => {
    const mail = await parseText(
      'From: k@x.test\nContent-Type: text/plain\nContent-Transfer-Encoding: x-rot13\n\nUryyb\n',
    );
    expect(mail.text.trim()).toBe('Uryyb');
    expect(codes(mail)).toContain('transfer-encoding-invalid');
  });

  test.for(['utf-7', 'x-nonsense'])('case 57: charset %s is never decoded to markup', async (charset) => {
    const mail = await parseText(
      `From: k@x.test\nContent-Type: text/html; charset=${charset}\n\n+ADw-script+AD4- Hello\n`,
    );
    expect(mail.html).not.toContain('<script');
    expect(mail.text).toContain('Hello');
    expect(codes(mail)).toContain('charset-unknown');
  });

  test.for([
    ['windows-1252', 'K\xe4se', 'latin1'],
    ['iso-8859-15', 'K\xe4se', 'latin1'],
    ['utf-8', 'Käse', 'utf8'],
  ] as const)('a body in %s', async ([charset, text, encoding]) => {
    const mail = await parseText(
      `From: k@x.test\nContent-Type: text/plain; charset=${charset}\nContent-Transfer-Encoding: 8bit\n\n${text}\n`,
      encoding,
    );
    expect(mail.text.trim()).toBe('Käse');
  });

  test('a mail without a header is its text', async () => {
    expect((await parseText('This is a mail without a header.\n')).text).toContain('without a header');
  });

  test('a boundary without its semicolon is one', async () => {
    const { text } = await parseText(
      'From: k@x.test\nContent-Type: multipart/mixed boundary=b\n\n--b\nContent-Type: text/plain\n\nHello\n--b--\n',
    );
    expect(text.trim()).toBe('Hello');
  });

  test('case 59: a subject that decodes to two lines is one', async () => {
    const mail = await parseMail(buildMail({ subject: '=?utf-8?q?Hello=0D=0ABcc:_x=40y.test=00?=' }));
    expect(mail.subject).toBe('Hello Bcc: x@y.test');
  });

  test('case 24: bidirectional controls leave the subject', async () => {
    const mail = await parseMail(buildMail({ subject: 'Invoice \u202efdp.exe' }));
    expect(mail.subject).toBe('Invoice fdp.exe');
    expect(codes(mail)).toEqual(['bidi-control']);
  });

  test.for([
    ['case 60: a path', '../../etc/passwd', 'passwd'],
    ['case 60: a Windows path', 'C:\\\\temp\\\\a.exe', 'a.exe'],
    ['case 60: a line end', '=?utf-8?q?a=0D=0Ab.txt?=', 'a b.txt'],
    ['case 60: NUL', '=?utf-8?q?x=00.exe?=', 'x.exe'],
    ['case 61: an override', '=?utf-8?q?invoice=E2=80=AEfdp.exe?=', 'invoicefdp.exe'],
    ['case 62: a hidden file', '.htaccess', 'htaccess'],
    ['nothing but dots', '..', 'part-2.bin'],
    ['too long a name', `${'a'.repeat(500)}.pdf`, `${'a'.repeat(176)}.pdf`],
  ])('an attachment has a safe name: %s', async ([, fileName = '', expected]) => {
    const mail = await parseMail(buildMail({ attachments: [{ fileName, content: 'x' }] }));
    expect(mail.attachments[0]?.fileName).toBe(expected);
    expect(codes(mail)).toContain('attachment-name-changed');
  });

  test('case 89 and 90: NUL and lone surrogates stay out of every string', async () => {
    const mail = await parseMail(
      buildMail({
        subject: '=?utf-16le?b?PdgA2A==?= \0',
        text: 'a\0b\n',
        html: '<p>a\0b</p>',
        headers: { 'X-Nul': 'a\0b' },
      }),
    );
    expect(mail.text).toBe('ab\n');
    expect(mail.html).toBe('<p>ab</p>');
    expect(JSON.stringify(mail)).not.toMatch(/\\u0000|\\ud[89a-f]/);
    expect(codes(mail)).toContain('nul-bytes');
  });

  test('line ends are \\n whatever was sent', async () => {
    const raw = Buffer.from(
      'From: k@x.test\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=0D=0Ab=0Dc\r\n',
    );
    expect((await parseMail(raw)).text.trim()).toBe('a\nb\nc');
  });
});

describe('case 75: what is not text is an attachment', () => {
  test('with its part, size and SHA-256', async () => {
    const mail = await parseMail(
      buildMail({
        text: 'See the picture',
        html: '<img src="cid:one@x">',
        attachments: [
          { fileName: 'a.txt', contentType: 'application/x-thing', content: 'abc' },
          { fileName: 'one.png', contentType: 'image/png', content: 'png', contentId: '<one@x>' },
        ],
      }),
    );
    expect(mail.attachments).toEqual([
      {
        partPath: '2',
        fileName: 'a.txt',
        contentType: 'application/x-thing',
        sizeBytes: 3,
        sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        contentId: null,
        inline: false,
      },
      expect.objectContaining({ partPath: '3', fileName: 'one.png', contentId: 'one@x', inline: true }),
    ]);
  });

  test('a calendar invite is read and stays an attachment', async () => {
    const ics =
      'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Call\\, about\r\n  banking\r\nDTSTART:20261124T100000Z\r\n' +
      'DTEND;TZID="Europe/Berlin":20261124T120000\r\nORGANIZER;CN="Karen: C":mailto:karen@customer.test\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n';
    const mail = await parseMail(buildMail({ attachments: [{ contentType: 'text/calendar', content: ics }] }));
    expect(mail.calendar).toEqual([
      {
        method: 'REQUEST',
        summary: 'Call, about banking',
        start: '2026-11-24T10:00:00Z',
        end: '2026-11-24T12:00:00',
        organizer: 'karen@customer.test',
      },
    ]);
    expect(mail.attachments).toHaveLength(1);
  });

  test.for([
    ['multipart/signed; boundary=b', 'signed'],
    ['multipart/encrypted; boundary=b', 'encrypted'],
    ['application/pkcs7-mime; smime-type=enveloped-data', 'encrypted'],
    ['application/pkcs7-mime; smime-type=signed-data', 'signed'],
  ])('protection is told from the content type: %s', async ([contentType, protection]) => {
    expect((await parseText(`From: k@x.test\nContent-Type: ${contentType}\n\nx\n`)).protection).toBe(protection);
  });
});

test('the same bytes give the same mail', async () => {
  const raw = buildMail({ text: 'Hello\n', html: '<p>Hello' });
  expect(await parseMail(raw)).toEqual(await parseMail(raw));
});

test('any bytes at all are parsed without an exception, into spans that give the text', async () => {
  const LINES = [
    'From: a@x.test',
    'Subject: =?utf-8?q?=C3?=',
    'Content-Type: multipart/mixed; boundary=b',
    '--b',
    '--b--',
    '',
    'On 1 Jan Karen wrote:',
    '> a',
    '-- ',
    '\0',
    'Content-Type: text/html',
    'Content-Transfer-Encoding: base64',
    '<div>ä',
    '\ud800',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        fc.array(fc.constantFrom(...LINES), { maxLength: 20 }).map((lines) => Buffer.from(lines.join('\r\n'))),
      ),
      async (raw) => {
        const mail = await parseMail(raw);
        expect(mail.spans.map(({ from, to }) => mail.text.slice(from, to)).join('')).toBe(mail.text);
        expect(JSON.stringify(mail)).not.toMatch(/\\u0000|\\ud[89a-f]/);
      },
    ),
    { numRuns: 500 },
  );
});
