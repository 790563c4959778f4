import { defineConfig } from 'vitest/config';

/** Tests that need a database, a mail server or a running process; all others are pure and run side by side. */
const INTEGRATION = ['store', 'desk', 'workers', 'cli', 'web', 'trial', 'ingest/sources'];
const integrationFiles = [...INTEGRATION.map((room) => `test/${room}/**/*.test.ts`), 'test/**/*.integration.test.ts'];
const endToEndFiles = ['test/e2e/**/*.test.ts', 'test/start.test.ts'];

// No `include` at the root: projects inherit the root's arrays and add their own to them.
export default defineConfig({
  test: {
    reporters: ['./test/support/plain-line-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...integrationFiles, ...endToEndFiles],
          // Nothing in these tests outlives them, so files share the modules that a process has loaded.
          isolate: false,
          // What must be quick is held to its processor time; the clock on the wall runs for all suites at once.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: integrationFiles,
          exclude: endToEndFiles,
          globalSetup: ['./test/support/setup.ts'],
          // As in the unit tests: each has its own database and servers, and keeps none of them in a module.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'e2e',
          include: endToEndFiles,
          globalSetup: ['./test/support/setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each file starts processes of the product and mostly waits for them, one of them for a whole minute.
          maxWorkers: 2,
        },
      },
    ],
  },
});
