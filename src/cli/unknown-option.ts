/** What to say of an option that a command does not have: the nearest of its own, or who has it. */

import type { CommandModule } from 'yargs';
import { onOneLine } from '../istio/origin.ts';
import { nearest, quoted } from '../istio/problems.ts';
import { listWords, quoteForPasting } from '../netfilter/words.ts';
import { describedCommand, optionNames } from './described.ts';
import { OTHER_OPTIONS } from './other-words.ts';

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
  return `${typed(word)} is not an option here${nearest(word, own).replace('mean ', 'mean --')}`;
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
  return `${quoted(word)} is one too many: ${operands === '' ? `there are no operands here${options.includes('filename') ? `; -f ${quoteForPasting(word)} names it` : ''}` : `the operands are ${operands.toUpperCase()}${files}`}`;
}
