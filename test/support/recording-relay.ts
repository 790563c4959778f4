import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/**
 * An SMTP relay for tests, on a raw socket so that it can misbehave exactly where a test says, and so that what it
 * records is what really stood on the wire. Every accepted mail is kept byte for byte with the time it was accepted.
 *
 * Faults wait in a list; the first one that fits the step at hand (and the recipient, where it names one) is used up.
 */
export interface RecordingRelay {
  readonly host: string;
  readonly port: number;
  /** Accepted mail, oldest first: the whole of DATA was read and the relay took it, whether or not it could say so. */
  readonly mails: RecordedMail[];
  /** Every line clients sent, passwords included: a test may look for what must not be there. */
  readonly commands: string[];
  /** How many connections were ever accepted, and how many are open now. */
  readonly connectionsAccepted: number;
  readonly connectionsOpen: number;
  failNext(fault: RelayFault, times?: number): void;
  /** Forgets faults not yet used up. */
  clearFaults(): void;
  /** Resolves as soon as this many mails were accepted; rejects after `timeoutMs`. */
  waitForMails(count: number, timeoutMs?: number): Promise<RecordedMail[]>;
  /** Resolves as soon as `condition` holds, looked at after every line and mail; rejects after `timeoutMs`. */
  waitUntil(condition: (relay: RecordingRelay) => boolean, timeoutMs?: number): Promise<void>;
  /** Drops every open connection, as a restart of the relay would. */
  dropConnections(): void;
  stop(): Promise<void>;
}

export interface RecordedMail {
  acceptedAt: Date;
  /** '' for the null sender. */
  envelopeFrom: string;
  recipients: string[];
  /** Parameters of MAIL FROM, upper case: `SIZE=1234`, `SMTPUTF8`. */
  parameters: string[];
  /** The mail itself, dot-unstuffed. */
  data: Buffer;
  /** The same as it stood on the wire, up to and including the final dot. */
  wire: Buffer;
  messageId: string | null;
  /** The final answer as sent, or null when it was swallowed or cut. */
  answer: string | null;
  /** Number of the connection it came through, from 1. */
  connection: number;
  /** Who was logged in, if anybody. */
  user: string | null;
}

export type RelayStep = 'connect' | 'ehlo' | 'auth' | 'mail' | 'rcpt' | 'data' | 'body' | 'dot';

export interface RelayFault {
  at: RelayStep;
  /**
   * answer: says this instead of its own (`421 …` closes afterwards) · cut: drops the connection instead of answering ·
   * cut-after-354 (at data) · cut after this many body bytes (at body) · silence: never answers · delay: answers later.
   * At `dot`, cut and silence lose the answer of a mail that was accepted; `answer` decides by its first digit.
   */
  answer?: string;
  cut?: true;
  cutAfter354?: true;
  cutAfterBytes?: number;
  silence?: true;
  delayMs?: number;
  /** Only for this recipient (at rcpt). */
  recipient?: string;
}

export interface RecordingRelayOptions {
  host?: string;
  port?: number;
  /** What it calls itself; part of its greeting. */
  name?: string;
  /** When given, mail is refused without this login. */
  login?: { user: string; password?: string; accessToken?: string };
  /** Says AUTH in EHLO; default: when `login` is given. */
  offerAuth?: boolean;
  offerSmtpUtf8?: boolean;
  offerPipelining?: boolean;
  sizeMaxBytes?: number;
  tls?: { mode: 'implicit' | 'starttls'; key: string; cert: string };
  /** The answer after the final dot; default `250 2.0.0 queued as <number>`. */
  acceptAnswer?: (mail: RecordedMail) => string;
}

