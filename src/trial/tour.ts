/**
 * The tour: Karen cannot sign in to mobile banking and writes to the desk. Real SMTP, real IMAP, in a throw-away
 * installation. Every mail is printed as it left and as it arrived, every step is checked from outside (by what the
 * command line says and what lies in Karen's mailbox), and the tour succeeds only if all of it was seen.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { z } from 'zod';
import { errorMessage, PermanentError } from '../errors.ts';
import { askDocket } from './docket-command.ts';
import { type Installation, startInstallation } from './installation.ts';
import type { MailWorld } from './mail-world.ts';
import { USUAL_PROVIDER } from './providers.ts';
import { waitFor } from './server-process.ts';
import { compose, quoted, readMailbox, send, shown } from './tour-mail.ts';
import { TRIAL_CUSTOMER, TRIAL_MAILBOX } from './trial-desk.ts';

export interface TourOptions {
  say(text: string): void;
  signal: AbortSignal;
}

const SUBJECT = 'Mobile banking does not let me in';

const FIRST_TEXT = `Good morning,

since the update last night I cannot sign in to mobile banking on my phone any more. I enter my PIN, the wheel
turns for a moment, and I am back at the first page. On the computer everything works.

Could you please have a look? I have to pay my rent tomorrow.

Karen Miller`;

const ANSWER_TEXT = `Here is what my phone shows. It is the same every time, also after a restart.

Karen`;

const STEP_WITHIN_MS = 30_000;

const Ticket = z.looseObject({
  number: z.string(),
  subject: z.string(),
  status: z.string(),
  requester: z.unknown(),
  articleCount: z.number(),
});

const TicketWithArticles = Ticket.extend({
  articles: z.array(
    z.looseObject({
      kind: z.string(),
      visibility: z.string(),
      state: z.string(),
      text: z.string(),
      messageId: z.string().nullable(),
      attachments: z.array(z.looseObject({ fileName: z.string().nullable(), sizeBytes: z.number() })),
    }),
  ),
  events: z.array(z.looseObject({ kind: z.string() })),
});

/** 0 when every check held. */
export async function playTour({ say, signal }: TourOptions): Promise<number> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'docket-tour-'));
  const startedAt = Date.now();
  say('Starting a throw-away Docket ...');
  let installation: Installation | null = null;
  try {
    installation = await startInstallation({
      dataDirectory,
      environment: environmentOfTour(),
      provider: USUAL_PROVIDER,
      usualPorts: { http: 0, imap: 0, smtp: 0 },
      signal,
      say,
    });
    if (installation.mailWorld === null) {
      say('The tour needs the mail world, so it ends here.');
      return 1;
    }
    const failures = await play(installation, installation.mailWorld, { say, signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      say(`  NOT ${errorMessage(error)}`);
      return 1;
    });
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    say(failures === 0 ? `\nAll of it was seen, in ${seconds} s.` : `\n${failures} of the checks did not hold.`);
    if (failures > 0) say(`What Docket logged:\n${readFileSync(installation.logFile, 'utf8')}`);
    return failures === 0 ? 0 : 1;
  } finally {
    await installation?.stop();
    rmSync(dataDirectory, { recursive: true, force: true });
  }
}

