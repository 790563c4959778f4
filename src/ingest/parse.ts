import { Worker } from 'node:worker_threads';
import type { InboundMail } from '../core/inbound-mail.ts';
import { errorCode, errorMessage } from '../errors.ts';

export type ParseOutcome =
  | { outcome: 'parsed'; mail: InboundMail }
  | { outcome: 'failed'; reason: 'timeout' | 'memory' | 'crash' | 'closed'; message: string };

/** Parses raw mail where a hang or a crash stops nothing else (IN-11). */
export interface MailParser {
  /** Never rejects. The bytes are copied at once and stay the caller's. */
  parse(raw: Uint8Array): Promise<ParseOutcome>;
  /** Ends the threads; what was not parsed yet is answered as `closed`, which says nothing about the mail. */
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
  id: number;
  raw: Uint8Array;
}

/** What a thread answers: that its code is loaded, then one outcome a request, in any order. */
export type ParseReply = 'ready' | { id: number; outcome: ParseOutcome };

/**
 * So many mails are in one thread at a time. The parser waits for its streams at every part, and what one mail leaves
 * of the thread another uses: measured, a fifth less processor time a mail than one after the other.
 */
const MAILS_IN_THREAD_MAX = 8;

/** A timeout is counted in ticks of this process: after a pause of the whole process (SIGSTOP) no mail is to blame. */
const TICKS_PER_TIMEOUT = 10;

/**
 * A pool of threads with several mails in each. When a thread hangs, runs out of memory or dies, any of its mails may be
 * the reason: each is parsed again with a thread to itself, and only what fails there is blamed.
 */
export function createMailParser(options: MailParserOptions): MailParser {
  const threads = new Set<ParseThread>();
  const waiting: Task[] = [];
  let ticking: NodeJS.Timeout | null = null;
  let isClosed = false;

  function assign(): void {
    for (let task = waiting[0]; task !== undefined; task = waiting[0]) {
      const thread = threadFor(task);
      if (thread === null) break;
      waiting.shift();
      thread.take(task);
    }
    const isBusy = [...threads].some(({ load }) => load > 0);
    if (isBusy) ticking ??= setInterval(tick, options.timeoutMs / TICKS_PER_TIMEOUT);
    else stopTicking();
  }

  /** The idlest thread that may take it, a new one while there may be more; null when it has to wait. */
  function threadFor(task: Task): ParseThread | null {
    let best: ParseThread | null = null;
    for (const thread of threads) if (thread.mayTake(task) && thread.load < (best?.load ?? Infinity)) best = thread;
    if (best?.load === 0 || threads.size >= options.workers) return best;
    const started = new ParseThread(options.memoryMb, assign, onThreadEnd);
    threads.add(started);
    return started;
  }

  function onThreadEnd(thread: ParseThread, failure: Failure, tasks: Task[]): void {
    threads.delete(thread);
    if (isClosed || tasks.length === 1) for (const task of tasks) task.settle(failure);
    else waiting.unshift(...tasks.map((task) => ({ ...task, isAlone: true })));
    if (!isClosed) assign();
  }

  function tick(): void {
    for (const thread of [...threads]) thread.tick();
  }

  function stopTicking(): void {
    if (ticking !== null) clearInterval(ticking);
    ticking = null;
  }

  return {
    parse(raw) {
      return new Promise((settle) => {
        if (isClosed) return settle(CLOSED);
        // A copy: a view of a larger buffer would be sent with all of it.
        waiting.push({ raw: new Uint8Array(raw), settle, isAlone: false, ticks: 0 });
        assign();
      });
    },
    async close() {
      isClosed = true;
      stopTicking();
      for (const task of waiting.splice(0)) task.settle(CLOSED);
      await Promise.all([...threads].map((thread) => thread.end(CLOSED)));
    },
  };
}

interface Task {
  raw: Uint8Array;
  settle(outcome: ParseOutcome): void;
  /** It was in a thread that failed, and gets one to itself. */
  isAlone: boolean;
  ticks: number;
}

type Failure = Extract<ParseOutcome, { outcome: 'failed' }>;

const CLOSED: Failure = { outcome: 'failed', reason: 'closed', message: 'the parser was closed' };
const TIMED_OUT: Failure = { outcome: 'failed', reason: 'timeout', message: 'the mail took too long to parse' };

class ParseThread {
  readonly #worker: Worker;
  readonly #onAnswer: () => void;
  readonly #onEnd: (thread: ParseThread, failure: Failure, tasks: Task[]) => void;
  readonly #tasks = new Map<number, Task>();
  #tasksTaken = 0;
  #isReady = false;
  #hasEnded = false;

  constructor(
    memoryMb: number,
    onAnswer: () => void,
    onEnd: (thread: ParseThread, failure: Failure, tasks: Task[]) => void,
  ) {
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
    return this.#tasks.size;
  }

  mayTake(task: Task): boolean {
    if (task.isAlone) return this.load === 0;
    return this.load < MAILS_IN_THREAD_MAX && ![...this.#tasks.values()].some(({ isAlone }) => isAlone);
  }

  take(task: Task): void {
    const id = this.#tasksTaken++;
    this.#tasks.set(id, task);
    // Copied, not transferred: it may have to be sent to another thread.
    const request: ParseRequest = { id, raw: task.raw };
    this.#worker.postMessage(request);
  }

  /** Called `TICKS_PER_TIMEOUT` times in the time a mail may take. Loading the code is not a mail's time. */
  tick(): void {
    if (!this.#isReady) return;
    for (const task of this.#tasks.values()) {
      // More, not as many: the first tick may come right after the mail.
      if (++task.ticks > TICKS_PER_TIMEOUT) return void this.end(TIMED_OUT);
    }
  }

  async end(failure: Failure): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const tasks = [...this.#tasks.values()].map((task) => ({ ...task, ticks: 0 }));
    this.#tasks.clear();
    this.#onEnd(this, failure, tasks);
    await this.#worker.terminate();
  }

  #onReply(reply: ParseReply): void {
    if (reply === 'ready') {
      this.#isReady = true;
      return;
    }
    this.#tasks.get(reply.id)?.settle(reply.outcome);
    this.#tasks.delete(reply.id);
    this.#onAnswer();
  }
}

function failureOf(error: unknown): Failure {
  const reason = errorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash';
  return { outcome: 'failed', reason, message: errorMessage(error) };
}
