import type { Knex } from 'knex';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { judgeAutomaticVolume } from '../core/acknowledge.ts';
import { type Backlog, type Health, readHealth, readVolume, type Volume } from '../store/health.ts';
import { shareFor } from './share-for.ts';
import { within } from './within.ts';

/** What there is to tell of the desk. */
export interface Figures extends Health {
  volume: Volume;
}

/** One metric, and its values in the figures of the desk: a number, or one for each value of its label. */
export type HealthMetric = { name: string; help: string } & (
  | { value(figures: Figures): number }
  | { label: string; values(figures: Figures): [labelValue: string, value: number | null][] }
);

/**
 * What /metrics says about the desk; docs/operations.md says what to make of it. Every figure is of the whole installation,
 * whichever process is asked. The names are part of our interface (ux.md V15): they may gain labels, and do not change.
 */
export const HEALTH_METRICS: HealthMetric[] = [
  {
    name: 'docket_mail_unsettled_oldest_seconds',
    help: 'Age of the oldest stored mail that is neither settled nor in quarantine; 0 without one.',
    value: (health) => oldest(health.inboundMails.find(({ state }) => state === 'received')),
  },
  {
    name: 'docket_inbound_mails',
    help: 'Stored mails by state: received (being taken in), quarantined, settled.',
    label: 'state',
    values: ({ inboundMails, volume }) => [...countByState(inboundMails), ['settled', volume.settledCount]],
  },
  {
    name: 'docket_quarantine_oldest_seconds',
    help: 'Age of the oldest mail in quarantine; 0 without one.',
    value: (health) => oldest(health.inboundMails.find(({ state }) => state === 'quarantined')),
  },
  {
    name: 'docket_outbox_mails',
    help: 'Outgoing mails by state; deferred, unknown and rejected include those given up.',
    label: 'state',
    values: ({ outboxMails, volume }) => [...countByState(outboxMails), ['delivered', volume.deliveredCount]],
  },
  {
    name: 'docket_outbox_oldest_seconds',
    help: 'Age of the oldest outgoing mail that is not settled, by state; 0 without one.',
    label: 'state',
    values: (health) =>
      health.outboxMails.filter(({ state }) => state !== 'rejected').map((mails) => [mails.state, oldest(mails)]),
  },
  {
    name: 'docket_outbox_unknown_outcomes',
    help: 'Deliveries ever cut off before the final answer; each explains one possible duplicate.',
    value: (health) => health.unknownOutcomeCount,
  },
  {
    name: 'docket_automatic_mails_last_hour',
    help: 'Automatic mails enqueued in the last hour.',
    value: (health) => automaticVolume(health).hourCount,
  },
  {
    name: 'docket_automatic_mails_hour_limit',
    help: 'How many of them an hour may hold before the breaker stops acknowledgements.',
    value: (health) => automaticVolume(health).hourLimit,
  },
  {
    name: 'docket_automatic_mail_breaker_open',
    help: '1 while the breaker stops acknowledgements because automatic mail runs away.',
    value: (health) => Number(automaticVolume(health).isBreakerOpen),
  },
  {
    name: 'docket_mailbox_last_poll_age_seconds',
    help: 'Since all folders of the mailbox were last polled to their end, or configured while one never was.',
    label: 'mailbox',
    values: (health) => health.mailboxes.map(({ mailbox, lastPollSeconds }) => [mailbox, lastPollSeconds]),
  },
  {
    name: 'docket_mailbox_gaps',
    help: 'Mails the server listed and we could not fetch yet.',
    label: 'mailbox',
    values: (health) => health.mailboxes.map(({ mailbox, gaps }) => [mailbox, gaps.count]),
  },
  {
    name: 'docket_mailbox_gap_oldest_seconds',
    help: 'Age of the oldest gap in the ledger of the mailbox; 0 without one.',
    label: 'mailbox',
    values: (health) => health.mailboxes.map(({ mailbox, gaps }) => [mailbox, oldest(gaps)]),
  },
  {
    name: 'docket_mailbox_aftermath_due',
    help: 'Stored mails whose flag, move or deletion on the server is still to be done.',
    label: 'mailbox',
    values: (health) => health.mailboxes.map(({ mailbox, aftermathDue }) => [mailbox, aftermathDue.count]),
  },
  {
    name: 'docket_mailbox_aftermath_oldest_seconds',
    help: 'How long the oldest of them has waited for it; 0 without one.',
    label: 'mailbox',
    values: (health) => health.mailboxes.map(({ mailbox, aftermathDue }) => [mailbox, oldest(aftermathDue)]),
  },
  {
    name: 'docket_queue_due_oldest_seconds',
    help: 'How long the oldest row of the queue has been due with no worker at it; 0 without one.',
    label: 'queue',
    values: (health) => health.queues.map(({ queue, oldestDueSeconds }) => [queue, oldestDueSeconds ?? 0]),
  },
  {
    name: 'docket_queue_pulse_age_seconds',
    help: 'Since a worker of the queue last woke; absent while none ever did.',
    label: 'queue',
    values: (health) => health.queues.map(({ queue, pulseSeconds }) => [queue, pulseSeconds]),
  },
  {
    name: 'docket_queue_held_rows',
    help: 'Rows of the queue in the hands of a worker.',
    label: 'queue',
    values: (health) => health.queues.map(({ queue, heldCount }) => [queue, heldCount]),
  },
  {
    name: 'docket_queue_expired_leases',
    help: 'Rows of the queue whose worker let its lease run out, and that nobody took up since.',
    label: 'queue',
    values: (health) => health.queues.map(({ queue, expiredLeaseCount }) => [queue, expiredLeaseCount]),
  },
  {
    name: 'docket_queue_put_off_rows',
    help: 'Rows of the queue that were tried in vain and are due again later.',
    label: 'queue',
    values: (health) => health.queues.map(({ queue, putOffCount }) => [queue, putOffCount]),
  },
  {
    name: 'docket_events_unpublished',
    help: 'Committed ticket events without a place in the published order.',
    value: (health) => health.unpublishedEvents.count,
  },
  {
    name: 'docket_events_unpublished_oldest_seconds',
    help: 'Age of the oldest of them; 0 without one.',
    value: (health) => oldest(health.unpublishedEvents),
  },
  {
    name: 'docket_clocks_late',
    help: 'SLA clocks that ran out and whose breach is not recorded yet.',
    value: (health) => health.lateClocks.count,
  },
  {
    name: 'docket_clocks_late_oldest_seconds',
    help: 'How long ago the first of them ran out; 0 without one.',
    value: (health) => oldest(health.lateClocks),
  },
];

