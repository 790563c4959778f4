/**
 * Milliseconds of processor time this process has spent since, as a quiet machine would have spent them: what a bound on hostile
 * input means. Processor time alone grows to its double where other tests share the core, so a long one is set against a piece of
 * known work done right afterwards.
 */
export function cpuStopwatch(): () => number {
  const start = process.cpuUsage();
  return () => {
    const spentMs = cpuMsSince(start);
    return spentMs < WORTH_CORRECTING_MS ? spentMs : spentMs * Math.min(1, KNOWN_WORK_MS / timeKnownWork());
  };
}

const WORTH_CORRECTING_MS = 200;
/** What `knownWork` takes on a quiet core, once compiled: the least of some hundred runs. */
const KNOWN_WORK_MS = 9;

function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** The median of a few runs, after some that let the compiler finish. */
function timeKnownWork(): number {
  const runs = Array.from({ length: 16 }, () => {
    const start = process.cpuUsage();
    knownWork();
    return cpuMsSince(start);
  });
  const warm = runs.slice(5).sort((a, b) => a - b);
  return warm[Math.floor(warm.length / 2)] ?? KNOWN_WORK_MS;
}

/** Makes, sorts and searches words: memory, comparison and patterns, like reading mail. */
function knownWork(): number {
  let random = 1;
  const words = Array.from({ length: 20_000 }, () => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
    return `w${random}`;
  });
  return words.sort().filter((word) => /[13579]$/.test(word)).length;
}
