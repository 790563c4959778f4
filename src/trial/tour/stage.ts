import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PermanentError } from '../../errors.ts';
import { askDocket } from '../docket-command.ts';
import type { MailWorld } from '../mail-world.ts';
import { PROVIDERS } from '../providers.ts';
import {
  compose,
  type OpenMailbox,
  openMailbox,
  type Person,
  type ReceivedMail,
  send,
  shown,
  type WrittenMail,
} from './mail-program.ts';

/**
 * Where the tour's story is played: people with mailboxes, and a Docket that is only looked at from outside, by what lies in
 * those mailboxes and by what the command line says. Every mail that leaves or arrives is shown.
 */
export interface Stage {
  /** Whether this provider says who wrote a mail that comes from elsewhere. */
  vouchesForStrangers: boolean;
  heading(text: string): void;
  say(text: string): void;
  check(rule: string, holds: boolean): void;
  /** Returns the Message-ID without brackets. */
  write(from: Person, mail: WrittenMail): Promise<string>;
  /** The next mail in this mailbox that was not seen yet. */
  receive(person: Person, what: string): Promise<ReceivedMail>;
  /** Everything this mailbox holds. */
  mailbox(person: Person): Promise<ReceivedMail[]>;
  tickets(...filter: string[]): Promise<Ticket[]>;
  ticket(number: string): Promise<TicketWithHistory>;
  until<Value>(what: string, attempt: () => Promise<Value | null>, everyMs?: number): Promise<Value>;
}

const Ticket = z.looseObject({
  number: z.string(),
  subject: z.string(),
  status: z.string(),
  priority: z.string(),
  department: z.string(),
  slaPlan: z.string().nullable(),
  assignee: z.string().nullable(),
  requester: z.string().nullable(),
});
export type Ticket = z.infer<typeof Ticket>;

const TicketWithHistory = Ticket.extend({
  follows: z.string().nullable(),
  articles: z.array(
    z.looseObject({
      kind: z.string(),
      visibility: z.string(),
      state: z.string(),
      marks: z.array(z.string()),
      text: z.string(),
      messageId: z.string().nullable(),
      attachments: z.array(z.looseObject({ fileName: z.string(), sizeBytes: z.number() })),
    }),
  ),
  clocks: z.array(z.looseObject({ target: z.string(), state: z.string() })),
  events: z.array(z.looseObject({ kind: z.string(), actor: z.string(), data: z.record(z.string(), z.unknown()) })),
});
export type TicketWithHistory = z.infer<typeof TicketWithHistory>;

/** A step that takes longer has failed. */
const STEP_WITHIN_MS = 30_000;

export interface StageOptions {
  world: MailWorld;
  /** Of the installation, for the command line. */
  environment: NodeJS.ProcessEnv;
  say(text: string): void;
  signal: AbortSignal;
}

/** `leave` ends people's mail programs. */
export interface OwnStage extends Stage {
  failureCount(): number;
  leave(): Promise<void>;
}

export function createStage({ world, environment, say, signal }: StageOptions): OwnStage {
  const mailboxes = new Map<Person, Promise<OpenMailbox>>();
  const seen = new Map<Person, number>();
  let steps = 0;
  let failures = 0;

  async function until<Value>(what: string, attempt: () => Promise<Value | null>, everyMs = 100): Promise<Value> {
    const deadline = performance.now() + STEP_WITHIN_MS;
    while (performance.now() < deadline) {
      signal.throwIfAborted();
      const value = await attempt();
      if (value !== null) return value;
      await sleep(everyMs, undefined, { signal });
    }
    throw new PermanentError('TRIAL_TOUR', `not seen within ${STEP_WITHIN_MS / 1000} s: ${what}`);
  }

  function mailboxOf(person: Person): Promise<OpenMailbox> {
    const open = mailboxes.get(person) ?? openMailbox(world, person);
    mailboxes.set(person, open);
    return open;
  }

  return {
    vouchesForStrangers: PROVIDERS[world.provider].authentication.some((source) => 'results' in source),
    heading(text) {
      steps += 1;
      say(`\n${steps}. ${text}\n`);
    },
    say,
    check(rule, holds) {
      say(`  ${holds ? 'ok ' : 'NOT'} ${rule}`);
      if (!holds) failures += 1;
    },
    async write(from, mail) {
      const { raw, messageId } = await compose(from, mail);
      say(`${await shown(raw)}\n`);
      await send(world, from, raw, mail.to);
      return messageId;
    },
    async receive(person, what) {
      const place = (seen.get(person) ?? 0) + 1;
      const mailbox = await mailboxOf(person);
      const mail = await until(what, () => mailbox.mailAt(place));
      seen.set(person, place);
      say(`  ${person.name} gets:\n${await shown(mail.raw)}\n`);
      return mail;
    },
    mailbox: async (person) => (await mailboxOf(person)).mails(),
    tickets: async (...filter) => z.array(Ticket).parse(await askDocket(environment, 'tickets', 'list', ...filter)),
    ticket: async (number) => TicketWithHistory.parse((await askDocket(environment, 'tickets', 'show', number))[0]),
    until,
    failureCount: () => failures,
    async leave() {
      for (const open of mailboxes.values()) await open.then((mailbox) => mailbox.close()).catch(() => undefined);
    },
  };
}
