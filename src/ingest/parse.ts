import { Worker } from 'node:worker_threads';
import type { InboundMail } from '../core/inbound-mail.ts';
import { errorCode, errorMessage } from '../errors.ts';

export type ParseOutcome =
  | { outcome: 'parsed'; mail: InboundMail }
  | { outcome: 'failed'; reason: 'timeout' | 'memory' | 'crash'; message: string };

/** Parses raw mail where a hang or a crash stops nothing else (IN-11). */
export interface MailParser {
  /** Never rejects. The bytes are copied at once and stay the caller's. */
  parse(raw: Uint8Array): Promise<ParseOutcome>;
  /** Ends the threads; what was not parsed yet is answered as a crash. */
  close(): Promise<void>;
}

export interface MailParserOptions {
  /** Threads. They are started when they are needed. */
  workers: number;
  /** For one mail, counted while this process runs. */
  timeoutMs: number;
  /** JavaScript heap of one thread. Buffers are outside of it and bounded by the size of the mails. */
  memoryMb: number;
}

/** What a thread is sent. */
export interface ParseRequest {
  raw: Uint8Array;
}

/** What a thread answers: that its code is loaded, then one outcome a request, in order. */
export type ParseReply = 'ready' | ParseOutcome;

/** So many mails are in one thread at a time: the next is there when one is done, and few are sent again if it dies. */
const MAILS_IN_THREAD_MAX = 4;

/** A timeout is counted in ticks of this process: after a pause of the whole process (SIGSTOP) no mail is to blame. */
const TICKS_PER_TIMEOUT = 10;

/**
 * A pool of threads. Each parses its mails one after the other, so the oldest one unanswered is the one being parsed: it
 * alone is blamed when the thread hangs, runs out of memory or dies. The others it held are sent to another thread.
 */
export function createMailParser(options: MailParserOptions): MailParser {
  const { workers, timeoutMs, memoryMb } = options;
  const threads: ParseThread[] = [];
  const waiting: Task[] = [];
  let ticking: NodeJS.Timeout | null = null;
  let closed = false;

  function assign(): void {
    while (waiting.length > 0) {
      const thread = leastLoaded();
      if (thread === null) break;
      const task = waiting.shift();
      if (task !== undefined) thread.take(task);
    }
    const busy = threads.some(({ load }) => load > 0);
    if (busy && ticking === null) ticking = setInterval(tick, timeoutMs / TICKS_PER_TIMEOUT);
    if (!busy && ticking !== null) {
      clearInterval(ticking);
      ticking = null;
    }
  }

  function leastLoaded(): ParseThread | null {
    let best: ParseThread | null = null;
    for (const thread of threads) if (best === null || thread.load < best.load) best = thread;
    if (best !== null && (best.load === 0 || threads.length >= workers)) {
      return best.load < MAILS_IN_THREAD_MAX ? best : null;
    }
    const started = new ParseThread(memoryMb, assign, onThreadEnd);
    threads.push(started);
    return started;
  }

  function onThreadEnd(thread: ParseThread, unparsed: Task[]): void {
    threads.splice(threads.indexOf(thread), 1);
    waiting.unshift(...unparsed);
    if (closed) for (const task of waiting.splice(0)) task.settle(CLOSED);
    else assign();
  }

  function tick(): void {
    for (const thread of [...threads]) thread.tick();
  }

  return {
    parse(raw) {
      return new Promise((settle) => {
        if (closed) return settle(CLOSED);
        // Of its own: a view of a larger buffer would be sent with all of it.
        waiting.push({ raw: new Uint8Array(raw), settle });
        assign();
      });
    },
    async close() {
      closed = true;
      if (ticking !== null) clearInterval(ticking);
      for (const task of waiting.splice(0)) task.settle(CLOSED);
      await Promise.all([...threads].map((thread) => thread.end(CLOSED)));
    },
  };
}

interface Task {
  raw: Uint8Array<ArrayBuffer>;
  settle(outcome: ParseOutcome): void;
}

type Failure = Extract<ParseOutcome, { outcome: 'failed' }>;

const CLOSED: Failure = { outcome: 'failed', reason: 'crash', message: 'the parser was closed' };

class ParseThread {
  readonly #worker: Worker;
  readonly #onAnswer: () => void;
  readonly #onEnd: (thread: ParseThread, unparsed: Task[]) => void;
  /** Oldest first: the first one is being parsed. */
  readonly #tasks: Task[] = [];
  #ready = false;
  #ticks = 0;
  #ended = false;

  constructor(memoryMb: number, onAnswer: () => void, onEnd: (thread: ParseThread, unparsed: Task[]) => void) {
    this.#onAnswer = onAnswer;
    this.#onEnd = onEnd;
    this.#worker = new Worker(new URL('./parse-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    this.#worker.on('message', (reply: ParseReply) => this.#onReply(reply));
    this.#worker.on('error', (error) => void this.end(failureOf(error)));
    this.#worker.on('exit', () => void this.end({ outcome: 'failed', reason: 'crash', message: 'the thread ended' }));
  }

  /** How many mails it holds. */
  get load(): number {
    return this.#tasks.length;
  }

  take(task: Task): void {
    if (this.#tasks.push(task) === 1) this.#ticks = 0;
    // Copied again, not transferred: the mail may have to be sent to another thread.
    const request: ParseRequest = { raw: task.raw };
    this.#worker.postMessage(request);
  }

  /** Called `TICKS_PER_TIMEOUT` times in the time a mail may take. */
  tick(): void {
    // Loading the code is not the mail's time.
    if (!this.#ready || this.#tasks.length === 0) return;
    this.#ticks += 1;
    // The first tick may fall right after the mail was sent.
    if (this.#ticks > TICKS_PER_TIMEOUT) {
      void this.end({ outcome: 'failed', reason: 'timeout', message: 'the mail took too long to parse' });
    }
  }

  /** Ends the thread, answers the mail that is being parsed with this failure, and hands back the others. */
  async end(failure: Failure): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const [first, ...unparsed] = this.#tasks.splice(0);
    first?.settle(failure);
    this.#onEnd(this, unparsed);
    await this.#worker.terminate();
  }

  #onReply(reply: ParseReply): void {
    this.#ticks = 0;
    if (reply === 'ready') {
      this.#ready = true;
      return;
    }
    this.#tasks.shift()?.settle(reply);
    this.#onAnswer();
  }
}

function failureOf(error: unknown): Failure {
  const reason = errorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash';
  return { outcome: 'failed', reason, message: errorMessage(error) };
}
