import type { CollaboratorPlan } from '../core/mail-effect.ts';
import type { Id } from '../core/ticket.ts';
import type { NewCollaborator, NewPerson, NewPersonAddress } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import type { ReadMail, TakeInDependencies, TakeInFacts } from './read-mail.ts';

/** The sender of a mail, by the ids of the rows that are there or will be. */
export interface NamedSender {
  personId: Id;
  addressId: Id;
  address: string;
}

/** Everyone a mail names who must be known to write its effect. */
export interface NamedPeople {
  /** Null where the mail names nobody. */
  sender: NamedSender | null;
  rows: { people: NewPerson[]; addresses: NewPersonAddress[]; collaborators: NewCollaborator[] };
  events: TicketEvent[];
}

/** The sender and the companions as rows: known ones by their ids, new ones with ids of their own. */
export async function namePeople(
  { ids }: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  namesSender: boolean,
  collaborators: CollaboratorPlan[],
): Promise<NamedPeople> {
  const rows: NamedPeople['rows'] = { people: [], addresses: [], collaborators: [] };
  const known = new Map<string, { addressId: Id; personId: Id }>(
    facts.mail.addresses.map((address) => [address.address, address]),
  );
  const meet = async (address: string, name: string) => {
    const met = known.get(address);
    if (met !== undefined) return met;
    const [personId, addressId] = await Promise.all([ids.draw('person'), ids.draw('person_address')]);
    rows.people.push({ id: personId, name, language: null });
    rows.addresses.push({ id: addressId, personId, address });
    const person = { personId, addressId };
    known.set(address, person);
    return person;
  };
  const { address, name } = read.sender;
  const sender = namesSender && address !== null ? { ...(await meet(address, name)), address } : null;
  for (const collaborator of collaborators) {
    const { addressId } = await meet(collaborator.address, collaborator.name);
    rows.collaborators.push({ addressId, state: collaborator.state });
  }
  return {
    sender,
    rows,
    events: rows.collaborators.map(({ addressId, state }) => ({ kind: `collaborator.${state}`, addressId })),
  };
}

/** A ticket always has a requester, if only one without a name or an address to answer to. */
export async function unknownRequester({ ids }: TakeInDependencies, people: NewPerson[], read: ReadMail) {
  const personId = await ids.draw('person');
  people.push({ id: personId, name: read.mail.from?.name ?? '', language: null });
  return { personId, addressId: null };
}
