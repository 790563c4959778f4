/** Loaded into a process with `--import`: its clock is wrong by CLOCK_SHIFT_MS, as on a machine whose time nobody keeps. */
const shiftMs = Number(process.env.CLOCK_SHIFT_MS ?? 0);
const TrueDate = globalThis.Date;

globalThis.Date = new Proxy(TrueDate, {
  construct: (date, given: unknown[]) =>
    given.length === 0 ? new date(date.now() + shiftMs) : Reflect.construct(date, given),
  get: (date, name) => (name === 'now' ? () => TrueDate.now() + shiftMs : Reflect.get(date, name)),
});
