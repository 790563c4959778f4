import type { DeskDepartment, DeskMailbox } from './desk-config.ts';
import type { MailKind } from './inbound-mail.ts';
import type { Id, TicketPriority } from './ticket.ts';

/** Where a new ticket is born, decided before it exists, so that nothing is sent or clocked that a rule would have stopped. */
export interface Placement {
  departmentId: Id;
  priority: TicketPriority;
  slaPlanId: Id | null;
  tags: string[];
  suppressions: Suppression[];
  trace: PlacementStep[];
}

const SUPPRESSIONS = ['acknowledgement', 'notifications', 'clocks'] as const;

/** What does not happen for this ticket at its opening. */
export type Suppression = (typeof SUPPRESSIONS)[number];

/** One value and what gave it; ids, keys and numbers only. */
export interface PlacementStep {
  by: 'mailbox' | 'department' | 'default' | 'mail-kind' | 'mail-age';
  set: 'department' | 'priority' | 'slaPlan' | 'suppression';
  value: string | null;
}

export interface PlacementInput {
  mailbox: Pick<DeskMailbox, 'departmentId' | 'answerSince'>;
  departments: readonly Pick<DeskDepartment, 'id' | 'slaPlanId'>[];
  kind: MailKind;
  occurredAt: Date;
}

/**
 * The mailbox names the department, the department its SLA plan. Automatic mail and mail older than the mailbox's cut-off is
 * neither acknowledged nor clocked, and no agent is told of it.
 */
export function placeTicket({ mailbox, departments, kind, occurredAt }: PlacementInput): Placement {
  const department = departments.find(({ id }) => id === mailbox.departmentId);
  const slaPlanId = department?.slaPlanId ?? null;
  const trace: PlacementStep[] = [
    { by: 'mailbox', set: 'department', value: mailbox.departmentId },
    { by: 'default', set: 'priority', value: 'normal' },
    { by: 'department', set: 'slaPlan', value: slaPlanId },
  ];
  const suppressions = new Set<Suppression>();
  const suppress = (by: PlacementStep['by'], what: readonly Suppression[]) => {
    for (const suppression of what) {
      suppressions.add(suppression);
      trace.push({ by, set: 'suppression', value: suppression });
    }
  };
  // Behind a mail group every request comes as list mail: its author gets no automatic answer, but agents must hear of it.
  if (kind === 'list') suppress('mail-kind', ['acknowledgement', 'clocks']);
  else if (kind !== 'person') suppress('mail-kind', SUPPRESSIONS);
  if (occurredAt < mailbox.answerSince) suppress('mail-age', SUPPRESSIONS);
  return {
    departmentId: mailbox.departmentId,
    priority: 'normal',
    slaPlanId,
    tags: [],
    suppressions: [...suppressions],
    trace,
  };
}
