/**
 * Loaded into a measured process before anything else (`node --import`): on its way out it writes what it used to the
 * file that `BENCH_USAGE_FILE` names. From inside, because the kernel tells nobody else the peak once a process is gone.
 */
import { writeFileSync } from 'node:fs';

export interface Usage {
  cpuSeconds: number;
  /** The part of it that no other thread can take over. */
  mainThreadCpuSeconds: number;
  peakRssBytes: number;
}

const file = process.env.BENCH_USAGE_FILE;
if (file !== undefined) {
  process.once('exit', () => {
    const { user, system } = process.cpuUsage();
    const main = process.threadCpuUsage();
    const usage: Usage = {
      cpuSeconds: (user + system) / 1e6,
      mainThreadCpuSeconds: (main.user + main.system) / 1e6,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
    writeFileSync(file, JSON.stringify(usage));
  });
}
