#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Stripping types and compiling is two thirds of what a short command costs. Beside the packages, because in a shared
// temporary folder others could put code there; where it cannot be written, every start costs what the first one does.
const compileCache = fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url));
enableCompileCache(compileCache);
// Threads have one only if the environment says so; without, each that parses mail starts with 0.2 s of compiling.
process.env.NODE_COMPILE_CACHE ??= compileCache;

const [{ runCli }, { systemClock }, { describeSettings, needSetting, readConfig, secretReader }, { VERSION }] =
  await Promise.all([import('./cli/program.ts'), import('./clock.ts'), import('./config.ts'), import('./version.ts')]);

/** The `docket` command. Serving is loaded only when asked for, so that `--help` and `--version` answer at once. */
process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  clock: systemClock,
  version: VERSION,
  settings: { describeSettings, needSetting, readConfig, secretReader },
  async serve(options) {
    const { serve } = await import('./serve.ts');
    const exitCode = await serve(readConfig(process.env), options, process.env);
    // A relay may keep us waiting ten minutes for an answer; what was not settled by now, others find as unknown.
    process.exit(exitCode);
  },
});
