import { Argument, type Command } from 'commander';
import { countNoun } from '../core/count-noun.ts';
import { TemporaryError } from '../errors.ts';
import type { QueueHealth } from '../store/health.ts';
import type { QueueName, QueueStatus, Queues } from '../workers/queues.ts';
import type { CliContext } from './context.ts';
import { addNoun, addVerb, JSON_OPTION } from './help.ts';
import { formatSeconds } from './output.ts';

/** The queues of workers/queues.ts, which `--help` must not load. */
const QUEUES: readonly QueueName[] = ['intake', 'assignment', 'sla', 'delivery', 'maintenance'];

/** A job backend that is away must not keep an operator waiting, who asks because it is. */
const BACKEND_PATIENCE_MS = 5000;

export function addJobsCommands(program: Command, context: CliContext): void {
  const noun = addNoun(program, 'jobs', 'look at the work in the queues, and wake it');
  addVerb(noun, 'status', 'show for each queue what is due, in hand and failed', [
    'docket jobs status',
    'docket jobs status --json | jq "select(.failed > 0)"',
  ])
    .option(...JSON_OPTION)
    .action((options: { json?: boolean }) => status(context, options));
  addVerb(noun, 'retry', 'put failed jobs back and wake the workers', [
    'docket jobs retry',
    'docket jobs retry delivery',
  ])
    .addArgument(new Argument('[queue...]', 'only these; all when none is named').choices(QUEUES))
    .option(...JSON_OPTION)
    .action((queues: QueueName[], options: { json?: boolean }) => retry(context, queues, options));
}

interface QueueRow extends QueueHealth, Omit<Partial<QueueStatus>, 'queue'> {
  /** Whether the job backend answered; the rest is PostgreSQL's. */
  reachable: boolean;
}

async function status(context: CliContext, { json }: { json?: boolean }): Promise<void> {
  const { readHealth } = await import('../store/health.ts');
  const health = await context.withDatabase(readHealth);
  const jobs = await withQueues(context, (queues) => queues.status());
  const rows: QueueRow[] = health.queues.map((queue) => ({
    ...queue,
    ...jobs?.find((job) => job.queue === queue.queue),
    reachable: jobs !== null,
  }));
  const { output } = context;
  const age = (seconds: number | null) => (seconds === null ? '-' : formatSeconds(seconds));
  if (json) for (const row of rows) output.json(row);
  else
    output.table(rows, [
      { title: 'QUEUE', value: ({ queue }) => queue },
      { title: 'OLDEST DUE', value: ({ oldestDueSeconds }) => age(oldestDueSeconds), align: 'right' },
      { title: 'PUT OFF', value: ({ putOffCount }) => putOffCount, align: 'right' },
      { title: 'IN HAND', value: ({ heldCount }) => heldCount, align: 'right' },
      { title: 'ABANDONED', value: ({ expiredLeaseCount }) => expiredLeaseCount, align: 'right' },
      { title: 'LAST AWAKE', value: ({ pulseSeconds }) => age(pulseSeconds), align: 'right' },
      { title: 'JOBS WAITING', value: ({ waiting }) => waiting ?? '?', align: 'right' },
      { title: 'JOBS FAILED', value: ({ failed }) => failed ?? '?', align: 'right' },
    ]);
  const waiting = rows.find(({ queue }) => queue === 'assignment')?.putOffCount ?? 0;
  if (waiting > 0 && !json)
    output.say(`${countNoun(waiting, 'ticket')} wait for an agent: docket tickets list --waiting`);
  if (jobs === null) {
    output.say('The job backend does not answer. Nothing is lost: what is due stands in PostgreSQL.');
    context.noteFailure();
  }
  if (rows.some(({ failed = 0 }) => failed > 0)) context.noteFailure();
}

async function retry(context: CliContext, chosen: QueueName[], { json }: { json?: boolean }): Promise<void> {
  const retried = await withQueues(context, (queues) =>
    Promise.all(
      (chosen.length === 0 ? QUEUES : chosen).map(async (queue) => {
        const failedCount = await queues.retryFailed(queue);
        queues.look(queue);
        return { queue, retriedCount: failedCount };
      }),
    ),
  );
  if (retried === null) throw new TemporaryError('QUEUE_UNREACHABLE', 'The job backend does not answer.');
  for (const row of retried) {
    if (json) context.output.json(row);
    else context.output.line(`${row.queue}: ${row.retriedCount} failed jobs put back, workers woken`);
  }
}

/** Null when the job backend does not answer in time. */
async function withQueues<Result>(
  context: CliContext,
  work: (queues: Queues) => Promise<Result>,
): Promise<Result | null> {
  const [{ createQueues }, { silentLog }] = await Promise.all([import('../workers/queues.ts'), import('../log.ts')]);
  const { config, settings } = context;
  const databaseUrl = settings.needSetting(config, 'databaseUrl');
  const queues = createQueues({ redisUrl: config.redisUrl, databaseUrl, log: silentLog });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), BACKEND_PATIENCE_MS);
  });
  try {
    return await Promise.race([work(queues).catch(() => null), late]);
  } finally {
    clearTimeout(timer);
    await queues.close(1000);
  }
}
