import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { composeMail, type MailToCompose } from '../../src/outbound/compose.ts';
import { oneLine } from '../../src/outbound/header-values.ts';

const mail: MailToCompose = {
  messageId: 'o.7.abc@desk.test',
  date: new Date('2026-11-23T10:20:30Z'),
  recipientAddress: 'karen@customer.test',
  from: { name: 'Desk Support', address: 'support@desk.test' },
  to: [{ name: 'Karen Ünal', address: 'karen@customer.test' }],
  cc: [],
  replyTo: { name: 'Desk Support', address: 'support+abc234@desk.test' },
  subject: 'Re: [#1042] Mobile banking does not work',
  inReplyTo: 'first@customer.test',
  references: ['zero@customer.test'],
  automatic: 'auto-replied',
  language: 'en',
  text: 'Hello Karen,\n\nwe have it.\n',
  html: '<p>Hello Karen,</p><p>we have it.</p>',
};

const bytes = (overrides: Partial<MailToCompose> = {}) => {
  const { header, body } = composeMail({ ...mail, ...overrides });
  return Buffer.concat([header, body]);
};
const parse = (overrides: Partial<MailToCompose> = {}) => simpleParser(bytes(overrides), { skipTextToHtml: true });
const headerText = (overrides: Partial<MailToCompose> = {}) =>
  Buffer.from(composeMail({ ...mail, ...overrides }).header).toString();
/** Field names in order, folded lines joined. */
const fields = (overrides: Partial<MailToCompose> = {}) =>
  headerText(overrides)
    .replace(/\r\n[ \t]/g, ' ')
    .trimEnd()
    .split('\r\n')
    .map((line) => line.slice(0, line.indexOf(':')));

describe('a composed mail', () => {
  test('OUT-01 is the same bytes for the same input', () => {
    expect(bytes()).toEqual(bytes());
    expect(bytes().toString()).toMatchInlineSnapshot(`
      "From: Desk Support <support@desk.test>
      To: =?UTF-8?B?S2FyZW4gw5xuYWw=?= <karen@customer.test>
      Reply-To: Desk Support <support+abc234@desk.test>
      Subject: Re: [#1042] Mobile banking does not work
      Date: Mon, 23 Nov 2026 10:20:30 +0000
      Message-ID: <o.7.abc@desk.test>
      In-Reply-To: <first@customer.test>
      References: <zero@customer.test>
       <first@customer.test>
      Auto-Submitted: auto-replied
      X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply
      Content-Language: en
      MIME-Version: 1.0
      Content-Type: multipart/alternative;
       boundary="=_docket_37048a3ae96abcb8319f59b46497b472"

      --=_docket_37048a3ae96abcb8319f59b46497b472
      Content-Type: text/plain; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      Hello Karen,

      we have it.

      --=_docket_37048a3ae96abcb8319f59b46497b472
      Content-Type: text/html; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      <p>Hello Karen,</p><p>we have it.</p>
      --=_docket_37048a3ae96abcb8319f59b46497b472--
      "
    `);
  });

  test('has each header once, text before HTML, and reads as it was written', async () => {
    const parsed = await parse();
    expect(fields()).toEqual([
      'From',
      'To',
      'Reply-To',
      'Subject',
      'Date',
      'Message-ID',
      'In-Reply-To',
      'References',
      'Auto-Submitted',
      'X-Auto-Response-Suppress',
      'Content-Language',
      'MIME-Version',
      'Content-Type',
    ]);
    expect(parsed.from?.value).toEqual([{ name: 'Desk Support', address: 'support@desk.test' }]);
    expect(parsed.to).toMatchObject({ value: [{ name: 'Karen Ünal', address: 'karen@customer.test' }] });
    expect(parsed.replyTo?.value[0]?.address).toBe('support+abc234@desk.test');
    expect(parsed).toMatchObject({ subject: mail.subject, messageId: '<o.7.abc@desk.test>', date: mail.date });
    expect(parsed.inReplyTo).toBe('<first@customer.test>');
    expect(parsed.references).toEqual(['<zero@customer.test>', '<first@customer.test>']);
    expect(parsed.text?.trim()).toBe(mail.text.trim());
    expect(parsed.html).toContain('<p>we have it.</p>');
    const wire = bytes().toString();
    expect(wire.indexOf('text/plain')).toBeLessThan(wire.indexOf('text/html'));
  });

  test('OUT-01 its body does not depend on the recipient, so that one blob serves an article', () => {
    const other = composeMail({
      ...mail,
      messageId: 'o.8@desk.test',
      recipientAddress: 'jim@customer.test',
      subject: 'x',
    });
    expect(other.body).toEqual(composeMail(mail).body);
  });

  test('R6 OUT-18 automatic mail says so and asks for no answers, but for bounces', () => {
    const automatic = headerText();
    expect(automatic).toContain('Auto-Submitted: auto-replied\r\n');
    expect(automatic).toContain('X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply\r\n');
    expect(headerText({ automatic: 'auto-generated' })).toContain('Auto-Submitted: auto-generated\r\n');
    expect(headerText({ automatic: null })).not.toMatch(/Auto-Submitted|X-Auto-Response/);
  });

  test('R2 a mail that answers nothing has no In-Reply-To, one that nobody may answer no Reply-To', () => {
    const names = fields({ inReplyTo: null, references: [], replyTo: null });
    expect(names).not.toContain('In-Reply-To');
    expect(names).not.toContain('References');
    expect(names).not.toContain('Reply-To');
  });

  test('names everybody visible in To and Cc', async () => {
    const parsed = await parse({
      cc: [
        { name: 'Doe, Jane "JD"', address: 'jane@customer.test' },
        { name: '', address: 'jim@customer.test' },
      ],
    });
    expect(parsed.cc).toMatchObject({
      value: [
        { name: 'Doe, Jane "JD"', address: 'jane@customer.test' },
        { name: '', address: 'jim@customer.test' },
      ],
    });
  });
});

