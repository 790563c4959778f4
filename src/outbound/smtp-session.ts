import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import XOAuth2, { type XOAuth2Options } from 'nodemailer/lib/xoauth2';
import { crashPoint } from '../crash-points.ts';
import { errorCode } from '../errors.ts';
import { isSendableAddress, needsSmtpUtf8 } from './header-values.ts';
import type { Attempt, OutgoingMail, RelaySettings } from './smtp.ts';
import {
  classifyFailure,
  delivered,
  mayHaveArrived,
  notSent,
  RelayUnavailable,
  relayUnavailable,
  type SmtpFailure,
} from './smtp-outcome.ts';

/**
 * One connection to a relay: opened, logged in, and used for one mail after the other.
 *
 * The question that decides everything is whether the relay may have the mail. nodemailer reports a connection that broke
 * with the same error before DATA and after the final dot, so we do not ask it. The body is a stream of ours that
 * nodemailer first reads when `354` was seen; until that read nothing can have been sent, and from the first byte on only
 * a complete answer to the final dot says what became of the mail.
 *
 *   connect · EHLO · STARTTLS · AUTH · MAIL · RCPT · DATA     a break here: not sent, deferred
 *   354 → onData() commits phase `data` → first byte … dot    a break here: unknown
 *   final answer                                              2yz delivered · 4yz deferred · 5yz rejected
 */
export class SmtpSession {
  readonly #settings: RelaySettings;
  readonly #connection: SMTPConnection;
  #uses = 0;
  #ended = false;
  #smtpUtf8 = false;
  /** Answers heard since the current mail began. */
  #answers = 0;
  /** Ends what is under way when the connection does. */
  #onConnectionLost: ((failure: SmtpFailure) => void) | null = null;
  /** Ends what is under way on our own wish; null when it is too late for that. */
  #onAbandon: (() => void) | null = null;

  constructor(settings: RelaySettings) {
    this.#settings = settings;
    const { connectMs, finalAnswerMs } = settings.timeouts;
    this.#connection = new SMTPConnection({
      host: settings.host,
      port: settings.port,
      name: settings.name,
      secure: settings.tls === 'implicit',
      requireTLS: settings.tls === 'starttls',
      ignoreTLS: settings.tls === 'none',
      tls: { rejectUnauthorized: true, ca: settings.ca },
      connectionTimeout: connectMs,
      greetingTimeout: connectMs,
      dnsTimeout: connectMs,
      // RFC 5321 §4.5.3.2.6: the answer to the final dot may take ten minutes. What comes before has a timer of its own.
      socketTimeout: finalAnswerMs,
      socketCloseTimeout: 1_000,
      transactionLog: true,
      logger: { ...SILENT, debug: (entry: { tnx?: string }, line: string) => this.#hear(entry.tnx, line) },
    });
    // Attached before anything is opened: an `error` that nobody hears ends the process.
    this.#connection.on('error', (failure: SmtpFailure) => this.#lose(failure));
    // `end` comes without an error when the relay closes politely. A callback on its way says more and goes first.
    this.#connection.on('end', () => {
      this.#ended = true;
      setImmediate(() => this.#lose(Object.assign(new Error('connection closed'), { code: 'ECONNECTION' })));
    });
  }

  /** Mails it was used for. */
  get uses(): number {
    return this.#uses;
  }

  /** Whether it can carry another mail. */
  get usable(): boolean {
    return !this.#ended;
  }

  /** Connects, protects the line and logs in. Throws `RelayUnavailable` when any of it fails. */
  async open(): Promise<void> {
    const { login } = this.#settings;
    try {
      await this.#step((done) => this.#connection.connect(done));
      const greeting = String(this.#connection.lastServerResponse);
      this.#smtpUtf8 = /^250[ -]SMTPUTF8\b/im.test(greeting);
      if (login === null) return;
      // nodemailer would go on without logging in, and such mail is refused for good, or taken for forged.
      if (!/^250[ -]AUTH[ =]/im.test(greeting)) throw new RelayUnavailable('RELAY_OFFERS_NO_LOGIN', null);
      const credentials = await credentialsOf(login);
      await this.#step((done) => this.#connection.login(credentials, done));
    } catch (error) {
      this.close();
      throw relayUnavailable(error);
    }
  }

  /**
   * One attempt at one mail. `unanswered` says that the connection was gone before the relay answered anything: it had
   * closed an idle connection, which is no verdict on the mail.
   */
  async send(mail: LoadedMail, onData: () => Promise<void>): Promise<{ attempt: Attempt; unanswered: boolean }> {
    const refusal = this.#refuseBeforehand(mail);
    if (refusal !== null) return { attempt: refusal, unanswered: false };

    this.#uses += 1;
    this.#answers = 0;
    const attempt = await this.#attempt(mail, onData);
    const unanswered = attempt.errorCode === 'RELAY_CLOSED' && this.#answers === 0;
    // What a refused or broken transaction leaves behind is not worth repairing. QUIT in the middle of DATA would be text.
    if (attempt.phase === 'connecting') this.quit();
    else if (attempt.outcome !== 'delivered') this.close();
    return { attempt, unanswered };
  }

  /** Ends what is under way unless a byte of the mail may have left. */
  abandon(): void {
    this.#onAbandon?.();
  }

  /** Takes leave and closes. */
  quit(): void {
    if (this.#ended) {
      this.#connection.close();
      return;
    }
    this.#ended = true;
    this.#connection.quit();
    setTimeout(() => this.#connection.close(), 1_000).unref();
  }

  /** Closes without a word. */
  close(): void {
    this.#ended = true;
    this.#connection.close();
  }

  #attempt(mail: LoadedMail, onData: () => Promise<void>): Promise<Attempt> {
    return new Promise((resolve) => {
      let handedOver = false;
      const settle = (attempt: Attempt) => {
        clearTimeout(answerTimer);
        this.#onAbandon = null;
        this.#onConnectionLost = null;
        resolve(attempt);
      };
      const giveUp = (code: string) => {
        settle(notSent('deferred', null, code));
        this.close();
      };
      const answerTimer = setTimeout(() => giveUp('RELAY_SLOW'), this.#settings.timeouts.answerMs);
      this.#onAbandon = () => giveUp('STOPPED');
      this.#onConnectionLost = (failure) => settle(classifyFailure(failure, handedOver));

      const beforeFirstByte = async () => {
        clearTimeout(answerTimer);
        this.#onAbandon = null;
        await onData();
        if (this.#ended) throw new RelayUnavailable('RELAY_CLOSED', null);
        handedOver = true;
      };
      const bytes = bodyStream(mail, beforeFirstByte, (error) => giveUp(errorCode(error)));
      this.#connection.send(envelopeOf(mail), bytes, (failure, info) => {
        if (failure) settle(classifyFailure(failure, handedOver));
        else if (bytes.readableEnded) settle(delivered(info.response, info.serverMessageId));
        else settle(mayHaveArrived(info.response, 'ANSWERED_TOO_EARLY'));
      });
    });
  }

  /** What this mail and this relay can never do together; said visibly instead of sent mutilated (case 88). */
  #refuseBeforehand(mail: LoadedMail): Attempt | null {
    const addresses = mail.envelopeFrom === '' ? [mail.recipientAddress] : [mail.envelopeFrom, mail.recipientAddress];
    if (!addresses.every(isSendableAddress)) return notSent('rejected', null, 'ADDRESS_UNUSABLE');
    if (addresses.some(needsSmtpUtf8) && !this.#smtpUtf8) return notSent('rejected', null, 'RELAY_LACKS_SMTPUTF8');
    return null;
  }

  #hear(source: string | undefined, line: string): void {
    if (source !== 'server') return;
    this.#answers += 1;
    if (this.#answers === 2 && line.startsWith('2')) crashPoint('after-rcpt');
  }

  #lose(failure: SmtpFailure): void {
    this.#ended = true;
    this.#onConnectionLost?.(failure);
  }

  /** One step of opening, ended by its callback, by the loss of the connection, by the clock or on our own wish. */
  #step(start: (done: (failure?: SmtpFailure | null) => void) => void): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    return new Promise<void>((resolve, reject) => {
      // nodemailer's own time-outs end with the greeting: a relay silent at EHLO or AUTH would be waited for ten minutes.
      timer = setTimeout(() => reject(new RelayUnavailable('RELAY_SLOW', null)), this.#settings.timeouts.connectMs);
      this.#onConnectionLost = reject;
      this.#onAbandon = () => reject(new RelayUnavailable('STOPPED', null));
      start((failure) => (failure ? reject(failure) : resolve()));
    }).finally(() => {
      clearTimeout(timer);
      this.#onConnectionLost = null;
      this.#onAbandon = null;
    });
  }
}

