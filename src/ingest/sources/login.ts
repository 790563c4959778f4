import type { Clock } from '../../clock.ts';
import type { Credentials } from './imap-session.ts';
import type { ImapLogin } from './imap-settings.ts';
import { createTokenSource } from './oauth2.ts';

/** Gives what a login needs, freshly read or still valid. */
export interface Login {
  credentials(): Promise<Credentials>;
  /** After a refusal: true when the next credentials will differ, so that one more try makes sense. */
  renew(): boolean;
}

export function createLogin(login: ImapLogin, clock: Clock): Login {
  if (login.kind === 'password') {
    return { credentials: async () => ({ password: await login.password() }), renew: () => false };
  }
  const tokens = createTokenSource(login, clock);
  return {
    credentials: async () => ({ accessToken: await tokens.accessToken() }),
    renew() {
      tokens.invalidate();
      return true;
    },
  };
}
