import type { ToldClock } from '../core/sla/clocks.ts';
import type { DoneResult } from '../core/ticket-draft.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import { oneLine } from './header-values.ts';
import { spanIn, timeIn } from './times.ts';

/** What a ticket's clocks ask for, as agents are told of it. */
export interface AlarmToTell {
  now: Date;
  /** The clocks that ask, as they stand. */
  clocks: readonly (ToldClock & { brokenAt: Date | null })[];
  /** What was done by itself at this point. */
  done: readonly DoneResult[];
  departmentName(id: string): string;
  planName(id: string): string;
}

/** The heading and the lines of an alarm: what is due or overdue, since when, and what was done about it. */
export function alarmLines(
  catalogue: Catalogue,
  zone: string,
  alarm: AlarmToTell,
): { heading: string; lines: string[] } {
  const { say, language } = catalogue;
  const isOverdue = alarm.clocks.some(({ brokenAt }) => brokenAt !== null);
  const lines = alarm.clocks.flatMap(({ target, dueAt, brokenAt }) => {
    const at = dueAt ?? brokenAt;
    if (at === null) return [];
    const what = say(`clock.${target}`);
    const values = { what, at: timeIn(language, zone, at), span: spanIn(language, alarm.now, at) };
    return [say(brokenAt === null ? 'alarm.due' : 'alarm.broken', values)];
  });
  const done = alarm.done.flatMap((result) => doneLine(catalogue, alarm, result));
  return { heading: say(isOverdue ? 'alarm.overdue' : 'alarm.near'), lines: [...lines, ...done] };
}

/** One line for each thing still owed, for any mail about the ticket. */
export function clockLines({ say, language }: Catalogue, zone: string, clocks: readonly ToldClock[]): string[] {
  return clocks.map(({ target, state, dueAt }) => {
    const what = say(`clock.${target}`);
    if (state === 'paused' || dueAt === null) return say('clock.paused', { what });
    return say(state === 'breached' ? 'clock.overdue' : 'clock.due', { what, at: timeIn(language, zone, dueAt) });
  });
}

function doneLine({ say }: Catalogue, { departmentName, planName }: AlarmToTell, result: DoneResult): string[] {
  switch (result.what) {
    case 'department':
      return [say('receipt.department', { name: oneLine(departmentName(result.to)) })];
    case 'priority':
      return [say('receipt.priority', { priority: say(`priority.${result.to}`) })];
    case 'plan':
      return [say('receipt.plan', { name: oneLine(planName(result.to)) })];
    case 'status':
      return [say('receipt.status', { status: say(`status.${result.to}`) })];
    case 'tags': {
      const changes = [...result.added.map((tag) => `+${tag}`), ...result.removed.map((tag) => `-${tag}`)];
      return [say('receipt.tags', { changes: oneLine(changes.join(' ')) })];
    }
    default:
      return [];
  }
}
