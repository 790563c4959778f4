import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/**
 * An IMAP server that misbehaves on demand. It speaks enough of RFC 3501 to be polled; `script` sees every command first
 * and may answer it otherwise. What the client sent is kept line by line.
 */
export interface FakeImapServer {
  host: string;
  imapPort: number;
  password: string;
  /** In the order of their UIDs, which start at 1. */
  mails: FakeMail[];
  uidValidity: string | null;
  /** Every line clients sent, without literals. */
  received: string[];
  /** Mails by folder that arrived there by COPY or MOVE. */
  folders: Map<string, number[]>;
  connectionCount: number;
  script: Script;
  /** Tells idling clients that there are more mails. */
  announce(): void;
  close(): Promise<void>;
}

export interface FakeMail {
  uid: number;
  raw: Buffer;
  flags?: string[];
  /** RFC822.SIZE where it differs. */
  announcedSize?: number;
}

export interface Command {
  tag: string;
  name: string;
  text: string;
  /** Sends one line. */
  say(line: string): void;
  write(bytes: Buffer | string): void;
  /** Cuts the connection. */
  hangUp(): void;
}

/** Returns true when it has answered, or swallowed, the command. */
export type Script = (command: Command) => boolean;

/** Answers one command with this line, and leaves the others to the server. */
export function answering(name: string, line: string): Script {
  return (command) => {
    if (command.name !== name) return false;
    command.say(`${command.tag} ${line}`);
    return true;
  };
}

export interface FakeImapOptions {
  capabilities?: string[];
  mails?: (Buffer | FakeMail)[];
  script?: Script;
  tls?: { key: string; cert: string; mode: 'implicit' | 'starttls' };
}

export const BASIC_CAPABILITIES = ['IMAP4rev1', 'IDLE', 'UIDPLUS', 'MOVE', 'SASL-IR', 'AUTH=PLAIN'];

