import type { Knex } from 'knex';
import { type AssignCandidate, weighSkills } from '../core/assign.ts';
import type { Desk, DeskAssign } from '../core/desk-config.ts';
import type { Id } from '../core/ticket.ts';
import {
  drawTurns,
  listAgentStates,
  listLatestTickets,
  listTicketsToAssign,
  type TicketToAssign,
} from '../store/assignment.ts';
import { listWordsToTell, type ReachableAgent, reachableAgents, type WordsToTell } from './notification-mail.ts';

/** The event of a ticket that asks for an agent. */
type AskingEvent = Pick<TicketToAssign, 'seq'> & { ticketId: Id };

/** What is known while a batch of tickets is assigned: read once, and counted on with each that finds its agent. */
export interface AssignmentBatch {
  /** As it was when the batch began; as it is, when asked again. Null for one that is not there. */
  readTicket(db: Knex, event: AskingEvent): Promise<TicketToAssign | null>;
  candidatesFor(ticket: TicketToAssign, assign: DeskAssign): AssignCandidate[];
  /** When the first of those who are away comes back, where that is known. */
  nextReturn(assign: DeskAssign): Date | null;
  /** What its requester wrote, to be told; null where nothing is. */
  wordsOf(db: Knex, ticketId: Id): Promise<WordsToTell | null>;
  /** Every agent who can be told something. */
  reachable: readonly ReachableAgent[];
  noteAssigned(ticket: TicketToAssign, personId: Id): void;
  /** The last turn each agent had in each department, of those noted. */
  turnsTaken(): { departmentId: Id; agentId: Id; turn: number }[];
}

/** How the tickets of a department find their agents; null for one that is in no configuration any more. */
export function assignOf(desk: Desk, departmentId: Id): DeskAssign | null {
  const departments = [...desk.departments, ...desk.archivedDepartments];
  return departments.find(({ id }) => id === departmentId)?.assign ?? null;
}

/** Reads what a batch needs; as many statements for fifty tickets as for one. */
export async function startBatch(db: Knex, desk: Desk, events: readonly AskingEvent[]): Promise<AssignmentBatch> {
  const tickets = new Map((await listTicketsToAssign(db, events)).map((ticket) => [keyOf(ticket), ticket]));
  const departmentIds = new Set([...tickets.values()].map(({ departmentId }) => departmentId));
  const personIds = [...new Set([...departmentIds].flatMap((id) => assignOf(desk, id)?.candidateIds ?? []))];
  const requesterIds = [...new Set([...tickets.values()].map(({ requesterId }) => requesterId))];
  const states = new Map((await listAgentStates(db, personIds)).map((state) => [state.personId, state]));
  const latest = new Map(
    (await listLatestTickets(db, requesterIds, personIds)).map(({ requesterId, agentId, ticketId }) => [
      `${requesterId} ${agentId}`,
      ticketId,
    ]),
  );
  const reachable = await reachableAgents(db, desk.agents);
  const turns = await drawTurns(db, events.length);
  const taken = new Map<string, { departmentId: Id; agentId: Id; turn: number }>();

  let words: Promise<ReadonlyMap<Id, WordsToTell>> | null = null;
  return {
    reachable,

    async wordsOf(now, ticketId) {
      // All at once, and not before somebody is told: tickets that wait are looked at often.
      words ??= listWordsToTell(now, desk, [...new Set(events.map((event) => event.ticketId))]);
      return (await words).get(ticketId) ?? null;
    },

    async readTicket(now, event) {
      const key = keyOf({ id: event.ticketId, seq: event.seq });
      const known = tickets.get(key);
      tickets.delete(key);
      return known ?? (await listTicketsToAssign(now, [event]))[0] ?? null;
    },

    candidatesFor({ departmentId, requesterId, language }, assign) {
      return desk.agents.flatMap((agent) => {
        const state = assign.candidateIds.includes(agent.personId) ? states.get(agent.personId) : undefined;
        if (state === undefined) return [];
        return {
          personId: agent.personId,
          openCount: state.openCount,
          capacity: agent.capacity,
          lastTurn: state.turns[departmentId] ?? null,
          lastTicketId: latest.get(`${requesterId} ${agent.personId}`) ?? null,
          away: state.away,
          deputyId: agent.deputyId,
          ...weighSkills(assign, language, agent, desk.language),
        };
      });
    },

    nextReturn({ candidateIds }) {
      const returns = candidateIds.flatMap((id) => states.get(id)?.awayUntil ?? []);
      return returns.toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null;
    },

    noteAssigned({ id, status, departmentId, requesterId }, personId) {
      const state = states.get(personId);
      const turn = turns.shift();
      if (state === undefined || turn === undefined) throw new Error('a ticket was given to nobody of this batch');
      if (status === 'new' || status === 'open') state.openCount += 1;
      state.turns[departmentId] = turn;
      taken.set(`${departmentId} ${personId}`, { departmentId, agentId: personId, turn });
      const pair = `${requesterId} ${personId}`;
      if (BigInt(latest.get(pair) ?? '0') < BigInt(id)) latest.set(pair, id);
    },

    turnsTaken: () => [...taken.values()],
  };
}

function keyOf({ id, seq }: Pick<TicketToAssign, 'id' | 'seq'>): string {
  return `${id} ${seq}`;
}
