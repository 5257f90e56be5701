/** What to say of an option that a command does not have: the nearest of its own, or who has it. */

import type { CommandModule } from 'yargs';
import { onOneLine } from '../istio/origin.ts';
import { nearest, quoted } from '../istio/problems.ts';
import { listWords, quoteForPasting } from '../netfilter/words.ts';
import { describedCommand, optionNames } from './described.ts';
import { OTHER_OPTIONS } from './other-words.ts';
import { programName } from './program-name.ts';

/** A sentence about `word`, an option without its hyphens; `command` is the one that was called, where there is one. */
export function unknownOption(word: string, command: CommandModule | undefined, commands: readonly CommandModule[]): string {
  const others = commands
    .filter((other) => other !== command)
    .map(describedCommand)
    .filter((other) => optionNames(other).includes(word));
  const why = command === undefined ? undefined : WHY_NOT[word]?.[describedCommand(command).name];
  if (others.length > 0)
    return `${typed(word)} is not an option here${why === undefined ? '' : `: ${why}`}; ${listWords(others.map(({ name }) => name))} ${others.length === 1 ? 'has' : 'have'} it`;
  const own = [...(command === undefined ? [] : optionNames(describedCommand(command))), 'help'].filter((option) => option.length > 1);
  const meant = OTHER_OPTIONS[word];
  if (meant !== undefined && own.includes(/^--(\S+)/.exec(meant)?.[1] ?? ''))
    return `${typed(word)} is not an option here (did you mean ${meant}?)`;
  const near = nearest(word, own).replace('mean ', 'mean --');
  return `${typed(word)} is not an option here${near === '' && command !== undefined ? `; ${programName()} ${describedCommand(command).name} --help lists them` : near}`;
}

function typed(word: string): string {
  return `${word.length === 1 ? '-' : '--'}${onOneLine(word)}`;
}

/** What is asked for again and again where it can't be, by option and command. */
const WHY_NOT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  live: {
    preview: 'it shows the rules that a manifest calls for, never those that are there',
    lint: 'it looks at manifests, never at the rules that are there',
    audit: 'it looks at the rules that are there anyway, on the node it runs on',
  },
};

/** A sentence about an operand behind the last one that a command takes. */
export function tooMany(word: string, command: CommandModule | undefined): string {
  const described = command === undefined ? undefined : describedCommand(command);
  const operands = described?.operands ?? '';
  const options = described === undefined ? [] : optionNames(described);
  const files = operands !== '' && options.includes('filename') ? '; -f FILE names manifests' : '';
  const named = namedBy(word, options);
  const sender =
    options.includes('from') && /^(?:to|->|=>|→)$/.test(word)
      ? '; who sends is --from (app, outside, uid:1000), and of a workload --workload'
      : '';
  return `${quoted(word)} is one too many: ${operands === '' ? `there are no operands here${named === undefined ? '' : `; ${named} names it`}` : `the operands are ${operands.toUpperCase()}${sender === '' ? files : sender}`}`;
}

/** The option that takes what was meant as an operand: a network namespace as other commands take it, or a file. */
function namedBy(word: string, options: readonly string[]): string | undefined {
  const [, kind = '', rest = ''] = /^(live|pid:|netns:)(.*)$/.exec(word) ?? [];
  if (kind === '') return options.includes('filename') ? `-f ${quoteForPasting(word)}` : undefined;
  if (!options.includes('netns')) return undefined;
  if (kind === 'live') return '--here';
  return kind === 'pid:' ? `--pid ${quoteForPasting(rest)}` : `--netns ${quoteForPasting(rest)}`;
}

/** A sentence about words behind `--` where a command takes none. */
export function noArguments(command: CommandModule, commands: readonly CommandModule[]): string {
  const takers = commands.filter(acceptsArguments).map((one) => describedCommand(one).name);
  return `-- goes before arguments of istio-iptables, which ${describedCommand(command).name} does not take; ${listWords(takers)} do`;
}

/** Whether arguments of istio-iptables, or those of a program, may stand behind `--`: where they may, their environment may be given. */
export function acceptsArguments(command: CommandModule): boolean {
  return optionNames(describedCommand(command)).includes('env');
}
