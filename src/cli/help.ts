import type { Command } from 'commander';

/** What a command is for, with examples first: most people read no further. */
export function withExamples(command: Command, about: string, examples: string[]): Command {
  return command.description(`${about}\n\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`);
}

/** A noun: `docket tickets`, with its verbs below it. */
export function addNoun(program: Command, name: string, about: string): Command {
  return program.command(name).summary(about).description(about);
}

/** A verb of a noun. */
export function addVerb(parent: Command, usage: string, about: string, examples: string[]): Command {
  return withExamples(parent.command(usage).summary(about), `${about[0]?.toUpperCase()}${about.slice(1)}.`, examples);
}

export const JSON_OPTION = ['--json', 'print one JSON value a line, each with its schemaVersion'] as const;
