import { readFile } from 'node:fs/promises';
import type { DeskMailbox, ReadSecret, SecretReference } from '../../core/desk-config.ts';
import { DEFAULT_IMAP_LIMITS, DEFAULT_IMAP_TIMING, type ImapLogin, type ImapMailboxSettings } from './imap-settings.ts';

/** What a poller needs of a mailbox of the desk's configuration. Secrets and certificates are read when they are used. */
export function imapMailboxSettings(mailbox: DeskMailbox, readSecret: ReadSecret): ImapMailboxSettings {
  const { host, port, tls, login, folders, caFile } = mailbox.imap;
  const secret = (reference: SecretReference) => async () => readSecret(reference);
  return {
    mailboxId: mailbox.id,
    host,
    port,
    tls,
    certificateAuthority: caFile === null ? null : () => readFile(caFile, 'utf8'),
    user: login.user,
    login: imapLogin(login, secret),
    folders,
    afterReceipt:
      typeof mailbox.afterReceipt === 'string'
        ? { kind: mailbox.afterReceipt }
        : { kind: 'move', folder: mailbox.afterReceipt.move },
    importSince: mailbox.importSince,
    limits: DEFAULT_IMAP_LIMITS,
    timing: DEFAULT_IMAP_TIMING,
  };
}

function imapLogin(
  login: DeskMailbox['imap']['login'],
  secret: (reference: SecretReference) => () => Promise<string>,
): ImapLogin {
  if (login.kind === 'password') return { kind: 'password', password: secret(login.password) };
  return {
    kind: 'oauth2',
    tokenUrl: login.tokenUrl,
    clientId: login.clientId,
    clientSecret: login.clientSecret && secret(login.clientSecret),
    refreshToken: secret(login.refreshToken),
    scope: login.scope,
  };
}
