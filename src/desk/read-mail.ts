import type { Knex } from 'knex';
import { underConfiguredAddress } from '../core/agent-address.ts';
import { causeKey } from '../core/cause-key.ts';
import { classifyMail } from '../core/classify.ts';
import type { AskedConfirmation } from '../core/confirmation.ts';
import type { Desk, DeskMailbox } from '../core/desk-config.ts';
import { confirmedSender, type DkimVerdict, type JudgedSender, judgeSender } from '../core/identity.ts';
import type { InboundMail, MailKindVerdict } from '../core/inbound-mail.ts';
import { type OwnAddresses, ownAddresses } from '../core/own-address.ts';
import { readMessageId, type SigningKeys } from '../core/reply-token.ts';
import { collectThreadKeys, type ThreadFacts, type ThreadKeys } from '../core/thread.ts';
import type { Id } from '../core/ticket.ts';
import { PermanentError } from '../errors.ts';
import { findConfirmation } from '../store/confirmations.ts';
import { findFacts } from '../store/facts.ts';
import type { ConfirmedMail } from '../store/inbound-mail.ts';
import type { MailAnswer } from '../store/mail-facts.ts';
import type { NotificationDependencies } from './notification-mail.ts';

export interface TakeInDependencies extends NotificationDependencies {
  desk(): Promise<Desk>;
}

/** A claimed mail as its room hands it over: the row, and what parsing made of its bytes. */
export interface MailToTakeIn {
  inboundMailId: Id;
  mailboxId: Id;
  fencingToken: string;
  rawSha256: Buffer;
  /** INTERNALDATE, never later than now. */
  occurredAt: Date;
  /** Its agent has said that it is his: from then on it counts as authenticated, as if it had come at that moment. */
  confirmed: ConfirmedMail | null;
  mail: InboundMail;
  dkim: DkimVerdict | null;
}

/** All that the mail says by itself, before anything is looked up. */
export interface ReadMail extends MailToTakeIn {
  desk: Desk;
  mailbox: DeskMailbox;
  own: OwnAddresses;
  verdict: MailKindVerdict;
  sender: JudgedSender;
  threadKeys: ThreadKeys;
  /** Of the mail, whatever becomes of it. */
  causeKey: string;
  /** Of the change it causes: another one once it is confirmed. */
  changeKey: string;
}

export interface TakeInFacts {
  thread: ThreadFacts;
  mail: MailAnswer;
  /** What the mail may be an answer to. */
  confirmation: AskedConfirmation | null;
}

/** What can be said of a mail without asking anybody. */
export function readMail(desk: Desk, keys: SigningKeys, taken: MailToTakeIn): ReadMail {
  const { mail } = taken;
  const mailboxes = [...desk.mailboxes, ...desk.archivedMailboxes];
  const mailbox = mailboxes.find(({ id }) => id === taken.mailboxId);
  if (mailbox === undefined) {
    throw new PermanentError('MAILBOX_UNKNOWN', 'The mailbox of this mail is not in the configuration.');
  }
  const key = causeKey(mail, taken.rawSha256.toString('hex'));
  const judged = underConfiguredAddress(judgeSender(mail, mailbox.authentication, taken.dkim), desk.agents);
  const { confirmed } = taken;
  return {
    ...taken,
    occurredAt: confirmed?.at ?? taken.occurredAt,
    desk,
    mailbox,
    own: ownAddresses(mailboxes),
    verdict: classifyMail(mail, {
      addresses: mailboxes.flatMap(({ address, aliases }) => [address, ...aliases]),
      isOwnMessageId: (messageId) => readMessageId(keys, messageId) !== null,
    }),
    sender: confirmed === null ? judged : confirmedSender(judged, confirmed.byId),
    threadKeys: collectThreadKeys(mail, keys),
    causeKey: key,
    changeKey: confirmed === null ? key : `${key}:confirmed`,
  };
}

/** Everything the desk knows that bears on this mail. */
export async function loadFacts(db: Knex, read: ReadMail): Promise<TakeInFacts> {
  const { mail, sender, threadKeys } = read;
  const [token] = threadKeys.confirmTokens;
  const confirmation = token === undefined ? null : await findConfirmation(db, token.inboundMailId, read.inboundMailId);
  const facts = await findFacts(db, threadKeys, {
    inboundMailId: read.inboundMailId,
    causeKey: read.causeKey,
    messageId: mail.messageId,
    senderAddress: sender.address,
    namedAddresses: [...mail.to, ...mail.cc, ...(mail.forwarded?.from ? [mail.forwarded.from] : [])].map(
      ({ address }) => address,
    ),
    returned: threadKeys.returned,
  });
  // Once confirmed, a mail is taken in a second time, whatever its copies in other mailboxes came to.
  if (read.confirmed !== null) facts.mail.duplicateOf = null;
  return { ...facts, confirmation };
}
