/** The command line: yargs, and one file for each command. */

import type { CommandModule } from 'yargs';
import yargs from 'yargs';
import { nearest, quoted } from '../istio/problems.ts';
import { NEWEST, RELEASES } from '../istio/releases/known.ts';
import { printable } from '../netfilter/printable.ts';
import { implicitSource, isSource } from '../sources/implicit-source.ts';
import { applyCommand, cleanCommand } from './apply/command.ts';
import { auditCommand } from './audit/command.ts';
import { changesCommand } from './changes/command.ts';
import { checkCommand } from './check/command.ts';
import { conformCommand } from './conform/command.ts';
import { diffCommand } from './diff/command.ts';
import { escapesCommand } from './escapes/command.ts';
import { explainCommand } from './explain/command.ts';
import { identifyCommand } from './identify/command.ts';
import { lintCommand } from './lint/command.ts';
import { EXAMPLES, previewCommand } from './preview/command.ts';
import { probeCommand } from './probe/command.ts';
import { BAD_INPUT } from './terminal/result.ts';
import { traceCommand } from './trace/command.ts';
import { unknownOption } from './unknown-option.ts';
import { versionCommand } from './version/command.ts';
import { VERSION } from './version.ts';

const COMMANDS: readonly CommandModule[] = [
  previewCommand,
  diffCommand,
  escapesCommand,
  explainCommand,
  lintCommand,
  checkCommand,
  traceCommand,
  identifyCommand,
  applyCommand,
  cleanCommand,
  probeCommand,
  auditCommand,
  changesCommand,
  conformCommand,
  versionCommand,
];

/** Runs the program with the words behind its name; sets the exit code of the process. */
export async function runProgram(words: readonly string[]): Promise<void> {
  const names = [...COMMANDS.flatMap(namesOf), 'completion'];
  const argv = withCommand(words, names);
  const [first] = argv;
  if (first !== undefined && /^[a-z]/i.test(first) && !names.includes(first)) {
    refuse(`${quoted(first)} is not a command; there are ${names.join(', ')}${nearest(first, names)}`);
    return;
  }
  const called = COMMANDS.find((command) => namesOf(command).includes(argv.find((word) => names.includes(word)) ?? ''));
  const parser = yargs([...familyFlags(argv)])
    .scriptName('istio-init')
    .usage(
      `$0 COMMAND, or $0 FILE to look at anything: rules, a log, a manifest, a page\n\nThe iptables rules that Istio makes for a sidecar, of any release from ${RELEASES[0]} to ${NEWEST}.`,
    )
    .parserConfiguration({
      'populate--': true,
      'boolean-negation': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'greedy-arrays': false,
    })
    // yargs forgets a -- with nothing behind it, which means istio-iptables without arguments.
    .middleware((parsed) => {
      if (argv.includes('--')) parsed['--'] = argv.slice(argv.indexOf('--') + 1);
    }, true)
    .command([...COMMANDS])
    .completion('completion', 'Print a script that completes commands in your shell')
    .example(EXAMPLES)
    .epilogue(
      "istio-init istio-iptables ARGS, and the name istio-iptables, are the drop-in for Istio's program; see istio-iptables --help.",
    )
    .version(VERSION)
    .help()
    .alias('help', 'h')
    .locale('en')
    .wrap(100)
    .strict()
    .demandCommand(1, 'a command is missing; see istio-init --help')
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string | undefined, error: Error | undefined) => {
      if (error !== undefined && message === undefined) throw error;
      throw new UsageError(oneLine(message ?? '', called));
    });
  try {
    await parser.parseAsync();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    refuse(error.message);
  }
}

/**
 * `istio-init ticket.txt`, `istio-init pid:7` and a pipe into `istio-init` are checks: the first command that anybody would
 * type works. A word that names neither a command nor anything that is there is left, for the message about it.
 */
function withCommand(words: readonly string[], names: readonly string[]): readonly string[] {
  const [first] = words;
  if (first === undefined) return implicitSource(undefined, {}) === '-' ? ['check', '-'] : words;
  if (names.includes(first) || (first.startsWith('-') && first !== '-')) return words;
  return isSource(first) ? ['check', ...words] : words;
}

class UsageError extends Error {}

function refuse(message: string): void {
  process.stderr.write(`istio-init: ${printable(message)}\n`);
  process.exitCode = BAD_INPUT;
}

/** yargs speaks in several lines; `command` is the one that was called. */
function oneLine(message: string, command: CommandModule | undefined): string {
  const valueless = /^Not enough arguments following: (.*)$/s.exec(message)?.[1];
  if (valueless !== undefined) return `${valueless.length === 1 ? '-' : '--'}${valueless} needs a value`;
  const unknown = /^Unknown arguments?: (.*)$/s.exec(message)?.[1]?.split(', ')[0];
  if (unknown === undefined) return message.replace(/\s*\n\s*/g, ' ');
  return unknownOption(unknown, command, COMMANDS);
}

function namesOf({ command, aliases = [] }: CommandModule): readonly string[] {
  return [command ?? [], aliases].flat().map((name) => name.replace(/ .*$/, ''));
}

// yargs takes -4 and -6 for negative numbers.
function familyFlags(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  const families: Readonly<Record<string, string>> = { '-4': '--family=ip', '-6': '--family=ip6' };
  return argv.map((word, index) => (end >= 0 && index > end ? word : (families[word] ?? word)));
}
