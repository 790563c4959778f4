import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import nodemailer from 'nodemailer';
import { type PrivateDovecot, startPrivateDovecot } from '../../src/trial/dovecot.ts';
import { PACKAGES_DIRECTORY } from '../../src/trial/places.ts';

export interface TestDovecot {
  host: string;
  imapPort: number;
  lmtpPort: number;
  /** Of every mailbox; any name exists. */
  password: string;
  /** Delivers over LMTP, as a mail server would: line ends become CRLF, trace headers are added. */
  deliver(to: string, raw: string | Uint8Array, envelope?: { from?: string }): Promise<void>;
  /** Puts exactly these bytes into a folder, over IMAP. */
  append(mailbox: string, raw: string | Uint8Array, options?: AppendOptions): Promise<{ uid: number }>;
  /** A logged-in client of one mailbox; end it with `logout()`. */
  connect(mailbox: string): Promise<ImapFlow>;
  /** An orderly stop and a new start on the same ports, with the same mails. */
  restart(): Promise<void>;
  /** The master dies by SIGKILL; `restart()` brings it back. */
  kill(): void;
  /** Same mails, new UIDVALIDITY. */
  resetUidValidity(mailbox: string): void;
  stop(): Promise<void>;
}

export interface AppendOptions {
  folder?: string;
  flags?: string[];
  /** INTERNALDATE. */
  receivedAt?: Date;
}

export async function startTestDovecot(options: { hostName?: string } = {}): Promise<TestDovecot> {
  const directory = mkdtempSync(join(tmpdir(), 'docket-test-dovecot-'));
  const password = 'secret';
  const start = () =>
    startPrivateDovecot({
      ...options,
      directory,
      packagesDirectory: PACKAGES_DIRECTORY,
      password,
      whenWeDie: 'SIGTERM',
    });
  let dovecot: PrivateDovecot = await start();
  const host = '127.0.0.1';
  const { imapPort, lmtpPort } = dovecot;
  const openLmtp = () => nodemailer.createTransport({ host, port: lmtpPort, lmtp: true, secure: false, pool: true });
  let lmtp = openLmtp();

  async function connect(mailbox: string): Promise<ImapFlow> {
    const auth = { user: mailbox, pass: password };
    const client = new ImapFlow({ host, port: imapPort, secure: false, auth, logger: false });
    // A restart of the server ends it; without a listener that would end the test run.
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  return {
    host,
    imapPort,
    lmtpPort,
    password,
    connect,
    async deliver(to, raw, { from = 'sender@outside.test' } = {}) {
      const { rejected, response } = await lmtp.sendMail({ envelope: { from, to: [to] }, raw: Buffer.from(raw) });
      if (rejected.length > 0) throw new Error(`Dovecot refused a delivery: ${response}`);
    },
    async append(mailbox, raw, { folder = 'INBOX', flags = [], receivedAt = new Date() } = {}) {
      const client = await connect(mailbox);
      try {
        const appended = await client.append(folder, Buffer.from(raw), flags, receivedAt);
        if (appended === false || appended.uid === undefined) throw new Error(`APPEND to ${folder} gave no UID`);
        return { uid: appended.uid };
      } finally {
        await client.logout();
      }
    },
    async restart() {
      lmtp.close();
      await dovecot.stop();
      dovecot = await start();
      lmtp = openLmtp();
    },
    kill: () => dovecot.kill(),
    resetUidValidity: (mailbox) => dovecot.resetUidValidity(mailbox),
    async stop() {
      lmtp.close();
      await dovecot.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
