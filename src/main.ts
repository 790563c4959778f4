#!/usr/bin/env node
import { runCli } from './cli/program.ts';
import { readConfig } from './config.ts';

/** The `docket` command. Serving is loaded only when asked for, so that `--help` and `--version` answer at once. */
process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  async serve(options) {
    const { serve } = await import('./serve.ts');
    return serve(readConfig(process.env), options, process.env);
  },
});
