import type { DeskAgent } from './desk-config.ts';
import type { JudgedSender } from './identity.ts';

/**
 * A sender under the address that the configuration gives an agent, however its letters are written: phones and companies write
 * `John@…` for `john@…`, and nobody has both at his desk, which the configuration refuses. What proves the sender is not
 * touched by it. Of everybody else the case of the local part counts (TH-13).
 */
export function underConfiguredAddress(
  sender: JudgedSender,
  agents: readonly Pick<DeskAgent, 'addresses'>[],
): JudgedSender {
  const written = sender.address?.toLowerCase();
  const configured = agents.flatMap(({ addresses }) => addresses).find((address) => address.toLowerCase() === written);
  return configured === undefined ? sender : { ...sender, address: configured };
}
