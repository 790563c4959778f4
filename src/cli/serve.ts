import { type Command, Option } from 'commander';
import type { CliContext } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { addVerb } from './help.ts';

export const ROLES = ['ingest', 'worker', 'web'] as const;
export type Role = (typeof ROLES)[number];

export interface ServeOptions {
  roles: Role[];
  /** Work until no row is due, then end. */
  once: boolean;
}

/** Runs until it is stopped, or until nothing is due; gives the exit code. */
export type Serve = (options: ServeOptions) => Promise<ExitCode>;

export function addServeCommand(program: Command, serve: Serve, context: CliContext): void {
  addVerb(program, 'serve', 'receive mail, work and deliver, until stopped', [
    'docket serve                              everything in one process',
    'docket serve --role ingest --role worker  some of it; run as many as you like',
    'docket serve --once                       what is due now, then end',
  ])
    .addOption(
      new Option('--role <role...>', 'run only this part; may be repeated')
        .choices(ROLES)
        .default([...ROLES], 'all of them'),
    )
    .option('--once', 'end with exit code 0 when no row is due any more')
    .action(async ({ role, once = false }: { role: Role[]; once?: boolean }) => {
      context.exitCode = await serve({ roles: [...new Set(role)], once });
    });
}
