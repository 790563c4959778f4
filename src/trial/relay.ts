/**
 * The trial's mail server for sending, on loopback: takes mail from any client, with or without login, and puts it into
 * the private Dovecot over LMTP, stamped as a provider's MX would (provider.ts). Nothing leaves the machine: mail to any
 * foreign domain is kept in one mailbox, `WORLD_MAILBOX`.
 */
import { randomBytes } from 'node:crypto';
import nodemailer from 'nodemailer';
import { SMTPServer, type SMTPServerAddress, type SMTPServerSession } from 'smtp-server';
import { errorMessage } from '../errors.ts';
import { maySend, type ProviderProfile, type Submission, stamp } from './provider.ts';

export interface TrialRelayOptions {
  port: number;
  lmtpPort: number;
  /** Of every user. */
  password: string;
  /** Addresses with a mailbox; any other address of their domains is refused. */
  users: readonly string[];
  /** Which of the users' domains is a tenant of the provider; the others have servers of their own. */
  tenantDomain: string;
  provider: ProviderProfile;
}

export interface TrialRelay {
  port: number;
  stop(): Promise<void>;
}

/** Where mail to everybody outside the trial rests. */
export const WORLD_MAILBOX = 'world@outside.test';

const MAIL_BYTES_MAX = 50 * 1024 * 1024;

export async function startTrialRelay(options: TrialRelayOptions): Promise<TrialRelay> {
  const ownDomains = [...new Set(options.users.map(domainOf))];
  const lmtp = nodemailer.createTransport({ host: '127.0.0.1', port: options.lmtpPort, lmtp: true, secure: false });

  function submissionOf({ user, envelope, hostNameAppearsAs, remoteAddress }: SMTPServerSession): Submission {
    return {
      authenticatedUser: user ?? null,
      envelopeFrom: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
      recipients: envelope.rcptTo.map(({ address }) => address),
      clientName: hostNameAppearsAs || 'unknown',
      clientAddress: remoteAddress,
      tenantDomain: options.tenantDomain,
      strictDomains: ownDomains,
      queueId: randomBytes(6).toString('hex'),
      receivedAt: new Date(),
    };
  }

  async function pass(raw: Buffer, submission: Submission): Promise<void> {
    const stamped = stamp(raw, options.provider, submission);
    const { envelopeFrom: from, recipients } = submission;
    const isLocal = (address: string) => ownDomains.includes(domainOf(address));
    const foreign = recipients.filter((address) => !isLocal(address));
    const local = recipients.filter(isLocal);
    if (local.length > 0) await deliver(stamped, from, local);
    for (const address of foreign) {
      const named = Buffer.concat([Buffer.from(`X-Original-To: ${address}\r\n`), stamped]);
      await deliver(named, from, [WORLD_MAILBOX]);
    }
  }

  async function deliver(raw: Buffer, from: string, to: string[]): Promise<void> {
    const { rejected, response } = await lmtp.sendMail({ envelope: { from, to }, raw });
    if (rejected.length > 0) throw new Error(response);
  }

  const server = new SMTPServer({
    name: options.provider.host,
    banner: 'Docket trial relay',
    authOptional: true,
    // On loopback only, and for a world that is thrown away.
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    // Dovecot's LMTP does not take SMTPUTF8, so neither can we.
    hideSMTPUTF8: true,
    size: MAIL_BYTES_MAX,
    rejectOversized: true,
    onAuth({ username = '', password = '' }, _session, callback) {
      const user = username.toLowerCase();
      if (options.users.includes(user) && password === options.password) return callback(null, { user });
      return callback(refusal(535, '5.7.8 Authentication failed'));
    },
    onRcptTo({ address }: SMTPServerAddress, _session, callback) {
      const isKnown = options.users.includes(withoutDetail(address)) || !ownDomains.includes(domainOf(address));
      callback(isKnown ? null : refusal(550, '5.1.1 No such user here'));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (stream.sizeExceeded) return callback(refusal(552, '5.3.4 Message too big'));
        const raw = Buffer.concat(chunks);
        const submission = submissionOf(session);
        if (!maySend(raw, options.provider, submission))
          return callback(refusal(550, '5.7.60 Client does not have permissions to send as this sender'));
        pass(raw, submission).then(
          () => callback(null, `2.0.0 Ok: queued as ${submission.queueId}`),
          (error: unknown) => callback(refusal(451, `4.3.0 ${errorMessage(error)}`)),
        );
      });
    },
  });
  // A client that breaks off is its own trouble.
  server.on('error', () => {});

  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', () => {
      const address = server.server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
    });
  });
  return {
    port,
    async stop() {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      lmtp.close();
    },
  };
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

/** `support+TOKEN@desk.test` is delivered to `support@desk.test`. */
function withoutDetail(address: string): string {
  return address.toLowerCase().replace(/\+[^@]*@/, '@');
}
