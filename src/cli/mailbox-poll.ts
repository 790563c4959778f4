import type { Knex } from 'knex';
import type { DeskMailbox } from '../core/desk-config.ts';
import { createMailboxSource, type PollSummary } from '../ingest/sources/imap.ts';
import { imapMailboxSettings } from '../ingest/sources/mailbox-settings.ts';
import { createLog } from '../log.ts';
import { registerHolder } from '../store/holders.ts';
import type { CliContext } from './context.ts';

/**
 * Fetches what is new in one mailbox, under the same lease as serving does: where a server polls it now, this waits and
 * then says so. Taking the mails in is left to a worker.
 */
export async function pollMailbox(db: Knex, mailbox: DeskMailbox, context: CliContext): Promise<PollSummary> {
  const { clock, config, readSecret, settings: installation } = context;
  const holder = await registerHolder(installation.needSetting(config, 'databaseUrl'), () => undefined);
  try {
    const settings = imapMailboxSettings(mailbox, readSecret);
    const source = createMailboxSource({
      settings: { ...settings, limits: { ...settings.limits, mailBytesMax: config.mailBytesMax } },
      db,
      log: createLog(config.logLevel),
      clock,
      holder: holder.name,
      // A worker sweeps for what nobody woke it for.
      onStored: () => undefined,
    });
    return await source.pollOnce(new AbortController().signal);
  } finally {
    await holder.release();
  }
}