describe('OUT-06 addresses', () => {
  test.each([
    'a@b.test, evil@x.test',
    'a@b.test>\r\nBcc: evil@x.test',
    'plain',
    'a@b@c.test',
    'a b@c.test',
    '<a@b.test>',
    'a@-b.test',
    '',
  ])('%j is refused and not mended', (address) => {
    const unusable = expect.objectContaining({ code: 'ADDRESS_UNUSABLE' });
    expect(() => composeMail({ ...mail, to: [{ name: '', address }] })).toThrow(unusable);
    expect(() => composeMail({ ...mail, replyTo: { name: '', address } })).toThrow(unusable);
  });

  test.each(['"karen unal"@customer.test', "o'neil+tag@customer.test", 'a@[192.0.2.1]', 'a@xn--bcher-kva.test'])(
    '%s is written as it is',
    (address) => {
      expect(headerText({ to: [{ name: '', address }] })).toContain(`To: ${address}\r\n`);
    },
  );

  test('a name cannot become an address', async () => {
    const parsed = await parse({
      to: [{ name: 'boss@bank.test, evil <evil@x.test>', address: 'karen@customer.test' }],
    });
    expect(parsed.to).toMatchObject({
      value: [{ name: 'boss@bank.test, evil <evil@x.test>', address: 'karen@customer.test' }],
    });
  });

  test('a name that looks like an encoded word is not decoded by anybody', async () => {
    const parsed = await parse({ to: [{ name: '=?utf-8?q?evil=40x.test?=', address: 'karen@customer.test' }] });
    expect(parsed.to).toMatchObject({ value: [{ name: '=?utf-8?q?evil=40x.test?=', address: 'karen@customer.test' }] });
  });

  test('case 88: an address in UTF-8 stands as such only in mail to one, and as a name without address elsewhere', () => {
    const cc = [{ name: '', address: 'jürgen@customer.test' }];
    expect(headerText({ recipientAddress: 'jürgen@customer.test', to: cc })).toContain('To: jürgen@customer.test\r\n');
    expect(headerText({ cc })).toMatch(/^Cc: =\?UTF-8\?B\?[\w+/=]+\?= :;\r$/m);
  });
});

