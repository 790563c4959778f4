import { judgeAutomaticVolume } from '../core/acknowledge.ts';
import { decideMailEffect } from '../core/apply-mail.ts';
import type { Desk } from '../core/desk-config.ts';
import type { MailEffect } from '../core/mail-effect.ts';
import { placeTicket } from '../core/place.ts';
import { decideThread } from '../core/thread.ts';
import type { Id } from '../core/ticket.ts';
import type { MailDisposition } from '../core/ticket-change.ts';
import { crashPoint } from '../crash-points.ts';
import { type AutomaticMailCounts, countAutomaticMail } from '../store/automatic-volume.ts';
import { settleWithoutTicket } from '../store/inbound-mail.ts';
import { composeMailChange } from './mail-change.ts';
import {
  loadFacts,
  type MailToTakeIn,
  type ReadMail,
  readMail,
  type TakeInDependencies,
  type TakeInFacts,
} from './read-mail.ts';
import { writeTicketChange } from './ticket-clocks.ts';
import { untilWritten } from './until-written.ts';

export interface TakenIn {
  /** `lease-lost`: another worker has it; nothing was written here. */
  outcome: MailDisposition | 'lease-lost';
  ticketId: Id | null;
}

export type TakeInMail = (taken: MailToTakeIn) => Promise<TakenIn>;

const VOLUME_KEPT_MS = 5_000;

/**
 * Takes one mail in: what it is, which ticket it belongs to, who its sender is and what he may do; then, outside any
 * transaction, the whole change is composed, and written at once. If the ticket changed in between, all is decided again.
 */
export function createTakeInMail(deps: TakeInDependencies): TakeInMail {
  const automaticVolume = keptFor(VOLUME_KEPT_MS, () => countAutomaticMail(deps.db));

  return async (taken) => {
    const desk = await deps.desk();
    const read = readMail(desk, deps.keys, taken);
    return untilWritten(async () => {
      const facts = await loadFacts(deps.db, read);
      const effect = decide(read, facts, await automaticVolume());
      return carryOut(deps, read, facts, effect);
    });
  };
}

function decide(read: ReadMail, facts: TakeInFacts, volume: AutomaticMailCounts): MailEffect {
  const { desk, mailbox, mail, sender, verdict, occurredAt } = read;
  const thread = decideThread(read.threadKeys, facts.thread, sender);
  const departmentId = thread.ticket?.departmentId ?? mailbox.departmentId;
  const departments = [...desk.departments, ...desk.archivedDepartments];
  return decideMailEffect({
    mail,
    verdict,
    sender,
    keys: read.threadKeys,
    thread,
    placement: placeTicket({ mailbox, departments, kind: verdict.kind, occurredAt }),
    own: read.own,
    newCc: departments.find(({ id }) => id === departmentId)?.newCc ?? 'propose',
    occurredAt,
    answerSince: mailbox.answerSince,
    acknowledges: desk.acknowledge,
    deskNames: [desk.name, ...[...desk.agents, ...departments].map(({ name }) => name)],
    facts: {
      duplicateOf: facts.mail.duplicateOf,
      isMessageIdReused: facts.mail.isMessageIdReused,
      outgoing: facts.mail.outgoing,
      sender: facts.thread.sender,
      confirmation: facts.confirmation,
      agent: agentAtWork(desk, facts),
      agentAddresses: new Set(
        facts.mail.addresses.filter(({ isAgent }) => isAgent).map(({ address }) => address.toLowerCase()),
      ),
      acknowledgement: {
        isKnown: facts.mail.isCorrespondent,
        isAddressSuppressed: facts.mail.addresses.some(
          ({ address, isSuppressed }) => address === sender.address && isSuppressed,
        ),
        automaticLastHour: facts.mail.automaticLastHour,
        automaticLastDay: facts.mail.automaticLastDay,
        isBreakerOpen: judgeAutomaticVolume(volume.lastHour, volume.hourly).isBreakerOpen,
      },
    },
  });
}

function agentAtWork({ agents }: Desk, { thread: { sender } }: TakeInFacts) {
  if (!sender?.agent || sender.agent.disabled) return null;
  return agents.find(({ personId }) => personId === sender.personId) ?? null;
}

async function carryOut(
  deps: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  effect: MailEffect,
): Promise<TakenIn | 'stale'> {
  const change = await composeMailChange(deps, read, facts, effect);
  if (change.outcome === 'again') return 'stale';
  if (change.outcome === 'without-ticket') {
    const settled = await settleWithoutTicket(deps.db, change.settled);
    crashPoint('after-effect');
    return settled
      ? { outcome: change.settled.disposition, ticketId: change.settled.duplicateOf?.ticketId ?? null }
      : { outcome: 'lease-lost', ticketId: null };
  }
  const { outcome } = await writeTicketChange(deps.db, read.desk, change.change, change.sla);
  crashPoint('after-effect');
  switch (outcome) {
    case 'applied':
      return { outcome: change.disposition, ticketId: change.change.ticket.id };
    case 'lease-lost':
      return { outcome, ticketId: null };
    case 'duplicate':
    case 'stale':
      return 'stale';
  }
}

function keptFor<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | null = null;
  let keptAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (kept === null || performance.now() - keptAt > ms) {
      keptAt = performance.now();
      kept = read();
      kept.catch(() => {
        kept = null;
      });
    }
    return kept;
  };
}
