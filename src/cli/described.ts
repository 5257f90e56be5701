/** What a command declares of itself, for help, for completion, and for messages about its options. */

import type { Argv, CommandModule, Options, PositionalOptions } from 'yargs';

/** The operands, options, examples and last words of a command. */
export interface Described {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Words behind the name, as `[source]`. */
  readonly operands: string;
  readonly about: string;
  readonly positionals: Readonly<Record<string, PositionalOptions>>;
  readonly options: Readonly<Record<string, Options>>;
  readonly examples: readonly (readonly [string, string])[];
  readonly epilogue: string;
}

/** Reads a command's declarations by listening to its builder. */
export function describedCommand({ command, aliases = [], describe, builder }: CommandModule): Described {
  const positionals: Record<string, PositionalOptions> = {};
  const options: Record<string, Options> = {};
  const examples: (readonly [string, string])[] = [];
  let epilogue = '';
  const listener = {
    positional: (name: string, one: PositionalOptions) => {
      positionals[name] = one;
      return listener;
    },
    option: (name: string, one: Options) => {
      options[name] = one;
      return listener;
    },
    options: (several: Readonly<Record<string, Options>>) => {
      Object.assign(options, several);
      return listener;
    },
    example: (several: readonly (readonly [string, string])[]) => {
      examples.push(...several);
      return listener;
    },
    epilogue: (text: string) => {
      epilogue = text;
      return listener;
    },
  };
  if (typeof builder === 'function') builder(listener as unknown as Argv);
  const [, name = '', operands = ''] = /^(\S+) ?(.*)$/.exec(String(command)) ?? [];
  return { name, aliases: [aliases].flat(), operands, about: String(describe), positionals, options, examples, epilogue };
}

/** The names and aliases of a command's options. */
export function optionNames({ options }: Described): readonly string[] {
  return Object.entries(options).flatMap(([name, { alias = [] }]) => [name, alias].flat());
}
