import { Command, CommanderError } from 'commander';
import { addAgentsCommands } from './agents.ts';
import { addConfigCommands } from './config.ts';
import { CliContext, type CliSurroundings } from './context.ts';
import { addDoctorCommand } from './doctor.ts';
import { describeFailure, EXIT } from './exit-codes.ts';
import { withExamples } from './help.ts';
import { addJobsCommands } from './jobs.ts';
import { addMailCommands } from './mail.ts';
import { addMailboxCommands } from './mailbox.ts';
import { addMigrateCommands } from './migrate.ts';
import { addOutboxCommands } from './outbox.ts';
import type { CliStreams } from './output.ts';
import { addServeCommand, type Serve } from './serve.ts';
import { addSlaCommands } from './sla.ts';
import { addTicketsCommands } from './tickets.ts';
import { describeVersion } from './version.ts';

export type CliParts = Omit<CliSurroundings, 'streams'> & {
  /** Given by main.ts, so that the command line need not know what serving takes. */
  serve: Serve;
  /** The process's own, unless a test brings others. */
  streams?: CliStreams;
};

/** Runs one command line and gives its exit code; whatever goes wrong was told on standard error. */
export async function runCli(argv: string[], { serve, streams = process, ...surroundings }: CliParts): Promise<number> {
  const context = new CliContext({ ...surroundings, streams });
  endQuietlyWithoutReader(streams);
  try {
    await buildProgram(context, serve).parseAsync(argv, { from: 'user' });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { exitCode, message } = await describeFailure(error);
    for (const line of message.split('\n')) context.output.say(`docket: ${line}`);
    if (context.env.LOG_LEVEL === 'debug' && error instanceof Error) context.output.say(error.stack ?? '');
    return exitCode;
  }
}

/** The whole command tree. Building it loads nothing that a command needs to run. */
export function buildProgram(context: CliContext, serve: Serve): Command {
  const { stdout, stderr } = context.streams;
  const program = new Command('docket')
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .showHelpAfterError('(add --help for more)')
    .summary('email-driven ticketing gateway')
    .version(describeVersion(context.version), '-v, --version', 'print version, commit, Node and platform')
    .option('--no-color', 'print without colours')
    .hook('preAction', (command) => {
      context.colour = command.opts<{ color: boolean }>().color;
    });
  withExamples(program, 'Mail in, ticket, mail out.', [
    'docket config plan docket.yaml    what would change',
    'docket config apply docket.yaml   make it so',
    'docket serve                      receive, work and deliver',
    'docket tickets list               what came in',
    'docket doctor                     what is wrong, and how to mend it',
  ]);
  addServeCommand(program, serve, context);
  addMigrateCommands(program, context);
  addConfigCommands(program, context);
  addTicketsCommands(program, context);
  addAgentsCommands(program, context);
  addMailCommands(program, context);
  addMailboxCommands(program, context);
  addJobsCommands(program, context);
  addOutboxCommands(program, context);
  addSlaCommands(program, context);
  addDoctorCommand(program, context);
  program.addHelpText('after', EXIT_CODES);
  return program;
}

const EXIT_CODES = `
Exit codes: 0 done · 1 failed, or problems found · 2 wrong usage · 3 wrong configuration · 75 try again later
Data goes to standard output and talk to standard error; with --json each line is one JSON value.`;

/** \`docket … | head\`: a reader that has seen enough is no error. */
function endQuietlyWithoutReader(streams: CliStreams): void {
  streams.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
}