interface LoadedMail extends OutgoingMail {
  body: Uint8Array;
}

const SILENT = { trace() {}, info() {}, warn() {}, error() {}, fatal() {} };

/** A token is fetched here and not by nodemailer, which would hide why it could not be had. */
async function credentialsOf(login: NonNullable<RelaySettings['login']>) {
  const { user } = login;
  if ('password' in login) return { user, pass: await login.password() };
  const accessToken = await login.accessToken(false);
  const provisionCallback: XOAuth2Options['provisionCallback'] = (_user, renew, done) => {
    (renew ? login.accessToken(true) : Promise.resolve(accessToken)).then((token) => done(null, token), done);
  };
  return { user, oauth2: new XOAuth2({ user, provisionCallback }) };
}

function envelopeOf(mail: LoadedMail) {
  return {
    from: mail.envelopeFrom === '' ? (false as const) : { address: mail.envelopeFrom, name: '' },
    to: [{ address: mail.recipientAddress, name: '' }],
    size: mail.header.length + mail.body.length,
  };
}

/** Small enough that what the relay has not taken is not yet read, and that an early answer shows as one. */
const SLICE_BYTES = 65_536;

/** Hands out the stored bytes. Its first read is the moment after `354` and before the first byte. */
function bodyStream(
  mail: LoadedMail,
  beforeFirstByte: () => Promise<void>,
  onFailure: (error: unknown) => void,
): Readable {
  let offset: number | null = null;
  return new Readable({
    highWaterMark: SLICE_BYTES,
    read() {
      if (offset === null) {
        offset = 0;
        // After a failure the stream stays silent: if it ended, an empty mail with its dot would follow.
        beforeFirstByte().then(() => this.push(mail.header), onFailure);
        return;
      }
      crashPoint('in-data');
      const slice = mail.body.subarray(offset, offset + SLICE_BYTES);
      offset += slice.length;
      this.push(slice.length > 0 ? slice : null);
    },
  });
}
