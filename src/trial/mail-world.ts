import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPrivateDovecot } from './dovecot.ts';
import { secretIn, writeWhole } from './files.ts';
import { PACKAGES_DIRECTORY } from './places.ts';
import { PROVIDERS, type ProviderName } from './providers.ts';
import { startTrialRelay } from './relay.ts';
import { freePort } from './server-process.ts';
import { TRIAL_MAILBOX, TRIAL_USERS } from './trial-desk.ts';

/** A private mail world: mailboxes in a Dovecot, and a relay that puts mail into them as a provider would. */
export interface MailWorld {
  provider: ProviderName;
  imapPort: number;
  smtpPort: number;
  /** Of every user. */
  password: string;
  passwordFile: string;
  /** Of Dovecot; the relay lives in this process. */
  pid: number;
  stop(): Promise<void>;
}

interface Ports {
  imap: number;
  smtp: number;
}

/** Starts it, or starts it again with the mails, the password and, where they are still free, the ports it had. */
export async function startMailWorld(directory: string, provider: ProviderName, usualPorts: Ports): Promise<MailWorld> {
  mkdirSync(directory, { recursive: true });
  const passwordFile = join(directory, 'password');
  const password = secretIn(passwordFile, 9);
  const portFile = join(directory, 'smtp-port');
  const usualSmtpPort = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : usualPorts.smtp;

  const dovecot = await startPrivateDovecot({
    directory: join(directory, 'dovecot'),
    packagesDirectory: PACKAGES_DIRECTORY,
    password,
    hostName: PROVIDERS[provider].host,
    usualImapPort: usualPorts.imap,
  });
  try {
    const relay = await startTrialRelay({
      port: await freePort(usualSmtpPort),
      lmtpPort: dovecot.lmtpPort,
      password,
      users: TRIAL_USERS,
      tenantDomain: TRIAL_MAILBOX.slice(TRIAL_MAILBOX.indexOf('@') + 1),
      provider: PROVIDERS[provider],
    });
    writeWhole(portFile, String(relay.port));
    return {
      provider,
      imapPort: dovecot.imapPort,
      smtpPort: relay.port,
      password,
      passwordFile,
      pid: dovecot.pid,
      async stop() {
        await relay.stop();
        await dovecot.stop();
      },
    };
  } catch (error) {
    await dovecot.stop();
    throw error;
  }
}
