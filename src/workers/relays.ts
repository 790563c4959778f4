import { readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { Desk, DeskMailbox, ReadSecret, SmtpSettings } from '../core/desk-config.ts';
import type { Id } from '../core/ticket.ts';
import { PermanentError } from '../errors.ts';
import { createTokenSource } from '../ingest/sources/oauth2.ts';
import { createRelay, RELAY_DEFAULTS, type Relay, type RelaySettings } from '../outbound/smtp.ts';

/** The relay that each mailbox hands its mail to, opened when it is first needed and anew when its settings change. */
export interface Relays {
  forMailbox(mailboxId: Id): Promise<Relay>;
  close(): void;
}

export interface RelaysOptions {
  desk(): Promise<Desk>;
  readSecret: ReadSecret;
  clock: Clock;
}

export function createRelays({ desk, readSecret, clock }: RelaysOptions): Relays {
  const open = new Map<Id, { settings: string; relay: Relay }>();

  return {
    async forMailbox(mailboxId) {
      const { mailboxes, archivedMailboxes } = await desk();
      const mailbox = [...mailboxes, ...archivedMailboxes].find(({ id }) => id === mailboxId);
      if (mailbox === undefined) {
        throw new PermanentError('MAILBOX_UNKNOWN', 'The mailbox of this mail is not in the configuration.');
      }
      const settings = JSON.stringify(mailbox.smtp);
      const kept = open.get(mailboxId);
      if (kept?.settings === settings) return kept.relay;
      kept?.relay.close();
      const relay = createRelay(relaySettings(mailbox, readSecret, clock));
      open.set(mailboxId, { settings, relay });
      return relay;
    },
    close() {
      for (const { relay } of open.values()) relay.close();
    },
  };
}

/** What `outbound/smtp.ts` needs of a mailbox of the desk's configuration. */
export function relaySettings(
  { smtp }: Pick<DeskMailbox, 'smtp'>,
  readSecret: ReadSecret,
  clock: Clock,
): RelaySettings {
  return {
    host: smtp.host,
    port: smtp.port,
    tls: smtp.tls,
    login: relayLogin(smtp, readSecret, clock),
    ...(smtp.caFile === null ? {} : { ca: readFileSync(smtp.caFile, 'utf8') }),
    ...RELAY_DEFAULTS,
  };
}

function relayLogin({ login }: SmtpSettings, readSecret: ReadSecret, clock: Clock): RelaySettings['login'] {
  if (login === null) return null;
  const { user } = login;
  if (login.kind === 'password') return { user, password: async () => readSecret(login.password) };
  const { clientSecret } = login;
  const tokens = createTokenSource(
    {
      kind: 'oauth2',
      tokenUrl: login.tokenUrl,
      clientId: login.clientId,
      clientSecret: clientSecret === null ? null : async () => readSecret(clientSecret),
      refreshToken: async () => readSecret(login.refreshToken),
      scope: login.scope,
    },
    clock,
  );
  return {
    user,
    accessToken(renew) {
      if (renew) tokens.invalidate();
      return tokens.accessToken();
    },
  };
}