export async function startRecordingRelay(options: RecordingRelayOptions = {}): Promise<RecordingRelay> {
  const mails: RecordedMail[] = [];
  const commands: string[] = [];
  const faults: RelayFault[] = [];
  const sockets = new Set<Socket>();
  const watchers = new Set<() => void>();
  let connectionsAccepted = 0;

  const world: RelayWorld = {
    options,
    mails,
    commands,
    changed: () => {
      for (const look of watchers) look();
    },
    takeFault(step, recipient) {
      const index = faults.findIndex(
        (fault) => fault.at === step && (fault.recipient === undefined || fault.recipient === recipient),
      );
      return index < 0 ? undefined : faults.splice(index, 1)[0];
    },
  };

  const server = createServer((socket) => {
    connectionsAccepted += 1;
    sockets.add(socket);
    // Several small answers in a row would otherwise wait for the client's delayed acknowledgement, 40 ms each.
    socket.setNoDelay(true);
    socket.on('close', () => {
      sockets.delete(socket);
      world.changed();
    });
    new RelaySession(world, socket, connectionsAccepted).start();
    world.changed();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the recording relay has no port');

  const relay: RecordingRelay = {
    host: options.host ?? '127.0.0.1',
    port: address.port,
    mails,
    commands,
    get connectionsAccepted() {
      return connectionsAccepted;
    },
    get connectionsOpen() {
      return sockets.size;
    },
    failNext(fault, times = 1) {
      for (let n = 0; n < times; n += 1) faults.push(fault);
    },
    clearFaults() {
      faults.length = 0;
    },
    async waitForMails(count, timeoutMs = 10_000) {
      await relay.waitUntil(() => mails.length >= count, timeoutMs);
      return mails;
    },
    waitUntil(condition, timeoutMs = 30_000) {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (!condition(relay)) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve();
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error(`the recording relay waited ${timeoutMs} ms in vain; ${mails.length} mails accepted`));
        }, timeoutMs);
        watchers.add(look);
        look();
      });
    },
    dropConnections() {
      for (const socket of sockets) socket.destroy();
    },
    async stop() {
      relay.dropConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return relay;
}

interface RelayWorld {
  options: RecordingRelayOptions;
  mails: RecordedMail[];
  commands: string[];
  changed(): void;
  takeFault(step: RelayStep, recipient?: string): RelayFault | undefined;
}

const END_OF_DATA = Buffer.from('\r\n.\r\n');

/** One connection. Commands are handled strictly one after the other, so that a delayed answer delays the next one too. */
class RelaySession {
  readonly #world: RelayWorld;
  readonly #number: number;
  #socket: Socket;
  #input: Buffer = Buffer.alloc(0);
  #body: { chunks: Buffer[]; length: number; cutAfterBytes: number | null } | null = null;
  #working = false;
  #ended = false;
  #secure: boolean;
  #user: string | null = null;
  #pendingAuth: string[] | null = null;
  #mail: { from: string; parameters: string[]; recipients: string[] } | null = null;

  constructor(world: RelayWorld, socket: Socket, number: number) {
    this.#world = world;
    this.#socket = socket;
    this.#number = number;
    this.#secure = false;
  }