function automaticVolume({ volume }: Figures) {
  return judgeAutomaticVolume(volume.automaticMail.lastHour, volume.automaticMail.hourly);
}

function countByState(mails: { state: string; count: number }[]): [state: string, count: number][] {
  return mails.map(({ state, count }) => [state, count]);
}

function oldest(backlog: Backlog | undefined): number {
  return backlog?.oldestSeconds ?? 0;
}

/** A page that comes later than a scraper waits is of no use to it. */
const ANSWER_WITHIN_MS = 5000;
const VOLUME_KEPT_MS = 30_000;

export interface MetricsPage {
  contentType: string;
  text(): Promise<string>;
}

/**
 * The page of /metrics. Gauges of the desk are made anew for every page: while the database is away they are absent
 * instead of repeating what was true before.
 */
export function createMetricsPage({ db, version }: { db: Knex; version: string }): MetricsPage {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  setGauge(ofProcess, 'docket_build_info', 'Always 1; the label says which release this process runs.', { version }, 1);

  const volume = shareFor(VOLUME_KEPT_MS, () => readVolume(db));

  async function readFigures(): Promise<Figures> {
    const [health, done] = await Promise.all([readHealth(db), volume()]);
    return { ...health, volume: done };
  }

  return {
    contentType: ofProcess.contentType,
    async text() {
      const ofDesk = new Registry();
      const startedAt = performance.now();
      const figures = await within(ANSWER_WITHIN_MS, readFigures()).catch(() => null);
      const up = 'Whether the database answered for this page; the figures of the desk are absent when not.';
      setGauge(ofDesk, 'docket_database_up', up, {}, figures === null ? 0 : 1);
      if (figures !== null) {
        const seconds = (performance.now() - startedAt) / 1000;
        setGauge(ofDesk, 'docket_health_read_seconds', 'How long reading the figures of the desk took.', {}, seconds);
        for (const metric of HEALTH_METRICS) addHealthMetric(ofDesk, metric, figures);
      }
      return (await ofProcess.metrics()) + (await ofDesk.metrics());
    },
  };
}

function addHealthMetric(register: Registry, metric: HealthMetric, figures: Figures): void {
  const { name, help } = metric;
  if ('value' in metric) {
    setGauge(register, name, help, {}, metric.value(figures));
    return;
  }
  const { label } = metric;
  const gauge = new Gauge({ name, help, labelNames: [label], registers: [register] });
  for (const [labelValue, value] of metric.values(figures)) {
    if (value !== null) gauge.set({ [label]: labelValue }, value);
  }
}

function setGauge(register: Registry, name: string, help: string, labels: Record<string, string>, value: number): void {
  new Gauge({ name, help, labelNames: Object.keys(labels), registers: [register] }).set(labels, value);
}
