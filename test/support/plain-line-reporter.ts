import { appendFileSync } from 'node:fs';
import { DefaultReporter, type TestModule } from 'vitest/node';

/**
 * vitest's own report, and after it the one plain line `N passed, N failed, N skipped` that a build server reads.
 * bin/test runs vitest several times and prints one line over all of them: it names a file in `DOCKET_TEST_TALLY` to
 * which each run adds its counts instead.
 */
export default class PlainLineReporter extends DefaultReporter {
  override onTestRunEnd(...args: Parameters<DefaultReporter['onTestRunEnd']>): void {
    super.onTestRunEnd(...args);
    const [modules, unhandledErrors] = args;
    const { passed, failed, skipped } = count(modules);
    const failedInAll = failed + unhandledErrors.length;
    const tally = process.env.DOCKET_TEST_TALLY;
    if (tally === undefined) console.log(`${passed} passed, ${failedInAll} failed, ${skipped} skipped`);
    else appendFileSync(tally, `${passed} ${failedInAll} ${skipped}\n`);
  }
}

function count(modules: readonly TestModule[]): { passed: number; failed: number; skipped: number } {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    // A file that did not load has no tests to fail.
    if (module.state() === 'failed' && module.children.size === 0) counts.failed += 1;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state !== 'pending') counts[state] += 1;
    }
  }
  return counts;
}
