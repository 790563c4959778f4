import { systemClock } from '../../../src/clock.ts';
import { createMailboxSource } from '../../../src/ingest/sources/imap.ts';
import type { AfterReceipt } from '../../../src/ingest/sources/imap-settings.ts';
import { createLog } from '../../../src/log.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { testSettings } from './support.ts';

/** What a process that only receives is told: it polls once, or runs until it is killed. */
export interface PollProcessOptions {
  mode: 'once' | 'run';
  databaseUrl: string;
  server: { host: string; imapPort: number; password: string };
  mailboxId: string;
  user: string;
  afterReceipt: AfterReceipt;
  leaseMs: number;
}

const options: PollProcessOptions = JSON.parse(process.argv[2] ?? '');
const settings = testSettings(options.server, options.mailboxId, {
  user: options.user,
  afterReceipt: options.afterReceipt,
});
const db = openDatabase(options.databaseUrl, { poolMax: 3 });
const source = createMailboxSource({
  settings: { ...settings, timing: { ...settings.timing, pollIntervalMs: 300, leaseMs: options.leaseMs } },
  db,
  log: createLog('info'),
  clock: systemClock,
  holder: `process-${process.pid}`,
  onStored() {},
});
const { signal } = new AbortController();
if (options.mode === 'once') await source.pollOnce(signal);
else await source.run(signal);
await db.destroy();
