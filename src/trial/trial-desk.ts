import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import type { AuthenticationSource } from '../core/desk-config.ts';
import { openDatabase } from '../store/database.ts';
import { loadDesk } from '../store/desk-config.ts';
import { runDocket } from './docket-command.ts';
import { writeWhole } from './files.ts';
import { PROVIDERS, type ProviderName } from './providers.ts';

/** The people and the mailbox of the trial. */
export const TRIAL_MAILBOX = 'support@desk.test';
export const TRIAL_CUSTOMER = 'karen@customer.test';
export const TRIAL_AGENTS = ['john@desk.test', 'jane@desk.test'];
export const TRIAL_USERS = [TRIAL_CUSTOMER, ...TRIAL_AGENTS, TRIAL_MAILBOX];

export interface TrialServers {
  provider: ProviderName;
  imapPort: number;
  smtpPort: number;
  passwordFile: string;
}

export interface ConfiguredMailbox {
  address: string;
  imapPort: number;
  smtpPort: number;
  authentication: AuthenticationSource[];
}

/** The trial's desk for a database that has none, or its mailbox again if the servers listen elsewhere or are others now. */
export async function configureTrialDesk(
  file: string,
  environment: NodeJS.ProcessEnv,
  world: TrialServers,
  configured: ConfiguredMailbox[],
): Promise<void> {
  const isCurrent = ({ imapPort, smtpPort, authentication }: ConfiguredMailbox) =>
    imapPort === world.imapPort &&
    smtpPort === world.smtpPort &&
    isDeepStrictEqual(authentication, PROVIDERS[world.provider].authentication);
  if (configured.some(isCurrent)) return;
  writeWhole(file, configured.length === 0 ? trialDeskYaml(world) : trialMailboxYaml(world));
  await runDocket(environment, 'config', 'apply', file);
}

export async function configuredMailboxes(databaseUrl: string): Promise<ConfiguredMailbox[]> {
  const db = openDatabase(databaseUrl, { poolMax: 1 });
  try {
    const { mailboxes } = await loadDesk(db);
    return mailboxes.map(({ address, imap, smtp, authentication }) => ({
      address,
      imapPort: imap.port,
      smtpPort: smtp.port,
      authentication,
    }));
  } finally {
    await db.destroy();
  }
}

/** docket.yaml of a desk that never had a configuration. */
function trialDeskYaml(servers: TrialServers): string {
  return toYaml({
    version: 1,
    desk: { name: 'Desk Trial', timezone: 'UTC', language: 'en', acknowledge: true, closeResolvedAfter: '7d' },
    mailboxes: [trialMailbox(servers)],
    departments: [
      // Gives its tickets out in turn; in banking whoever takes one has it.
      { key: 'general', name: 'Support', mailbox: 'support', slaPlan: 'standard', assign: { strategy: 'round-robin' } },
      { key: 'banking', name: 'Online Banking', mailbox: 'support', fromName: 'Online Banking', slaPlan: 'standard' },
    ],
    agents: [
      { key: 'john', name: 'John Smith', emails: ['john@desk.test'], role: 'agent', departments: ['general'] },
      { key: 'jane', name: 'Jane Doe', emails: ['jane@desk.test'], role: 'lead', departments: ['general', 'banking'] },
    ],
    teams: [{ key: 'banking-tier1', name: 'Banking tier 1', agents: ['jane'] }],
    slaPlans: [
      {
        key: 'standard',
        name: 'Standard',
        calendar: 'always',
        targets: {
          firstResponse: { low: '16h', normal: '8h', high: '2h', urgent: '30m' },
          resolution: { low: '80h', normal: '40h', high: '16h', urgent: '8h' },
        },
      },
      {
        key: 'outage',
        name: 'Outage',
        calendar: 'always',
        targets: {
          firstResponse: { low: '1h', normal: '1h', high: '30m', urgent: '15m' },
          resolution: { low: '8h', normal: '8h', high: '4h', urgent: '2h' },
        },
      },
    ],
  });
}

/** Only the mailbox, for a desk that has been changed since: the ports of the private servers may be others now. */
function trialMailboxYaml(servers: TrialServers): string {
  return toYaml({ version: 1, mailboxes: [trialMailbox(servers)] });
}

function trialMailbox({ provider, imapPort, smtpPort, passwordFile }: TrialServers) {
  const login = { host: '127.0.0.1', tls: 'none', user: TRIAL_MAILBOX, password: { file: passwordFile } };
  return {
    key: 'support',
    address: TRIAL_MAILBOX,
    fromName: 'Desk Support',
    department: 'general',
    imap: { ...login, port: imapPort, folders: ['INBOX'] },
    smtp: { ...login, port: smtpPort },
    afterReceipt: 'keep',
    replyAddress: 'support+{token}@desk.test',
    returnPath: 'mailbox',
    authentication: PROVIDERS[provider].authentication,
  };
}

/** docket.yaml knows no aliases (`&a1 … *a1`), which the writer makes for an object that stands in two places. */
function toYaml(configuration: object): string {
  return stringify(configuration, { aliasDuplicateObjects: false });
}
