import { parentPort } from 'node:worker_threads';
import { errorMessage } from '../errors.ts';
import type { ParseOutcome, ParseReply, ParseRequest } from './parse.ts';
import { parseMail } from './parse-mail.ts';

/** The thread that parses: several mails at once, each answered when it is done (see `createMailParser`). */
parentPort?.on('message', ({ id, raw }: ParseRequest) => {
  void parse(raw).then((outcome) => reply({ id, outcome }));
});

async function parse(raw: Uint8Array): Promise<ParseOutcome> {
  try {
    return { outcome: 'parsed', mail: await parseMail(raw) };
  } catch (error) {
    return { outcome: 'failed', reason: 'crash', message: errorMessage(error) };
  }
}

function reply(message: ParseReply): void {
  parentPort?.postMessage(message);
}

reply('ready');
