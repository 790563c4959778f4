/**
 * Now, as a time from which something is due: never ahead, though it is kept to the millisecond. `clock_timestamp()` itself would be
 * rounded, and one time in two lie up to half a millisecond in the future.
 */
export const DUE_NOW = `date_trunc('milliseconds', clock_timestamp())`;
