import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Id, TicketPriority } from '../../src/core/ticket.ts';
import { bareUpdate, type UpdateTicket } from '../../src/core/ticket-change.ts';
import type { TicketEvent } from '../../src/core/ticket-event.ts';
import { writeTicketChange } from '../../src/desk/ticket-clocks.ts';
import { loadDesk } from '../../src/store/desk-config.ts';
import { createIdPool } from '../../src/store/ids.ts';

export interface TicketToOpen {
  /** Key of its department. */
  department?: string;
  priority?: TicketPriority;
  openedAt?: Date;
  /** A requester who was here before; somebody new otherwise. */
  requesterId?: Id;
}

/** Opens a ticket as a mail would, with what it hands over to the workers, and nothing else of a mail. Returns its id. */
export async function openTicket(db: Knex, ticket: TicketToOpen = {}): Promise<Id> {
  const { department: key = 'general', priority = 'normal', openedAt = new Date() } = ticket;
  const desk = await loadDesk(db);
  const department = desk.departments.find((other) => other.key === key);
  if (department === undefined) throw new Error(`no department ${key}`);
  const ids = createIdPool(db);
  const [id, personId] = await Promise.all([ids.draw('ticket'), ids.draw('person')]);
  const requesterId = ticket.requesterId ?? personId;
  const { slaPlanId } = department;
  const { outcome } = await writeTicketChange(db, desk, {
    ...bareUpdate(id, 0),
    cause: { kind: 'mail', key: `mail-${id}` },
    actor: { kind: 'requester', personId: requesterId },
    occurredAt: openedAt,
    configVersion: desk.configVersion,
    ticket: {
      action: 'open',
      id,
      number: await ids.drawTicketNumber(),
      subject: 'The app does not start',
      status: 'new',
      priority,
      mailboxId: department.mailboxId,
      departmentId: department.id,
      requesterId,
      requesterAddressId: null,
      assigneeId: null,
      slaPlanId,
      language: null,
      tags: [],
      followsTicketId: null,
    },
    people: ticket.requesterId === undefined ? [{ id: personId, name: 'Karen', language: null }] : [],
    events: [
      {
        kind: 'ticket.opened',
        status: 'new',
        priority,
        departmentId: department.id,
        slaPlanId,
        followsTicketId: null,
        assignment: department.assign.strategy,
      },
      {
        kind: 'article.added',
        articleId: id,
        articleKind: 'inbound',
        state: 'accepted',
        awaitsAnswer: true,
        evidence: [],
      },
    ],
  });
  if (outcome !== 'applied') throw new Error(`the ticket was not opened: ${outcome}`);
  return id;
}

/** Changes a ticket as an agent would: what was decided on the version before is stale afterwards. */
export async function changeTicket(db: Knex, ticketId: Id, set: UpdateTicket['set'], at = new Date()): Promise<void> {
  const before = await db('ticket').where({ id: ticketId }).first();
  const { version } = before;
  const desk = await loadDesk(db);
  const events: TicketEvent[] = [];
  if (set.status !== undefined) events.push({ kind: 'ticket.status-changed', from: before.status, to: set.status });
  if (set.priority !== undefined)
    events.push({ kind: 'ticket.priority-changed', from: before.priority, to: set.priority });
  if (set.slaPlanId !== undefined)
    events.push({ kind: 'ticket.sla-plan-changed', from: before.sla_plan_id, to: set.slaPlanId, reason: 'given' });
  if (set.assigneeId !== undefined) {
    const moved = { from: before.assignee_id, to: set.assigneeId, reason: 'given' as const };
    events.push({ kind: 'ticket.assigned', ...moved, insteadOf: [], candidates: [] });
  }
  await writeTicketChange(db, desk, {
    ...bareUpdate(ticketId, version, set),
    cause: { kind: 'command', key: `change-${ticketId}-${version}` },
    actor: { kind: 'system', personId: null },
    occurredAt: at,
    configVersion: desk.configVersion,
    events,
  });
}

/** Runs the assignment and sla workers in a process of their own to its end; returns the signal or the exit code. */
export function runWorkersProcess(databaseUrl: string, env: Record<string, string> = {}): Promise<string> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'workers-process.ts'), databaseUrl, `holder-of-${process.pid}`],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ?? String(code)));
  });
}

/**
 * Opens many tickets at once, each with a requester and words of their own, without the door that writes them one by one. They
 * ask for agents as any other.
 */
export async function openManyTickets(db: Knex, count: number, departmentKey = 'general'): Promise<void> {
  const desk = await loadDesk(db);
  const department = desk.departments.find(({ key }) => key === departmentKey);
  if (department === undefined) throw new Error(`no department ${departmentKey}`);
  await db.raw(
    `with requester as (
       insert into person (name) select 'Requester ' || n from generate_series(1, :count) as n returning id
     ), address as (
       insert into person_address (person_id, address) select id, 'r' || id || '@customer.test' from requester
       returning id, person_id
     ), opened as (
       insert into ticket (number, version, subject, status, priority, mailbox_id, department_id, requester_id,
         requester_address_id, occurred_at)
       select nextval('ticket_number_seq')::text, 1, 'The app does not start', 'new', 'normal', :mailboxId, :departmentId,
         person_id, id, clock_timestamp() from address
       returning id, requester_id, requester_address_id
     ), change as (
       insert into ticket_change (ticket_id, cause_kind, cause_key, actor_kind, actor_id, occurred_at)
       select id, 'mail', 'mail-' || id, 'requester', requester_id, clock_timestamp() from opened
       returning id, ticket_id
     ), event as (
       insert into ticket_event (ticket_id, seq, change_id, kind, data, occurred_at, queue)
       select ticket_id, 1, id, 'ticket.opened', '{}', clock_timestamp(), 'assignment' from change
     )
     insert into article (ticket_id, change_id, kind, visibility, state, author_id, author_address_id, subject, text, spans,
       occurred_at)
     select opened.id, change.id, 'inbound', 'public', 'accepted', requester_id, requester_address_id,
       'The app does not start', 'It shows E4711.', '[{"kind": "reply", "from": 0, "to": 15}]', clock_timestamp()
     from opened join change on change.ticket_id = opened.id`,
    { count, mailboxId: department.mailboxId, departmentId: department.id },
  );
}
