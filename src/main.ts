import { runCli } from './cli/program.ts';
import { systemClock } from './clock.ts';
import { describeSettings, needSetting, readConfig, secretReader } from './config.ts';
import { VERSION } from './version.ts';

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
