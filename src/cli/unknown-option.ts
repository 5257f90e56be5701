/** What to say of an option that a command does not have: the nearest of its own, or who has it. */

import type { CommandModule } from 'yargs';
import yargs from 'yargs';
import { nearest, quoted } from '../istio/problems.ts';

/** A sentence about `word`, an option without its hyphens; `command` is the one that was called, where there is one. */
export function unknownOption(word: string, command: CommandModule | undefined, commands: readonly CommandModule[]): string {
  const others = commands.filter((other) => other !== command && optionsOf(other).includes(word)).map(nameOf);
  if (others.length > 0) return `${quoted(word)} is not an option here; ${listed(others)} ${others.length === 1 ? 'has' : 'have'} it`;
  const own = (command === undefined ? [] : optionsOf(command)).filter((option) => option.length > 1);
  return `${quoted(word)} is not an option here${nearest(word, own).replace('mean ', 'mean --')}`;
}

/** What yargs keeps of a command; its types don't tell. */
interface Kept {
  readonly getOptions: () => {
    readonly key: Readonly<Record<string, boolean>>;
    readonly alias: Readonly<Record<string, readonly string[]>>;
  };
}

/** The names and aliases of a command's options. Positional arguments are none, although yargs has them among these. */
function optionsOf({ command, builder }: CommandModule): readonly string[] {
  if (typeof builder !== 'function') return [];
  const kept = yargs([]);
  builder(kept);
  const { key, alias } = (kept as unknown as Kept).getOptions();
  const operands = new Set([...String(command).matchAll(/[[<]([\w-]+)/g)].map(([, name]) => name));
  return [...Object.keys(key), ...Object.values(alias).flat()].filter((name) => !operands.has(name));
}

function nameOf({ command }: CommandModule): string {
  return String(command).replace(/ .*$/, '');
}

/** `check, diff and trace`. */
function listed(names: readonly string[]): string {
  return names.length === 1 ? String(names[0]) : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
