import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';
import { isAway } from './absences.ts';

export interface ReachableAddress {
  addressId: Id;
  personId: Id;
  address: string;
  /** Its owner is away at the moment. */
  away: boolean;
  /** IANA, the agent's own; null for the desk's. */
  zone: string | null;
}

/** Of these addresses the ones of agents at work that still take automatic mail. */
export async function listReachableAgents(db: Knex, addresses: string[]): Promise<ReachableAddress[]> {
  if (addresses.length === 0) return [];
  const { rows } = await db.raw<{ rows: ReachableAddress[] }>(
    `select address.id as "addressId", person.id as "personId", address.address, ${isAway('person.id')} as away,
       person.timezone as zone
     from person_address as address join person on person.id = address.person_id
     where address.address = any(?::text[]) and suppressed_at is null and role is not null and disabled_at is null`,
    [addresses],
  );
  return rows;
}

/** The person at an address, if an agent; null for everybody else. */
export async function findAgentAt(db: Knex, addressId: Id): Promise<Id | null> {
  const { rows } = await db.raw<{ rows: { id: Id }[] }>(
    `select person.id from person_address as address join person on person.id = address.person_id
     where address.id = ? and role is not null`,
    [addressId],
  );
  return rows[0]?.id ?? null;
}
