/**
 * The mails of the benchmark: every run has the same ones. Each is 4 KB on the wire, three in ten answer an earlier one of
 * the set by its Message-ID, most senders write once. They look like what a desk gets from real clients: trace and
 * authentication headers, plain text or an HTML alternative, quoted history below an answer.
 */
export interface BenchMail {
  from: string;
  raw: Buffer;
}

export const MAIL_BYTES = 4096;

/** Which of ten mails in a row are answers. */
const ANSWERS = [3, 6, 9];
const isPlain = (index: number) => index % 3 === 0;
/** Every so many openings one comes from a sender who wrote before. */
const KNOWN_SENDER_EVERY = 20;

interface Written {
  sender: Sender;
  messageId: string;
  references: string[];
  subject: string;
  text: string;
}

interface Sender {
  name: string;
  address: string;
}

export function generateMails(count: number): BenchMail[] {
  const random = randomNumbers(20_261_123);
  const pick = <Value>(values: readonly Value[]): Value => {
    const value = values[Math.floor(random() * values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  };
  const written: Written[] = [];

  function newSender(index: number): Sender {
    const [first, last] = [pick(FIRST_NAMES), pick(LAST_NAMES)];
    return { name: `${first} ${last}`, address: `${first}.${last}.${index}@${pick(DOMAINS)}`.toLowerCase() };
  }

  function write(index: number): Written {
    const parent = index > 0 && ANSWERS.includes(index % 10) ? pick(written) : null;
    const known = written.length > 0 && index % KNOWN_SENDER_EVERY === 0;
    const sender = parent?.sender ?? (known ? pick(written).sender : newSender(index));
    const paragraphCount = (isPlain(index) ? 9 : 4) - (parent === null ? 0 : 2);
    const paragraphs = Array.from({ length: paragraphCount }, () =>
      Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(SENTENCES)).join(' '),
    );
    return {
      sender,
      messageId: `<${index.toString(36)}.${Math.floor(random() * 1e12).toString(36)}@${sender.address.split('@')[1]}>`,
      references: parent === null ? [] : [...parent.references, parent.messageId].slice(-5),
      subject: parent === null ? pick(SUBJECTS) : `Re: ${parent.subject.replace(/^Re: /, '')}`,
      text: ['Hello,', ...paragraphs, `Kind regards\n${sender.name}`, ...(parent ? [quote(parent)] : [])].join('\n\n'),
    };
  }

  return Array.from({ length: count }, (_, index) => {
    const mail = write(index);
    written.push(mail);
    return { from: mail.sender.address, raw: compose(mail, index) };
  });
}

function quote({ sender, text }: Written): string {
  const lines = wrap(text).split('\r\n').slice(0, 10);
  return [`On Mon, 23 Nov 2026 at 09:00, ${sender.name} wrote:`, ...lines.map((line) => `> ${line}`)].join('\n');
}

function compose(mail: Written, index: number): Buffer {
  const boundary = `=_part_${index}_of_the_set`;
  const header = headerLines(mail, index);
  const text = wrap(mail.text);
  const content = isPlain(index)
    ? ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', text, '']
    : [
        `Content-Type: multipart/alternative; boundary="${boundary}"`,
        '',
        `--${boundary}`,
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: 8bit',
        '',
        text,
        `--${boundary}`,
        'Content-Type: text/html; charset=utf-8',
        'Content-Transfer-Encoding: 8bit',
        '',
        htmlOf(mail.text),
        `--${boundary}--`,
        '',
      ];
  const bare = [...header, ...content].join('\r\n');
  return Buffer.from([filler(MAIL_BYTES - Buffer.byteLength(bare)), ...header, ...content].join('\r\n'));
}

/** Brings a mail to its size as large providers do: with a header field that only they can read. */
function filler(bytes: number): string {
  const start = 'X-Provider-Antispam-Message-Info: ';
  const length = bytes - start.length - 2;
  if (length < 1) throw new Error('a mail of the set is too long');
  let field = start;
  for (let index = 0; field.length < bytes - 2; index++) field += index % 76 === 75 ? '\r\n ' : 'A';
  // Not in the middle of a fold.
  return field.slice(0, bytes - 2).replace(/\r?\n? ?$/, (cut) => 'A'.repeat(cut.length));
}

function headerLines({ sender, messageId, references, subject }: Written, index: number): string[] {
  const [, domain] = sender.address.split('@');
  const parent = references.at(-1);
  return [
    `Authentication-Results: mx.desk.test; dkim=pass header.d=${domain}; spf=pass smtp.mailfrom=${sender.address};`,
    ` dmarc=pass header.from=${domain}`,
    `Received: from mail.${domain} (mail.${domain} [192.0.2.25]) by mx.desk.test with ESMTPS id ${index}`,
    ' for <support@desk.test>; Mon, 23 Nov 2026 10:00:01 +0000',
    `Received: from [198.51.100.7] by mail.${domain} with ESMTPSA id ${index}a; Mon, 23 Nov 2026 10:00:00 +0000`,
    `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=${domain}; s=mail; h=from:to:subject:date:message-id;`,
    ' bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=dGhpcyBpcyBub3QgYSBzaWduYXR1cmU=',
    `From: "${sender.name}" <${sender.address}>`,
    'To: Desk Support <support@desk.test>',
    `Subject: ${subject}`,
    `Date: Mon, 23 Nov 2026 10:${String(Math.floor(index / 60) % 60).padStart(2, '0')}:${String(index % 60).padStart(2, '0')} +0000`,
    `Message-ID: ${messageId}`,
    ...(parent === undefined ? [] : [`In-Reply-To: ${parent}`, `References: ${references.join('\r\n ')}`]),
    'MIME-Version: 1.0',
    'User-Agent: Mozilla Thunderbird',
  ];
}

function wrap(text: string): string {
  return text
    .split('\n')
    .flatMap((line) => (line.startsWith('>') ? line : (line.match(/.{1,76}(?:\s|$)/g) ?? [''])))
    .map((line) => line.trimEnd())
    .join('\r\n');
}

function htmlOf(text: string): string {
  const paragraphs = text
    .split('\n\n')
    .map((paragraph) =>
      paragraph.startsWith('>') || paragraph.startsWith('On ')
        ? `<blockquote type="cite">${escapeHtml(paragraph)}</blockquote>`
        : `<p>${escapeHtml(paragraph)}</p>`,
    );
  const style = '<style>p { margin: 0 0 1em; font-family: Calibri, sans-serif }</style>';
  return `<html><head><meta charset="utf-8">${style}</head><body>\r\n${paragraphs.join('\r\n')}\r\n</body></html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', '<br>\r\n');
}

/** Mulberry32: the same numbers on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const FIRST_NAMES = ['Karen', 'Ahmed', 'Lucía', 'Wei', 'Jonas', 'Priya', 'Olga', 'Tomás', 'Aïcha', 'Erik'].map((name) =>
  name.normalize('NFD').replace(/[\u0300-\u036f]/g, ''),
);
const LAST_NAMES = ['Miller', 'Haddad', 'Garcia', 'Chen', 'Weber', 'Nair', 'Petrova', 'Silva', 'Diallo', 'Lund'];
const DOMAINS = ['customer.test', 'mail.example', 'posteo.example', 'firm.example', 'shop.example', 'uni.example'];

const SUBJECTS = [
  'Mobile banking does not work',
  'Invoice 20871 was charged twice',
  'Cannot reset my password',
  'Question about the new fees',
  'App crashes when I scan a document',
  'Card has not arrived after two weeks',
  'Change of address',
  'Export of my statements fails',
];

const SENTENCES = [
  'Since the update on Friday the app closes as soon as I choose an account.',
  'I have tried it on two phones and with another network, without any difference.',
  'The page says “Something went wrong” and shows the reference 7F-2210-A.',
  'Could you please tell me what I should do next?',
  'My colleague has the same problem on her computer, using another browser.',
  'The amount of 149.90 € was booked on the 3rd and again on the 5th of the month.',
  'I would be grateful for an answer before the end of the week.',
  'There is nothing in my spam folder, and the address in my profile is correct.',
  'When I press the button, nothing happens for a minute and then I am logged out.',
  'Attached to my first mail you find a picture of what I see.',
];