export async function startFakeImapServer(options: FakeImapOptions = {}): Promise<FakeImapServer> {
  const sockets = new Set<Socket>();
  const idling = new Set<(line: string) => void>();
  const server = createServer();
  const fake: FakeImapServer = {
    host: '127.0.0.1',
    imapPort: 0,
    password: 'secret',
    mails: (options.mails ?? []).map((mail, index) => (Buffer.isBuffer(mail) ? { uid: index + 1, raw: mail } : mail)),
    uidValidity: '1',
    received: [],
    folders: new Map(),
    connectionCount: 0,
    script: options.script ?? (() => false),
    announce() {
      for (const say of idling) say(`* ${fake.mails.length} EXISTS`);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('connection', (plain) => {
    fake.connectionCount += 1;
    sockets.add(plain);
    plain.on('error', () => {});
    plain.on('close', () => sockets.delete(plain));
    const secure = () => {
      if (!options.tls) throw new Error('The fake server was given no certificate');
      const secureContext = createSecureContext({ key: options.tls.key, cert: options.tls.cert });
      const socket = new TLSSocket(plain, { isServer: true, secureContext });
      socket.on('error', () => plain.destroy());
      return socket;
    };
    const session = { fake, options, idling, secure };
    if (options.tls?.mode === 'implicit') serveSession(session, secure(), true);
    else serveSession(session, plain, true);
  });
  fake.imapPort = await listen(server);
  return fake;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

interface Session {
  fake: FakeImapServer;
  options: FakeImapOptions;
  idling: Set<(line: string) => void>;
  secure(): TLSSocket;
}

function serveSession(session: Session, socket: Socket, greets: boolean): void {
  const { fake, options, idling } = session;
  const say = (line: string) => void socket.write(`${line}\r\n`);
  let idleTag: string | null = null;
  let buffered = '';
  socket.setNoDelay(true);
  socket.on('close', () => idling.delete(say));
  if (greets) say('* OK fake server ready');

  const onData = (data: Buffer) => {
    buffered += data.toString('latin1');
    for (let end = buffered.indexOf('\r\n'); end !== -1; end = buffered.indexOf('\r\n')) {
      const line = buffered.slice(0, end);
      buffered = buffered.slice(end + 2);
      onLine(line);
    }
  };
  const onLine = (line: string) => {
    fake.received.push(line);
    if (line === 'DONE') {
      idling.delete(say);
      if (idleTag) say(`${idleTag} OK idled`);
      idleTag = null;
      return;
    }
    const [tag = '', ...words] = line.split(' ');
    const name = (words[0]?.toUpperCase() === 'UID' ? words.slice(0, 2).join(' ') : (words[0] ?? '')).toUpperCase();
    const command: Command = {
      tag,
      name,
      text: words.slice(name.split(' ').length).join(' '),
      say,
      write: (bytes) => void socket.write(bytes),
      hangUp: () => void socket.destroy(),
    };
    if (fake.script(command)) return;
    if (name === 'STARTTLS' && options.tls) {
      say(`${tag} OK begin`);
      socket.removeListener('data', onData);
      serveSession(session, session.secure(), false);
      return;
    }
    if (name === 'IDLE') {
      idleTag = tag;
      idling.add(say);
      say('+ idling');
      return;
    }
    answer(fake, options, command);
  };
  socket.on('data', onData);
}

function answer(fake: FakeImapServer, options: FakeImapOptions, command: Command): void {
  const { tag, name, text, say } = command;
  let code = '';
  switch (name) {
    case 'CAPABILITY':
      say(`* CAPABILITY ${(options.capabilities ?? BASIC_CAPABILITIES).join(' ')}`);
      break;
    case 'LIST':
      if (/(INBOX|\*"?)$/.test(text)) say('* LIST () "/" INBOX');
      break;
    case 'SELECT':
      say(`* ${fake.mails.length} EXISTS`);
      say('* FLAGS (\\Seen \\Deleted)');
      if (fake.uidValidity) say(`* OK [UIDVALIDITY ${fake.uidValidity}] valid`);
      say(`* OK [UIDNEXT ${(fake.mails.at(-1)?.uid ?? 0) + 1}] next`);
      code = '[READ-WRITE] ';
      break;
    case 'UID SEARCH':
      say(`* SEARCH ${uidsIn(fake, text.replace(/^UID /, '')).join(' ')}`.trimEnd());
      break;
    case 'UID FETCH':
      for (const uid of uidsIn(fake, text)) giveMail(fake, command, uid);
      break;
    case 'UID STORE':
      for (const mail of mailsIn(fake, text)) mail.flags = [...(mail.flags ?? []), ...(text.match(/\\\w+/g) ?? [])];
      break;
    case 'UID COPY':
    case 'UID MOVE': {
      const uids = uidsIn(fake, text);
      const folder = text.split(' ')[1] ?? '';
      fake.folders.set(folder, [...(fake.folders.get(folder) ?? []), ...uids]);
      if (name === 'UID MOVE') fake.mails = fake.mails.filter((mail) => !uids.includes(mail.uid));
      code = `[COPYUID 9 ${uids.join(',')} ${uids.join(',')}] `;
      break;
    }
    case 'UID EXPUNGE': {
      const uids = new Set(uidsIn(fake, text));
      fake.mails = fake.mails.filter((mail) => !(uids.has(mail.uid) && mail.flags?.includes('\\Deleted')));
      break;
    }
    case 'LOGOUT':
      say('* BYE');
      break;
  }
  say(`${tag} OK ${code}done`);
  if (name === 'LOGOUT') command.hangUp();
}

/** Sends what the client asked for about one mail, in the order we like. */
export function giveMail(fake: FakeImapServer, command: Command, uid: number, raw?: Buffer): void {
  const index = fake.mails.findIndex((mail) => mail.uid === uid);
  const mail = fake.mails[index];
  if (!mail) return;
  const parts = [`UID ${uid}`];
  const wanted = command.text;
  if (wanted.includes('RFC822.SIZE')) parts.push(`RFC822.SIZE ${mail.announcedSize ?? mail.raw.length}`);
  if (wanted.includes('INTERNALDATE')) parts.push('INTERNALDATE "20-Nov-2026 08:00:00 +0000"');
  command.write(`* ${index + 1} FETCH (${parts.join(' ')}`);
  const body = raw ?? mail.raw;
  if (wanted.includes('BODY.PEEK[]')) {
    command.write(` BODY[] {${body.length}}\r\n`);
    command.write(body);
  }
  if (wanted.includes('BODY.PEEK[HEADER]')) {
    const header = body.subarray(0, body.indexOf('\r\n\r\n') + 4);
    command.write(` BODY[HEADER]<0> {${header.length}}\r\n`);
    command.write(header);
  }
  command.write(')\r\n');
}

/** The UIDs a command names that exist, ascending. */
export function uidsIn(fake: FakeImapServer, text: string): number[] {
  return mailsIn(fake, text).map((mail) => mail.uid);
}

function mailsIn(fake: FakeImapServer, text: string): FakeMail[] {
  const set = text.split(' ')[0] ?? '';
  if (set === 'ALL') return fake.mails;
  const last = fake.mails.at(-1)?.uid ?? 0;
  const ranges = set.split(',').map((part) => {
    const [from = '', to = from] = part.split(':').map((end) => (end === '*' ? String(last) : end));
    return [Math.min(Number(from), Number(to)), Math.max(Number(from), Number(to))] as const;
  });
  return fake.mails.filter((mail) => ranges.some(([from, to]) => mail.uid >= from && mail.uid <= to));
}
