/**
 * Milliseconds of processor time this process has spent since: what a bound on hostile input means, however many other
 * tests share the machine.
 */
export function cpuStopwatch(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}
