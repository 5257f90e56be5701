/** What to say of an option that a command does not have: the nearest of its own, or who has it. */

import type { CommandModule } from 'yargs';
import { nearest, quoted } from '../istio/problems.ts';
import { listWords } from '../netfilter/words.ts';
import { describedCommand, optionNames } from './described.ts';

/** A sentence about `word`, an option without its hyphens; `command` is the one that was called, where there is one. */
export function unknownOption(word: string, command: CommandModule | undefined, commands: readonly CommandModule[]): string {
  const others = commands
    .filter((other) => other !== command)
    .map(describedCommand)
    .filter((other) => optionNames(other).includes(word));
  if (others.length > 0)
    return `${quoted(word)} is not an option here; ${listWords(others.map(({ name }) => name))} ${others.length === 1 ? 'has' : 'have'} it`;
  const own = (command === undefined ? [] : optionNames(describedCommand(command))).filter((option) => option.length > 1);
  return `${quoted(word)} is not an option here${nearest(word, own).replace('mean ', 'mean --')}`;
}

/** A sentence about an operand behind the last one that a command takes. */
export function tooMany(word: string, command: CommandModule | undefined): string {
  const described = command === undefined ? undefined : describedCommand(command);
  const operands = described?.operands ?? '';
  const files =
    described !== undefined && operands !== '' && optionNames(described).includes('filename') ? '; -f FILE names manifests' : '';
  return `${quoted(word)} is one too many: ${operands === '' ? 'there are no operands here' : `the operands are ${operands}${files}`}`;
}
