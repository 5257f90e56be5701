/** A command line: yargs, and the commands that a build of the program has. */

import type { CommandModule } from 'yargs';
import yargs from 'yargs';
import { quoted } from '../istio/problems.ts';
import type { Described } from './described.ts';
import { describedCommand } from './described.ts';
import { helpTopic } from './help/command.ts';
import type { Tasks } from './help/help.ts';
import { helpText } from './help/help.ts';
import { programName } from './program-name.ts';
import { VERSION } from './program-version.ts';
import { BAD_INPUT, finish, printNote } from './result.ts';
import { pageWidth } from './terminal/columns.ts';
import { errorLine } from './terminal/error.ts';
import { acceptsArguments, noArguments, tooMany, unknownOption } from './unknown-option.ts';

// Away from a terminal.
const HELP = 80;

/** What a build of the program has. */
export interface CommandLine {
  readonly tasks: Tasks;
  /** Where the other commands are, as a sentence; undefined where there are none. */
  readonly elsewhere?: string;
  /** A sentence about a first word that is no command. */
  readonly noCommand: (word: string, names: readonly string[]) => string;
}

/** The name of a command, and its other ones. */
export function namesOf({ command, aliases = [] }: CommandModule): readonly string[] {
  return [command ?? [], aliases].flat().map((name) => name.replace(/ .*$/, ''));
}

/** Runs the command that the words name; sets the exit code of the process. */
export async function runCommandLine(argv: readonly string[], { tasks, elsewhere, noCommand }: CommandLine): Promise<void> {
  const commands: readonly CommandModule[] = Object.values(tasks).flat();
  const names = commands.flatMap(namesOf);
  // As kubectl and istioctl do where nothing is asked.
  const help = argv.length === 0 ? {} : helpTopic(argv, names);
  if (help !== undefined)
    return finish(
      () => ({
        output: helpText(help.topic, tasks, pageWidth(process.stdout, process.env, HELP), elsewhere),
        problems: [],
        notes: [],
        exitCode: 0,
      }),
      { _: ['help'] },
    );
  const [first] = argv;
  if (first !== undefined && /^[a-z]/i.test(first) && !names.includes(first)) {
    refuse(noCommand(first, names));
    return;
  }
  const name = argv.find((word) => names.includes(word));
  if (hasEmptyOperand(argv)) {
    refuse('"" names nothing to look at: is a variable unset?', name);
    return;
  }
  const called = commands.find((command) => namesOf(command).includes(name ?? ''));
  const isHelp = argv.includes('--help') || argv.includes('-h') || argv.includes('--version');
  if (called !== undefined && argv.includes('--') && !isHelp && !acceptsArguments(called) && commands.some(acceptsArguments)) {
    refuse(noArguments(called, commands), name);
    return;
  }
  const hyphened = hyphenedValue(argv, called);
  if (hyphened !== undefined) {
    refuse(hyphened, name);
    return;
  }
  const parser = yargs([...ungluedValues(familyFlags(argv), called)])
    .scriptName(programName())
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
    .command([...commands])
    .version(VERSION)
    .alias('version', 'v')
    .help(false)
    .locale('en')
    .strict()
    .demandCommand(1, `a command is missing; see ${programName()} --help`)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string | undefined, error: Error | undefined) => {
      if (error !== undefined && message === undefined) throw error;
      throw new UsageError(oneLine(message ?? '', { called, commands, argv: familyFlags(argv) }));
    });
  try {
    await parser.parseAsync();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    refuse(error.message, name);
  }
}

/** Whether an operand is empty, which would pass for none, and have another thing looked at; an option may have an empty value. */
function hasEmptyOperand(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.some((word, index) => word === '' && (end < 0 || index < end) && argv[index - 1]?.startsWith('-') !== true);
}

class UsageError extends Error {}

function refuse(message: string, command?: string): void {
  printNote(errorLine(message, command));
  process.exitCode = BAD_INPUT;
}

interface Called {
  readonly called: CommandModule | undefined;
  readonly commands: readonly CommandModule[];
  readonly argv: readonly string[];
}

/** yargs speaks in several lines. */
function oneLine(message: string, { called, commands, argv }: Called): string {
  const valueless = /^Not enough arguments following: (.*)$/s.exec(message)?.[1];
  if (valueless !== undefined) return `${valueless.length === 1 ? '-' : '--'}${valueless} needs a value`;
  const unknown = /^Unknown arguments?: (.*)$/s.exec(message)?.[1]?.split(', ')[0];
  if (unknown === undefined) return message.replace(/\s*\n\s*/g, ' ');
  if (argv.includes(unknown) && !unknown.startsWith('-')) return tooMany(unknown, called);
  return unknownOption(unknown, called, commands);
}

/** A value such as `-5s`, of which yargs makes options: said of the option that wants a value before it. */
function hyphenedValue(argv: readonly string[], called: CommandModule | undefined): string | undefined {
  const options = called === undefined ? {} : describedCommand(called).options;
  const end = argv.indexOf('--');
  const at = argv.findIndex(
    (word, index) => (end < 0 || index < end) && /^-\d+[^\d.]/.test(word) && needsValue(argv[index - 1] ?? '', options),
  );
  const word = argv[at];
  return word === undefined
    ? undefined
    : `${argv[at - 1]} ${quoted(word)} begins with a hyphen, as options do: ${argv[at - 1]}=${word} is a value`;
}

function needsValue(word: string, options: Described['options']): boolean {
  return Object.entries(options).some(
    ([name, { type, alias = [] }]) =>
      type !== 'boolean' && [name, alias].flat().some((one) => word === (one.length === 1 ? `-${one}` : `--${one}`)),
  );
}

/** `-ojson` as `-o json`, as kubectl takes it; yargs reads one option a letter. */
function ungluedValues(argv: readonly string[], called: CommandModule | undefined): readonly string[] {
  const options = called === undefined ? {} : describedCommand(called).options;
  const wanting = Object.values(options).flatMap(({ type, alias = [] }) => (type === 'boolean' ? [] : [alias].flat()));
  const end = argv.indexOf('--');
  return argv.flatMap((word, index) => {
    const [, letter = '', value = ''] = /^-([A-Za-z])([^=-].*)$/s.exec(word) ?? [];
    return letter !== '' && wanting.includes(letter) && (end < 0 || index < end) ? [`-${letter}`, value] : [word];
  });
}

// yargs takes -4 and -6 for negative numbers, and an arrow and a part of standard input (-#NAME) for options.
function familyFlags(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  const families: Readonly<Record<string, string>> = { '-4': '--family=ip', '-6': '--family=ip6', '->': 'to' };
  return argv.map((word, index) => (end >= 0 && index > end ? word : (families[word] ?? (word.startsWith('-#') ? `./${word}` : word))));
}