async function play({ environment }: Installation, world: MailWorld, { say, signal }: TourOptions): Promise<number> {
  let failures = 0;
  const check = (rule: string, holds: boolean) => {
    say(`  ${holds ? 'ok ' : 'NOT'} ${rule}`);
    if (!holds) failures += 1;
  };

  const listTickets = async () => z.array(Ticket).parse(await askDocket(environment, 'tickets', 'list'));
  const showTicket = async (number: string) =>
    TicketWithArticles.parse((await askDocket(environment, 'tickets', 'show', number))[0]);
  const karensMails = () => readMailbox(world, TRIAL_CUSTOMER);
  const until = async <Value>(what: string, attempt: () => Promise<Value | null>): Promise<Value> => {
    const seen = await waitFor(
      async () => {
        signal.throwIfAborted();
        return attempt();
      },
      { withinMs: STEP_WITHIN_MS, everyMs: 200 },
    );
    if (seen === null) throw new PermanentError('TRIAL_TOUR', `not seen within ${STEP_WITHIN_MS / 1000} s: ${what}`);
    return seen;
  };

  say(heading('1. Karen writes to the desk'));
  const first = await compose({ subject: SUBJECT, text: FIRST_TEXT, to: TRIAL_MAILBOX });
  say(await shown(first.raw));
  await send(world, first.raw, TRIAL_MAILBOX);

  say(heading('2. Docket opens a ticket'));
  const opened = await until('a ticket', async () => (await listTickets())[0] ?? null);
  say(`  Ticket ${opened.number}: ${opened.subject} (${opened.status})`);
  const ticket = await showTicket(opened.number);
  check('it has her subject and is new', opened.subject === SUBJECT && opened.status === 'new');
  check('she is the requester', JSON.stringify(opened.requester).includes(TRIAL_CUSTOMER));
  check(
    'her words are its one article, for everyone to see',
    ticket.articles.length === 1 && isHers(ticket.articles[0], first.messageId, FIRST_TEXT),
  );

  say(heading('3. Karen gets an acknowledgement'));
  const received = await until('the acknowledgement', async () => (await karensMails())[0] ?? null);
  say(await shown(received));
  const acknowledgement = await simpleParser(received);
  const replyTo = acknowledgement.replyTo?.value[0]?.address ?? '';
  check('it names the ticket number', `${acknowledgement.subject} ${acknowledgement.text}`.includes(opened.number));
  check('it answers her mail', acknowledgement.inReplyTo === `<${first.messageId}>`);
  check('it says that a machine wrote it', acknowledgement.headers.get('auto-submitted') === 'auto-replied');
  check('answers to it come back with a token of their own', /^support\+[a-z2-7]{45}@desk\.test$/i.test(replyTo));

  say(heading('4. Karen answers, with a screenshot'));
  const screenshot = readFileSync(join(import.meta.dirname, 'tour-screenshot.png'));
  const answer = await compose({
    subject: `Re: ${(acknowledgement.subject ?? '').replace(/^Re: /, '')}`,
    text: `${ANSWER_TEXT}\n\n${quoted(acknowledgement)}`,
    to: replyTo,
    inReplyTo: acknowledgement.messageId ?? '',
    references: [`<${first.messageId}>`, acknowledgement.messageId ?? ''],
    attachments: [{ filename: 'screenshot.png', content: screenshot }],
  });
  say(await shown(answer.raw));
  await send(world, answer.raw, replyTo);

  say(heading('5. Her answer joins the ticket'));
  const joined = await until('her answer on the ticket', async () => {
    const seen = await showTicket(opened.number);
    return seen.articles.some(({ messageId }) => messageId === answer.messageId) ? seen : null;
  });
  const article = joined.articles.find(({ messageId }) => messageId === answer.messageId);
  for (const { kind, state, text, attachments } of joined.articles) {
    const files = attachments.map(({ fileName, sizeBytes }) => ` [${fileName}, ${sizeBytes} bytes]`).join('');
    say(`  ${kind}, ${state}: ${text.split('\n')[0]} ...${files}`);
  }
  check(
    'it is the second article, accepted',
    joined.articles.length === 2 && isHers(article, answer.messageId, ANSWER_TEXT),
  );
  check(
    'the screenshot came with it, whole',
    article?.attachments.some(
      ({ fileName, sizeBytes }) => fileName === 'screenshot.png' && sizeBytes === screenshot.length,
    ) ?? false,
  );
  check('there is still one ticket', (await listTickets()).length === 1);
  const added = joined.events.filter(({ kind }) => kind === 'article.added');
  check('its history tells of both', joined.events[0]?.kind === 'ticket.opened' && added.length === 2);
  check('she was acknowledged once', (await karensMails()).length === 1);
  return failures;
}

function isHers(
  article: z.infer<typeof TicketWithArticles>['articles'][number] | undefined,
  messageId: string,
  words: string,
): boolean {
  if (article === undefined) return false;
  const isAccepted = article.kind === 'inbound' && article.visibility === 'public' && article.state === 'accepted';
  const [beginning = ''] = words.split('\n');
  return isAccepted && article.messageId === messageId && article.text.includes(beginning);
}

function heading(text: string): string {
  return `\n${text}\n`;
}

/** A throw-away installation takes nothing from the person's own settings, their database above all. */
function environmentOfTour(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TMPDIR, TZ } = process.env;
  return { PATH, HOME, LANG, TMPDIR, TZ, POLL_SECONDS: '5' };
}