  start(): void {
    this.#socket.on('error', () => {});
    if (this.#world.options.tls?.mode === 'implicit') this.#startTls();
    else this.#listen();
    void this.#say('connect', `220 ${this.#name} ESMTP recording relay`);
  }

  get #name(): string {
    return this.#world.options.name ?? 'relay.test';
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
      void this.#work();
    });
  }

  #startTls(): void {
    const { tls } = this.#world.options;
    if (tls === undefined) return;
    this.#socket.removeAllListeners('data');
    this.#input = Buffer.alloc(0);
    this.#secure = true;
    this.#socket = new TLSSocket(this.#socket, {
      isServer: true,
      secureContext: createSecureContext({ key: tls.key, cert: tls.cert }),
    });
    this.#socket.on('error', () => {});
    this.#listen();
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    while (!this.#ended && (this.#body === null ? await this.#takeLine() : await this.#takeBody()));
    this.#working = false;
    this.#world.changed();
  }

  async #takeLine(): Promise<boolean> {
    const end = this.#input.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.#input.subarray(0, end).toString('utf8');
    this.#input = this.#input.subarray(end + 2);
    this.#world.commands.push(line);
    // Before the answer: a test that waits for a command may want to act while the answer is delayed.
    this.#world.changed();
    if (this.#pendingAuth !== null) await this.#continueAuth(line);
    else await this.#command(line);
    return true;
  }

  async #command(line: string): Promise<void> {
    const [verb = '', argument = ''] = splitOnce(line, ' ');
    const { options } = this.#world;
    switch (verb.toUpperCase()) {
      case 'EHLO':
      case 'HELO':
        return this.#say('ehlo', this.#greeting(verb.toUpperCase() === 'EHLO'));
      case 'STARTTLS':
        if (options.tls?.mode !== 'starttls' || this.#secure) return this.#write('502 5.5.1 not here');
        this.#write('220 2.0.0 go ahead');
        return this.#startTls();
      case 'AUTH':
        return this.#auth(argument);
      case 'MAIL':
        return this.#mailFrom(argument);
      case 'RCPT':
        return this.#rcptTo(argument);
      case 'DATA':
        return this.#data();
      case 'RSET':
        this.#mail = null;
        return this.#write('250 2.0.0 reset');
      case 'NOOP':
        return this.#write('250 2.0.0 ok');
      case 'QUIT':
        this.#write('221 2.0.0 bye');
        this.#ended = true;
        this.#socket.end();
        return;
      default:
        return this.#write('500 5.5.2 what?');
    }
  }

  #greeting(extended: boolean): string {
    const { options } = this.#world;
    if (!extended) return `250 ${this.#name}`;
    const lines = [this.#name, '8BITMIME', `SIZE ${options.sizeMaxBytes ?? 41_943_040}`];
    if (options.offerPipelining !== false) lines.push('PIPELINING');
    if (options.offerSmtpUtf8 !== false) lines.push('SMTPUTF8');
    if (options.tls?.mode === 'starttls' && !this.#secure) lines.push('STARTTLS');
    if (options.offerAuth ?? options.login !== undefined) lines.push('AUTH PLAIN LOGIN XOAUTH2');
    return lines.map((text, index) => `250${index === lines.length - 1 ? ' ' : '-'}${text}`).join('\r\n');
  }

  async #auth(argument: string): Promise<void> {
    const [method = '', initial = ''] = splitOnce(argument, ' ');
    this.#pendingAuth = [method.toUpperCase()];
    if (initial !== '') return this.#continueAuth(initial);
    this.#write(method.toUpperCase() === 'LOGIN' ? '334 VXNlcm5hbWU6' : '334 ');
  }

  async #continueAuth(line: string): Promise<void> {
    const pending = this.#pendingAuth ?? [];
    pending.push(Buffer.from(line, 'base64').toString('utf8'));
    const [method, first = '', second] = pending;
    if (method === 'LOGIN' && second === undefined) return this.#write('334 UGFzc3dvcmQ6');
    this.#pendingAuth = null;

    const { login } = this.#world.options;
    const [, plainUser, plainPassword] = first.split('\0');
    const [bearerUser, bearer] = first.split('\u0001');
    const user = method === 'XOAUTH2' ? bearerUser?.slice('user='.length) : method === 'LOGIN' ? first : plainUser;
    const proof =
      method === 'XOAUTH2' ? bearer?.slice('auth=Bearer '.length) : method === 'LOGIN' ? second : plainPassword;
    const expected = method === 'XOAUTH2' ? login?.accessToken : login?.password;
    if (user === undefined || user !== login?.user || proof === undefined || proof !== expected)
      return this.#say('auth', '535 5.7.8 wrong');
    this.#user = user;
    return this.#say('auth', '235 2.7.0 welcome');
  }

  async #mailFrom(argument: string): Promise<void> {
    const match = /^FROM:<([^>]*)>\s*(.*)$/i.exec(argument);
    if (match === null) return this.#write('501 5.5.4 what sender?');
    if (this.#world.options.login !== undefined && this.#user === null) return this.#write('530 5.7.0 log in first');
    const fault = this.#world.takeFault('mail');
    if (!refuses(fault))
      this.#mail = {
        from: match[1] ?? '',
        parameters: (match[2] ?? '').toUpperCase().split(' ').filter(Boolean),
        recipients: [],
      };
    return this.#sayUnless(fault, '250 2.1.0 ok');
  }

  async #rcptTo(argument: string): Promise<void> {
    const match = /^TO:<([^>]*)>/i.exec(argument);
    if (this.#mail === null) return this.#write('503 5.5.1 MAIL first');
    if (match === null) return this.#write('501 5.5.4 what recipient?');
    const recipient = match[1] ?? '';
    const fault = this.#world.takeFault('rcpt', recipient);
    if (!refuses(fault)) this.#mail.recipients.push(recipient);
    return this.#sayUnless(fault, '250 2.1.5 ok');
  }

  async #data(): Promise<void> {
    if (this.#mail === null || this.#mail.recipients.length === 0) return this.#write('503 5.5.1 no recipients');
    const fault = this.#world.takeFault('data');
    const bodyFault = this.#world.takeFault('body');
    if (!refuses(fault)) this.#body = { chunks: [], length: 0, cutAfterBytes: bodyFault?.cutAfterBytes ?? null };
    if (fault?.cutAfter354 === true) {
      this.#ended = true;
      this.#socket.write('354 go on\r\n', () => this.#socket.destroy());
      return;
    }
    return this.#sayUnless(fault, '354 go on');
  }

  async #takeBody(): Promise<boolean> {
    const body = this.#body;
    if (body === null || this.#input.length === 0) return false;
    body.chunks.push(this.#input);
    body.length += this.#input.length;
    this.#input = Buffer.alloc(0);
    if (body.cutAfterBytes !== null && body.length >= body.cutAfterBytes) {
      this.#cut();
      return false;
    }
    if (!endsData(body.chunks)) return false;

    const wire = Buffer.concat(body.chunks);
    const end = wire.subarray(0, 3).equals(END_OF_DATA.subarray(2)) ? 3 : wire.indexOf(END_OF_DATA) + 5;
    this.#input = wire.subarray(end);
    this.#body = null;
    await this.#finish(wire.subarray(0, end));
    return true;
  }

  async #finish(wire: Buffer): Promise<void> {
    const data = unstuff(wire);
    const mail: RecordedMail = {
      acceptedAt: new Date(),
      envelopeFrom: this.#mail?.from ?? '',
      recipients: this.#mail?.recipients ?? [],
      parameters: this.#mail?.parameters ?? [],
      data,
      wire,
      messageId: /^Message-ID:\s*<([^>]*)>/im.exec(data.toString('latin1'))?.[1] ?? null,
      answer: null,
      connection: this.#number,
      user: this.#user,
    };
    this.#mail = null;
    const fault = this.#world.takeFault('dot');
    const answer =
      fault?.answer ??
      this.#world.options.acceptAnswer?.(mail) ??
      `250 2.0.0 queued as ${this.#world.mails.length + 1}`;
    if (answer.startsWith('2')) {
      this.#world.mails.push(mail);
      this.#world.changed();
    }
    if (fault?.cut === undefined && fault?.silence === undefined) mail.answer = answer;
    return this.#sayUnless(fault, answer);
  }

  #say(step: RelayStep, answer: string): Promise<void> {
    return this.#sayUnless(this.#world.takeFault(step), answer);
  }

  async #sayUnless(fault: RelayFault | undefined, answer: string): Promise<void> {
    if (fault?.cut === true) return this.#cut();
    if (fault?.silence === true) return;
    if (fault?.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    const said = fault?.answer ?? answer;
    this.#write(said);
    if (!said.startsWith('421')) return;
    this.#ended = true;
    this.#socket.end();
  }

  #write(answer: string): void {
    if (!this.#socket.destroyed) this.#socket.write(`${answer}\r\n`);
  }

  #cut(): void {
    this.#ended = true;
    this.#socket.destroy();
  }
}

/** Whether the step fails; a mere delay, or a `2…`/`3…` answer in other words, lets it pass. */
function refuses(fault: RelayFault | undefined): boolean {
  return fault?.cut === true || fault?.silence === true || (fault?.answer !== undefined && !/^[23]/.test(fault.answer));
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length).trim()];
}

/** The end may be spread over several chunks; what follows it (pipelined QUIT) may be there already. */
function endsData(chunks: Buffer[]): boolean {
  const last = chunks.at(-1) ?? Buffer.alloc(0);
  if (chunks.length === 1) return last.subarray(0, 3).equals(END_OF_DATA.subarray(2)) || last.includes(END_OF_DATA);
  if (last.includes(END_OF_DATA)) return true;
  const joint = Buffer.concat(chunks.slice(-6));
  return joint.subarray(Math.max(0, joint.length - last.length - 4)).includes(END_OF_DATA);
}

function unstuff(wire: Buffer): Buffer {
  const text = wire.subarray(0, wire.length - 3).toString('latin1');
  return Buffer.from(text.replace(/(^|\r\n)\./g, '$1'), 'latin1');
}
