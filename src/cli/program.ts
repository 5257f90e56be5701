/** The command line with all commands, one file for each. */

import type { CommandModule } from 'yargs';
import { clusterIn } from '../host/cluster/cluster-in.ts';
import { nearestFile, ofTheWeb } from '../host/failure/unreadable.ts';
import { nameRootsPrograms } from '../host/roots-programs.ts';
import { holdsStandardInput, isEmptyPipe } from '../host/standard-input.ts';
import { nearest, quoted } from '../istio/problems.ts';
import { isSource } from '../sources/implicit-source.ts';
import { applyCommand, cleanCommand } from './apply/command.ts';
import { auditCommand } from './audit/command.ts';
import { changesCommand } from './changes/command.ts';
import { checkCommand } from './check/command.ts';
import { namesOf, runCommandLine } from './command-line.ts';
import { completionCommand } from './completion/command.ts';
import type { Candidates } from './completion/protocol.ts';
import { COMPLETE, candidateLines, pluginLines } from './completion/protocol.ts';
import { conformCommand } from './conform/command.ts';
import { describedCommand } from './described.ts';
import { diffCommand } from './diff/command.ts';
import { escapesCommand } from './escapes/command.ts';
import { explainCommand } from './explain/command.ts';
import { explorerCommand } from './explorer/command.ts';
import { helpCommand } from './help/command.ts';
import type { Tasks } from './help/help.ts';
import { identifyCommand } from './identify/command.ts';
import { lintCommand } from './lint/command.ts';
import { CLUSTER_OPTIONS, CLUSTER_SOURCES, SETTINGS_OPTIONS } from './options.ts';
import { OTHER_COMMANDS } from './other-words.ts';
import { previewCommand } from './preview/command.ts';
import { probeCommand } from './probe/command.ts';
import { PLUGIN_COMPLETION, startedAs } from './program-name.ts';
import { write } from './result.ts';
import { traceCommand } from './trace/command.ts';
import { versionCommand } from './version/command.ts';
import { whyCommand } from './why/command.ts';

/** Every command, under what people come for; the order of help. */
export const TASKS = {
  Look: [whyCommand, previewCommand, explainCommand, identifyCommand, traceCommand, changesCommand, explorerCommand],
  Compare: [diffCommand],
  Check: [checkCommand, lintCommand, escapesCommand, auditCommand, probeCommand, conformCommand],
  Change: [applyCommand, cleanCommand],
  Other: [helpCommand, versionCommand, completionCommand],
} as const satisfies Tasks;

const COMMANDS: readonly CommandModule[] = Object.values(TASKS).flat();

/** Runs the program with the words behind its name; sets the exit code of the process. */
export async function runProgram(words: readonly string[]): Promise<void> {
  nameRootsPrograms(process.env, process.getuid?.() ?? 0);
  if (startedAs() === PLUGIN_COMPLETION) return complete([...words.slice(0, -1), `=${words.at(-1) ?? ''}`], pluginLines);
  if (words[0] === COMPLETE) return complete(words.slice(1), candidateLines);
  return runCommandLine(withCommand(words, COMMANDS.flatMap(namesOf)), { tasks: TASKS, noCommand });
}

function noCommand(word: string, names: readonly string[]): string {
  const elsewhere = ofTheWeb(word);
  if (elsewhere !== undefined) return `${quoted(word)} ${elsewhere}`;
  if (clusterIn(`${word}/x`) !== undefined) return `${quoted(word)} is not a command; what is in a cluster is one word, as ${word}/NAME`;
  if (/^[a-z]+\/[a-z0-9][a-z0-9.-]*$/.test(word) && nearestFile(word) === '')
    return `${quoted(word)} is not there, and no workload of a cluster (${CLUSTER_SOURCES}); istio-init --help names the commands`;
  const meant = OTHER_COMMANDS[word.toLowerCase()];
  if (meant !== undefined) return `${quoted(word)} is not a command (did you mean ${meant}?); istio-init --help names them`;
  return /[./]/.test(word)
    ? `${quoted(word)} is not there, and no command is called so${nearestFile(word)}; istio-init --help names them`
    : `${quoted(word)} is not a command; there are ${names.join(', ')}${nearest(word, names)}`;
}

async function complete(words: readonly string[], lines: (found: Candidates) => string): Promise<void> {
  const { candidatesFor } = await import('./completion/candidates.ts');
  // The word at the cursor stands behind an equals sign.
  const found = await candidatesFor(words.slice(0, -1), (words.at(-1) ?? '').slice(1), COMMANDS.map(describedCommand));
  await write(lines(found));
}

/** Options that name what to look at, as a SOURCE does. */
const SUBJECT_OPTIONS = Object.entries({ filename: SETTINGS_OPTIONS['filename'], ...CLUSTER_OPTIONS }).flatMap(([name, option]) => [
  `--${name}`,
  ...[option?.alias ?? []].flat().map((alias) => `-${alias}`),
]);

/**
 * `istio-init ticket.txt`, `istio-init pid:7` and a pipe into `istio-init` are checks: the first command that anybody would
 * type works. A word that names neither a command nor anything that is there is left, for the message about it.
 */
function withCommand(words: readonly string[], names: readonly string[]): readonly string[] {
  const [first] = words;
  if (first === undefined) return holdsStandardInput() || isEmptyPipe() ? ['check', '-'] : words;
  if (SUBJECT_OPTIONS.includes(first.replace(/=.*$/, ''))) return ['check', ...words];
  if (names.includes(first) || (first.startsWith('-') && !/^-(?:#|$)/.test(first))) return words;
  return isSource(first) ? ['check', ...words] : words;
}
