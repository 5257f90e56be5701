/** The command line: yargs, and one file for each command. */

import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommandModule } from 'yargs';
import yargs from 'yargs';
import { nearest, quoted } from '../istio/problems.ts';
import { implicitSource, isSource } from '../sources/implicit-source.ts';
import { applyCommand, cleanCommand } from './apply/command.ts';
import { auditCommand } from './audit/command.ts';
import { changesCommand } from './changes/command.ts';
import { checkCommand } from './check/command.ts';
import { completionCommand } from './completion/command.ts';
import type { Candidates } from './completion/protocol.ts';
import { COMPLETE, candidateLines, pluginLines } from './completion/protocol.ts';
import { conformCommand } from './conform/command.ts';
import { describedCommand } from './described.ts';
import { diffCommand } from './diff/command.ts';
import { escapesCommand } from './escapes/command.ts';
import { explainCommand } from './explain/command.ts';
import { explorerCommand } from './explorer/command.ts';
import { helpCommand, helpTopic } from './help/command.ts';
import type { Tasks } from './help/help.ts';
import { helpText } from './help/help.ts';
import { identifyCommand } from './identify/command.ts';
import { lintCommand } from './lint/command.ts';
import { previewCommand } from './preview/command.ts';
import { probeCommand } from './probe/command.ts';
import { PLUGIN_COMPLETION, programName, startedAs } from './program-name.ts';
import { pageWidth } from './terminal/columns.ts';
import { errorLine } from './terminal/error.ts';
import { BAD_INPUT, finish, say, write } from './terminal/result.ts';
import { traceCommand } from './trace/command.ts';
import { tooMany, unknownOption } from './unknown-option.ts';
import { versionCommand } from './version/command.ts';
import { VERSION } from './version.ts';
import { whyCommand } from './why/command.ts';

/** Every command, under what people come for; the order of help. */
export const TASKS = {
  Look: [whyCommand, previewCommand, explainCommand, identifyCommand, traceCommand, changesCommand, explorerCommand],
  Compare: [diffCommand],
  Check: [checkCommand, lintCommand, escapesCommand, auditCommand, probeCommand, conformCommand],
  Change: [applyCommand, cleanCommand],
  Other: [helpCommand, versionCommand, completionCommand],
} as const satisfies Tasks;

/** A file beside it that it may have been meant for. */
function nearestFile(word: string): string {
  try {
    const folder = dirname(word);
    return nearest(
      word,
      readdirSync(folder).map((name) => (folder === '.' ? name : join(folder, name))),
    );
  } catch {
    return '';
  }
}

const COMMANDS: readonly CommandModule[] = Object.values(TASKS).flat();

// Away from a terminal.
const HELP = 80;

/** Runs the program with the words behind its name; sets the exit code of the process. */
export async function runProgram(words: readonly string[]): Promise<void> {
  const names = COMMANDS.flatMap(namesOf);
  if (startedAs() === PLUGIN_COMPLETION) return complete([...words.slice(0, -1), `=${words.at(-1) ?? ''}`], pluginLines);
  if (words[0] === COMPLETE) return complete(words.slice(1), candidateLines);
  // How a probe calls from inside another namespace (host/probe/probe-there.ts); no word of the command line.
  if (words[0] === 'probe-here') return (await import('../host/probe/probe-there.ts')).probeHere();
  if (words[0] === 'call-here') return (await import('../host/probe/probe-there.ts')).callHere();
  const argv = withCommand(words, names);
  // As kubectl and istioctl do where nothing is asked.
  const help = argv.length === 0 ? {} : helpTopic(words, names);
  if (help !== undefined)
    return finish(
      () => ({
        output: helpText(help.topic, TASKS, pageWidth(process.stdout, process.env, HELP)),
        problems: [],
        notes: [],
        exitCode: 0,
      }),
      { _: ['help'] },
    );
  const [first] = argv;
  if (first !== undefined && /^[a-z]/i.test(first) && !names.includes(first)) {
    refuse(
      /[./]/.test(first)
        ? `${quoted(first)} is not there, and no command is called so${nearestFile(first)}; istio-init --help names them`
        : `${quoted(first)} is not a command; there are ${names.join(', ')}${nearest(first, names)}`,
    );
    return;
  }
  const name = argv.find((word) => names.includes(word));
  const called = COMMANDS.find((command) => namesOf(command).includes(name ?? ''));
  const parser = yargs([...familyFlags(argv)])
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
    .command([...COMMANDS])
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
      throw new UsageError(oneLine(message ?? '', called, argv));
    });
  try {
    await parser.parseAsync();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    refuse(error.message, name);
  }
}

async function complete(words: readonly string[], lines: (found: Candidates) => string): Promise<void> {
  const { candidatesFor } = await import('./completion/candidates.ts');
  // The word at the cursor stands behind an equals sign.
  const found = await candidatesFor(words.slice(0, -1), (words.at(-1) ?? '').slice(1), COMMANDS.map(describedCommand));
  await write(lines(found));
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

function refuse(message: string, command?: string): void {
  say(errorLine(message, command));
  process.exitCode = BAD_INPUT;
}

/** yargs speaks in several lines; `command` is the one that was called. */
function oneLine(message: string, command: CommandModule | undefined, argv: readonly string[]): string {
  const valueless = /^Not enough arguments following: (.*)$/s.exec(message)?.[1];
  if (valueless !== undefined) return `${valueless.length === 1 ? '-' : '--'}${valueless} needs a value`;
  const unknown = /^Unknown arguments?: (.*)$/s.exec(message)?.[1]?.split(', ')[0];
  if (unknown === undefined) return message.replace(/\s*\n\s*/g, ' ');
  if (argv.includes(unknown) && !unknown.startsWith('-')) return tooMany(unknown, command);
  return unknownOption(unknown, command, COMMANDS);
}

function namesOf({ command, aliases = [] }: CommandModule): readonly string[] {
  return [command ?? [], aliases].flat().map((name) => name.replace(/ .*$/, ''));
}

// yargs takes -4 and -6 for negative numbers, and an arrow for options.
function familyFlags(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  const families: Readonly<Record<string, string>> = { '-4': '--family=ip', '-6': '--family=ip6', '->': 'to' };
  return argv.map((word, index) => (end >= 0 && index > end ? word : (families[word] ?? word)));
}