describe('OUT-07 values that came in by mail', () => {
  test('case 59: a subject with line breaks and NUL is one line, and adds no header', () => {
    const evil = {
      subject: 'x\r\nBcc: victim@bank.test\r\n\r\nbody\0',
      from: { name: 'a\r\nBcc: b@c.test', address: 'support@desk.test' },
    };
    expect(fields(evil)).toEqual(fields());
    expect(headerText(evil)).toContain('Subject: x Bcc: victim@bank.test body\r\n');
  });

  test('message ids that are none are left out', () => {
    const references = [
      'ok@x.test',
      'a b@x.test',
      'no-at',
      '<br@cket.test>',
      'x@y.test>\r\nBcc: <a@b.test',
      `${'l'.repeat(201)}@x.test`,
      'ü@x.test',
    ];
    expect(headerText({ inReplyTo: 'x>\r\nBcc: a@b.test', references })).toContain('References: <ok@x.test>\r\n');
    expect(fields({ inReplyTo: 'x>\r\nBcc: a@b.test', references })).not.toContain('In-Reply-To');
  });

  test('of many References the first and the last twenty remain', async () => {
    const references = Array.from({ length: 5_000 }, (_, index) => `r${index}@customer.test`);
    const parsed = await parse({ inReplyTo: null, references });
    expect(parsed.references).toEqual(['<r0@customer.test>', ...references.slice(-20).map((id) => `<${id}>`)]);
  });

  test('our own Message-ID must be one', () => {
    expect(() => composeMail({ ...mail, messageId: 'no id' })).toThrow(
      expect.objectContaining({ code: 'MESSAGE_ID_UNUSABLE' }),
    );
  });

  test('whatever a subject and a name are, the header stays what it is', { timeout: 60_000 }, async () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({
        unit: fc.constantFrom(
          '\r',
          '\n',
          '\0',
          ':',
          ' ',
          '=?',
          '?=',
          '"',
          '\\',
          '<',
          '>',
          '@',
          ',',
          ';',
          'ä',
          '🙂',
          '\ud800',
          'x',
        ),
        maxLength: 300,
      }),
    );
    await fc.assert(
      fc.asyncProperty(anything, anything, async (subject, name) => {
        const differing = { subject, to: [{ name, address: 'karen@customer.test' }] };
        const header = headerText(differing);
        expect(fields(differing)).toEqual(fields());
        expect(header).toMatch(/^[\x20-\x7e\t\r\n]*$/);
        expect(header.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
        expect(Math.max(...header.split('\r\n').map((line) => line.length))).toBeLessThan(200);
        const parsed = await parse(differing);
        expect(parsed.subject ?? '').toBe(oneLine(subject));
        expect(parsed.to).toMatchObject({ value: [{ address: 'karen@customer.test' }] });
      }),
      { numRuns: 200 },
    );
  });
});

describe('OUT-10 nothing is fetched', () => {
  test('paths and addresses in a mail stay text', () => {
    const html = '<img src="file:///etc/hostname"><link href="http://127.0.0.1:1/x">';
    const wire = bytes({ html, text: '/etc/hostname' }).toString();
    expect(wire).toContain('file:///etc/hostname');
    expect(wire).toContain('http://127.0.0.1:1/x');
    expect(wire).not.toMatch(/^Content-Disposition|^Content-ID/im);
  });
});

describe('OUT-08 the body', () => {
  test.each([
    'a\rb\nc\r\nd',
    '.\r\n.\r\n..x\n.\n',
    'From here\nto there  \n\t\n',
    'käse 🙂 \ud800 \0 end',
    'x'.repeat(5_000),
    '--=_docket_0\n=_\n',
    '',
  ])('%j survives, in short ASCII lines with CRLF only', async (text) => {
    const body = Buffer.from(composeMail({ ...mail, text }).body).toString('latin1');
    expect(body).toMatch(/^[\x20-\x7e\t\r\n]*$/);
    expect(body.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(Math.max(...body.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(76);
    const parsed = await parse({ text });
    const expected = text.toWellFormed().replaceAll('\0', '').replace(/\r\n?/g, '\n');
    expect(parsed.text?.replace(/\n+$/, '')).toBe(expected.replace(/\n+$/, ''));
  });
});
