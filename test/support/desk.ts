import type { Knex } from 'knex';
import type { Desk } from '../../src/core/desk-config.ts';
import type { DeskConfigFile } from '../../src/core/desk-config-schema.ts';
import type { Id } from '../../src/core/ticket.ts';
import { applyConfiguration } from '../../src/desk/apply-configuration.ts';
import { loadDesk } from '../../src/store/desk-config.ts';

export const SMALL_MAILBOX = {
  key: 'support',
  address: 'support@desk.test',
  aliases: ['help@desk.test'],
  fromName: 'Desk Support',
  department: 'general',
  imap: { host: '127.0.0.1', port: 143, tls: 'none', user: 'support', password: { env: 'SUPPORT_PASSWORD' } },
  smtp: { host: '127.0.0.1', port: 25, tls: 'none' },
  replyAddress: 'support+{token}@desk.test',
  returnPath: 'mailbox',
  authentication: [{ results: 'mx.desk.test' }],
  importSince: '2020-01-01',
  answerSince: '2020-01-01',
} satisfies NonNullable<DeskConfigFile['mailboxes']>[number];

/** A small desk: one mailbox, one department, two agents. */
export const SMALL_DESK = {
  version: 1,
  desk: { name: 'Desk Test', timezone: 'UTC', language: 'en' },
  mailboxes: [SMALL_MAILBOX],
  departments: [{ key: 'general', name: 'Support', mailbox: 'support' }],
  agents: [
    { key: 'john', name: 'John Smith', emails: ['john@desk.test'], role: 'agent', departments: ['general'] },
    { key: 'jane', name: 'Jane Doe', emails: ['jane@desk.test'], role: 'agent', departments: ['general'] },
  ],
} satisfies DeskConfigFile;

export interface SeededDesk {
  desk: Desk;
  mailboxId: Id;
  departmentId: Id;
  /** Person ids. */
  johnId: Id;
  janeId: Id;
}

/** Applies the small desk, with whole sections replaced by the overrides, and returns what it became. */
export async function seedDesk(db: Knex, overrides: Partial<DeskConfigFile> = {}): Promise<SeededDesk> {
  const text = JSON.stringify({ ...SMALL_DESK, ...overrides });
  const applied = await applyConfiguration(db, text, { prune: true, actor: 'test' });
  if (applied.outcome === 'faulty')
    throw new Error(applied.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  const desk = await loadDesk(db);
  return {
    desk,
    mailboxId: desk.mailboxes[0]?.id ?? '',
    departmentId: desk.departments[0]?.id ?? '',
    johnId: desk.agents.find(({ key }) => key === 'john')?.personId ?? '',
    janeId: desk.agents.find(({ key }) => key === 'jane')?.personId ?? '',
  };
}
