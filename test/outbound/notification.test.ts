import { convert } from 'html-to-text';
import { describe, expect, test } from 'vitest';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { BOUNDARY_LINES, type NotificationInput, notification } from '../../src/outbound/notification.ts';
import { buildMail } from '../support/mail-builder.ts';

const told: NotificationInput = {
  ticket: {
    number: '1042',
    subject: 'Mobile banking does not work',
    status: 'new',
    priority: 'high',
    departmentName: 'Banking',
    followsNumber: null,
    proposed: [],
    clocks: [],
  },
  deskName: 'Desk Support',
  languages: ['en'],
  author: { name: 'Karen Customer', address: 'karen@customer.test', certainty: 'confirmed' },
  answersTo: { name: 'Karen Customer', othersCount: 0 },
  text: 'Hello,\n\nit shows E4711 since this morning.\n\nKaren\n',
  attachments: [{ fileName: 'screenshot.png', sizeBytes: 120_400 }],
  leftBehind: [],
  whyLeft: 'too-large',
  reason: 'department',
  zone: 'Europe/Berlin',
  alarm: null,
  addresses: { act: 'support+aaaa@desk.test', note: 'support+bbbb@desk.test' },
  mayTake: true,
};

const words = (text: string) =>
  text
    .replace(/^>/gm, '')
    .replace(/^-- $/m, '')
    .replace(/:?\s*\[?mailto:\S+?\]?(?=\s)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

describe('a notification', () => {
  test('of an email without text says so, and shows no empty quote', () => {
    const { text, html } = notification({ ...told, text: ' \n' });
    expect(text).toContain(
      'by email.\n\nKaren Customer sent an email without any text.\n\nAttached to it: screenshot.png',
    );
    expect(html).toContain('without any text');
    expect(html).not.toContain('blockquote');
  });

  test('A19 says at its top where an answer goes, then the words, who wrote them, and why it came', () => {
    const mail = notification(told);
    expect(mail.subject).toBe('Re: [#1042] Mobile banking does not work');
    expect([mail.fromName, mail.replyToName]).toEqual(['Karen Customer via Desk Support', 'Karen Customer [#1042]']);
    expect(mail.text).toBe(`— Reply above this line —

Your answer goes to Karen Customer by email.

Karen Customer wrote:

> Hello,
>
> it shows E4711 since this morning.
>
> Karen

Attached to it: screenshot.png (120 kB)

Sender: karen@customer.test, confirmed by the mail server.
Ticket #1042: new, high priority, in Banking.
You get this email because you work in Banking and nobody has taken the ticket.

Take it:
mailto:support%2Baaaa@desk.test?subject=%2Ftake%20%231042&body=%2Ftake

Resolve it:
mailto:support%2Baaaa@desk.test?subject=%2Fresolve%20%231042&body=%2Fresolve

Write a note for colleagues:
mailto:support%2Bbbbb@desk.test?subject=Note%20on%20%231042

-- 
Desk Support sent this to its agents. Please do not pass it on: the addresses in it work for you alone.
`);
  });

  test('says which closed ticket it follows', () => {
    const { text } = notification({ ...told, ticket: { ...told.ticket, followsNumber: '1001' } });
    expect(text).toContain('Ticket #1042: new, high priority, in Banking. It follows #1001, which is closed.\n');
  });

  test('names who was in copy and gets no answers, with the command that changes that', () => {
    const proposed = ['kim@customer.test', '"a b"@customer.test', 'lee@customer.test'];
    const { text, html } = notification({ ...told, ticket: { ...told.ticket, proposed } });
    expect(text).toContain('Was in copy, and does not get your answers: kim@customer.test, lee@customer.test.\n');
    expect(text).toContain('body=%2Fcc%20%2Bkim%40customer.test%20%2Blee%40customer.test\n');
    expect(html).toContain('does not get your answers: kim@customer.test, lee@customer.test.');
  });

  test('of a thank-you says that it reopened nothing, and offers to', () => {
    const { text } = notification({ ...told, ticket: { ...told.ticket, status: 'resolved' } });
    expect(text).toContain('in Banking. This looks like no more than a thank-you, so it stays resolved.\n');
    expect(text).toContain('Reopen it:\nmailto:support%2Baaaa@desk.test?subject=%2Freopen%20%231042&body=%2Freopen\n');
    expect(text).not.toMatch(/Take it|Resolve it/);
  });

  test('warns of a sender nobody vouches for, and counts who else gets the answer', () => {
    const { text } = notification({
      ...told,
      author: { ...told.author, certainty: 'unconfirmed' },
      answersTo: { name: 'Karen', othersCount: 2 },
    });
    expect(text).toContain(
      'Sender: karen@customer.test, not confirmed. Anybody could have written this in their name.',
    );
    expect(text).toContain('Your answer goes to Karen and 2 other people by email.');
  });

  test('speaks the agent’s language', () => {
    const { text, html, language } = notification({ ...told, languages: ['de', 'en'] });
    expect(language).toBe('de');
    expect(text).toMatch(
      /^— Bitte oberhalb dieser Zeile antworten —\n\nIhre Antwort geht per E-Mail an Karen Customer\./,
    );
    expect(html).toContain('<html lang="de" dir="ltr">');
  });

  test.each<[string, Parameters<typeof notification>[0]]>([
    ['as usual', told],
    [
      'to the assignee, with markup',
      { ...told, mayTake: false, text: 'a < b && c > "d"\n<img src=x>', attachments: [] },
    ],
    ['of a stranger in German', { ...told, languages: ['de'], author: { ...told.author, certainty: 'unconfirmed' } }],
  ])('R1 its HTML says the same as its text, %s', (_name, input) => {
    const { text, html } = notification(input);
    const fromHtml = convert(html, {
      wordwrap: false,
      selectors: [
        { selector: 'blockquote', format: 'block' },
        { selector: 'a', options: { ignoreHref: true } },
      ],
    });
    expect(words(fromHtml)).toBe(words(text));
    const links = [...html.matchAll(/href="([^"]+)"/g)].map(([, link]) => link?.replaceAll('&amp;', '&'));
    expect(links).toEqual(text.match(/^mailto:\S+$/gm));
  });

  test('R16 stays below what Gmail cuts, however long the mail it tells of', () => {
    const { text, html } = notification({ ...told, text: '<&"'.repeat(400_000) });
    expect(Buffer.byteLength(html)).toBeLessThan(100_000);
    expect(text.isWellFormed()).toBe(true);
    const longLetter = notification({
      ...told,
      text: `${'A line as people write them, of sixty characters or so, here.\n'.repeat(400)}The question?`,
    });
    expect(longLetter.text).toContain('> The question?');
    expect(Buffer.byteLength(longLetter.html)).toBeLessThan(100_000);
  });

  test('loads nothing', () => {
    expect(notification(told).html).not.toMatch(/<(?:img|script|link|iframe|object)\b|url\(|https?:|src=/i);
  });

  test('WEB-14 never compiles what a requester wrote', () => {
    const text = "{{ 'x' | upcase }} {% for i in (1..9) %}{{ i }}{% endfor %}";
    expect(notification({ ...told, text }).text).toContain(`> ${text}`);
  });
});

describe.each(['en', 'de'])('an answer to a notification in %s', (language) => {
  const quoted = notification({ ...told, languages: [language] }).text;
  const reply = async (text: string) => {
    const mail = await parseMail(buildMail({ subject: 'Re: [#1042] x', text }));
    return mail.spans
      .filter(({ kind }) => kind === 'reply')
      .map(({ from, to }) => mail.text.slice(from, to))
      .join('');
  };

  test.each([
    ['quoted with >', quoted.replace(/^/gm, '> ')],
    ['not marked at all', quoted],
    ['below a line nobody knows', `Quoth the raven, 23.11.2026:\n${quoted.replace(/^/gm, '| ')}`],
  ])('is cut at our line, %s', async (_name, below) => {
    const rest = await reply(`Please try again.\n\n${below}`);
    expect(rest).toMatch(/^Please try again\.\n/);
    for (const line of BOUNDARY_LINES) expect(rest).not.toContain(line);
    expect(rest).not.toMatch(/E4711|mailto/);
  });

  const clocks: NotificationInput['ticket']['clocks'] = [
    { target: 'firstResponse', state: 'breached', dueAt: new Date('2026-11-23T08:00:00Z') },
    { target: 'nextResponse', state: 'running', dueAt: new Date('2026-11-23T16:00:00Z') },
    { target: 'resolution', state: 'paused', dueAt: new Date('2026-11-30T16:00:00Z') },
  ];

  test('says what is due, in the agent’s zone', () => {
    const { text, html } = notification({ ...told, ticket: { ...told.ticket, clocks } });
    const says =
      'First answer overdue since Nov 23, 2026, 9:00 AM. Next answer due Nov 23, 2026, 5:00 PM. Solution: the clock stands still while the ticket waits.';
    expect(words(text)).toContain(says);
    expect(words(convert(html, { wordwrap: false }))).toContain(says);
  });

  const alarm: NonNullable<NotificationInput['alarm']> = {
    now: new Date('2026-11-23T10:30:00Z'),
    clocks: [
      {
        target: 'firstResponse',
        state: 'breached',
        dueAt: new Date('2026-11-23T08:00:00Z'),
        brokenAt: new Date('2026-11-23T08:00:00Z'),
      },
      { target: 'resolution', state: 'running', dueAt: new Date('2026-11-25T10:45:00Z'), brokenAt: null },
    ],
    done: [
      { what: 'priority', to: 'urgent' },
      { what: 'tags', added: ['overdue'], removed: ['calm'] },
      { what: 'department', to: '7', unassigned: false },
    ],
    departmentName: (id) => `department ${id}`,
    planName: (id) => `plan ${id}`,
  };

  test.each([
    [
      'en',
      'Desk Support',
      `A deadline has passed
* First answer was due Nov 23, 2026, 9:00 AM, 2 hours ago.
* Solution is due Nov 25, 2026, 11:45 AM, in 2 days.
* Its priority is urgent now.
* Its tags changed: +overdue -calm
* It is in department 7 now.

Karen Customer wrote:`,
    ],
    [
      'de',
      'Desk Support',
      `Eine Frist ist abgelaufen
* Erste Antwort war fällig am 23.11.2026, 09:00, vor 2 Stunden.
* Lösung ist fällig am 25.11.2026, 11:45, in 2 Tagen.
* Die Priorität ist jetzt dringend.
* Geänderte Schlagwörter: +overdue -calm
* Es ist jetzt in department 7.

Karen Customer schrieb:`,
    ],
  ])(
    'of an alarm says above all in %s what is late, since when, and what was done about it',
    (language, from, says) => {
      const mail = notification({ ...told, languages: [language], reason: 'plan', alarm });
      expect(mail.text).toContain(says);
      expect(words(convert(mail.html, { wordwrap: false }))).toContain(words(says.replaceAll('* ', '')));
      expect(mail.fromName).toBe(from);
      expect(mail.subject).toBe('Re: [#1042] Mobile banking does not work');
    },
  );

  test('of an alarm repeats only so much of the words that the ticket is known again', () => {
    const text = Array.from({ length: 100 }, (_, line) => `line ${line}`).join('\n');
    expect(notification({ ...told, text, alarm }).text).toContain('> line 11\n> … and 88 more lines');
  });

  test('of an alarm that warns says that a deadline is coming up', () => {
    const near = { ...alarm, clocks: alarm.clocks.slice(1), done: [] };
    expect(notification({ ...told, alarm: near }).text).toContain('A deadline is coming up\n* Solution is due');
  });
});

test('a file that is too large to come along is named with its size', () => {
  const film = { fileName: 'film.mov', sizeBytes: 45_000_000 };
  const { text, html } = notification({ ...told, attachments: [...told.attachments, film], leftBehind: [film] });
  for (const words of [text, html]) {
    expect(words).toContain('Attached to it: screenshot.png (120 kB), film.mov (45 MB)');
    expect(words).toContain('Too large to come along, but kept with the ticket: film.mov (45 MB)');
  }
});
