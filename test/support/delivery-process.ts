import { silentLog } from '../../src/log.ts';
import { createRelay, RELAY_DEFAULTS } from '../../src/outbound/smtp.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createDeliveryWorker } from '../../src/workers/delivery.ts';

/** A process with nothing in it but a delivery worker: what a test kills, at a crash point or from outside. */
const [databaseUrl = '', relayPort = '', holder = ''] = process.argv.slice(2);
const db = openDatabase(databaseUrl);
const relay = createRelay({
  host: '127.0.0.1',
  port: Number(relayPort),
  tls: 'none',
  login: null,
  ...RELAY_DEFAULTS,
});
const worker = createDeliveryWorker({
  db,
  holder,
  relays: { forMailbox: async () => relay, close: () => relay.close() },
  recordUnsettled: async () => {},
  log: silentLog,
});
await worker.drain();
relay.close();
await db.destroy();
