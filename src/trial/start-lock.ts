import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';

/**
 * One start at a time for one data directory. The lock is an abstract UNIX socket named after the directory: the kernel
 * gives it to one process and frees it when that dies, however it dies, so there is no stale lock to judge. Whoever comes
 * second is told over it what the first has to say.
 */
export type StartLock =
  | { taken: true; announce(text: string): void; release(): void }
  | { taken: false; saying: string };

export async function takeStartLock(dataDirectory: string): Promise<StartLock> {
  const name = `\0docket-start-${createHash('sha256').update(dataDirectory).digest('hex').slice(0, 32)}`;
  let announced = 'It is still starting.';
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(announced);
  });
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(name, () => resolve(true));
  });
  if (!taken) return { taken: false, saying: await hear(name) };
  server.unref();
  return {
    taken: true,
    announce(text) {
      announced = text;
    },
    release: () => void server.close(),
  };
}

function hear(name: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(name)
      .setEncoding('utf8')
      .setTimeout(2000, () => socket.destroy());
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}
