import type { TicketChange } from '../core/ticket-change.ts';
import { rowsPart, type StatementPart } from './statement-part.ts';

export function peopleParts(change: TicketChange): StatementPart[] {
  return [
    ...rowsPart('people', 'person', 'id bigint, name text, language text', change.people),
    ...rowsPart(
      'addresses',
      'person_address',
      'id bigint, person_id bigint, address text, automatic_mail_count integer',
      change.addresses.map(({ id, personId, address }) => ({
        id,
        person_id: personId,
        address,
        automatic_mail_count: change.outbox.filter((row) => row.automatic && row.recipientAddressId === id).length,
      })),
    ),
    ...collaboratorParts(change),
  ];
}

function collaboratorParts(change: TicketChange): StatementPart[] {
  const rows = (decided: boolean) =>
    change.collaborators
      .filter((collaborator) => (collaborator.decided ?? false) === decided)
      .map(({ addressId, state }) => ({ ticket_id: change.ticket.id, address_id: addressId, state }));
  const columns = 'ticket_id bigint, address_id bigint, state text';
  return [
    ...rowsPart('collaborators', 'ticket_collaborator', columns, rows(false), 'on conflict do nothing'),
    ...rowsPart(
      'collaborators_decided',
      'ticket_collaborator',
      columns,
      rows(true),
      'on conflict (ticket_id, address_id) do update set state = excluded.state',
    ),
  ];
}
