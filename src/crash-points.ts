/**
 * Named places at which a test may kill this process, to prove that what remains on disk says what is still to be done
 * (reliability.md §5). `DOCKET_CRASH_AT=after-raw-commit` kills at the first passage; `after-raw-commit:3` at the third.
 *
 * SIGKILL, not an exception: nothing gets a chance to clean up.
 */
export const CRASH_POINTS = [
  'after-fetch',
  'after-raw-commit',
  'after-flag',
  'after-parse',
  'inside-effect',
  'after-effect',
  'after-enqueue',
  'after-claim',
  'after-connect',
  'after-rcpt',
  'in-data',
  'after-250',
  'inside-migration',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

const [armedPoint, armedPassage = '1'] = (process.env.DOCKET_CRASH_AT ?? '').split(':');
let passages = 0;

/** Dies here when the environment asks for it; does nothing otherwise. */
export function crashPoint(point: CrashPoint): void {
  if (point !== armedPoint) return;
  passages += 1;
  if (passages === Number(armedPassage)) process.kill(process.pid, 'SIGKILL');
}
