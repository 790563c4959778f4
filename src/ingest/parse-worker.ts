import { parentPort } from 'node:worker_threads';
import { errorMessage } from '../errors.ts';
import type { ParseReply, ParseRequest } from './parse.ts';
import { parseMail } from './parse-mail.ts';

/**
 * The thread that parses. One mail after the other, in the order they were sent: `parse.ts` knows from the answers which
 * mail is being parsed, and so which one is to blame when this thread hangs or dies.
 */
let previous: Promise<void> = Promise.resolve();

parentPort?.on('message', (request: ParseRequest) => {
  previous = previous.then(() => answer(request));
});

async function answer({ raw }: ParseRequest): Promise<void> {
  reply(
    await parseMail(raw).then(
      (mail) => ({ outcome: 'parsed', mail }),
      (error: unknown) => ({ outcome: 'failed', reason: 'crash', message: errorMessage(error) }),
    ),
  );
}

function reply(message: ParseReply): void {
  parentPort?.postMessage(message);
}

reply('ready');
