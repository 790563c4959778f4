/**
 * Where acknowledgements go: an SMTP server that accepts everything, in a process of its own so that its work is not
 * counted as ours. Tells its parent the port, and on every message of the parent how much it has accepted.
 */
import { SMTPServer } from 'smtp-server';

export interface SinkCount {
  accepted: number;
  connections: number;
  /** When the latest mail was accepted, in ms since 1970; 0 before the first. */
  lastAcceptedAt: number;
}

const count: SinkCount = { accepted: 0, connections: 0, lastAcceptedAt: 0 };

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  onConnect(_session, done) {
    count.connections += 1;
    done();
  },
  onData(stream, _session, done) {
    stream.resume();
    stream.once('end', () => {
      count.accepted += 1;
      count.lastAcceptedAt = Date.now();
      done(null, `2.0.0 queued as ${count.accepted}`);
    });
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => {
  const address = server.server.address();
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('message', () => process.send?.(count));
process.on('disconnect', () => process.exit(0));
