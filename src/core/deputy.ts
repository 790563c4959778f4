import type { Id } from './ticket.ts';

interface Deputised {
  personId: Id;
  deputyId: Id | null;
}

/** Who stands in for an agent: their deputy, else the deputy's, and so on; the first of these agents who can. */
export function standInFor<Agent extends Deputised>(
  absent: Deputised,
  agents: readonly Agent[],
  can: (agent: Agent) => boolean,
): Agent | null {
  const asked = new Set([absent.personId]);
  for (let id = absent.deputyId; id !== null && !asked.has(id); ) {
    asked.add(id);
    const deputy = agents.find(({ personId }) => personId === id);
    if (deputy === undefined || can(deputy)) return deputy ?? null;
    id = deputy.deputyId;
  }
  return null;
}
