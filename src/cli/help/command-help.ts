/** The help of one command: what it does, examples, and its own options; those that many commands share are named. */

import type { Options } from 'yargs';
import type { Described } from '../described.ts';
import { SETTINGS_OPTIONS } from '../options.ts';
import { programName } from '../program-name.ts';
import { hanging, wrapped } from '../terminal/wrap.ts';
import { operandsOf } from './operands.ts';
import { pairLines } from './pairs.ts';
import { PLACEHOLDERS } from './placeholders.ts';

const WORDS = 28;
const COMMANDS = 44;

/** Lines that fit; `columns` is how many there are. */
export function commandHelp(command: Described, columns: number): readonly string[] {
  const { name, aliases, about, examples, epilogue } = command;
  const { usage, lines } = operandsOf(command);
  const own = Object.entries(command.options).filter(([option]) => !(option in SETTINGS_OPTIONS));
  const shared = Object.keys(command.options).filter((option) => option in SETTINGS_OPTIONS);
  const also = aliases.length === 0 ? [] : [`Also called ${aliases.join(', ')}.`];
  return [
    ...hanging(`${programName()} `, [name, usage, '[OPTION...]'].filter((word) => word !== '').join(' '), columns),
    '',
    ...[`${about}.`, ...also].flatMap((line) => wrapped(line, columns)),
    ...(lines.length === 0 ? [] : ['']),
    ...pairLines(lines, columns, WORDS),
    ...part('Examples', exampleLines(examples, columns)),
    ...groupsOf(own).flatMap(([group, options]) => part(group, optionLines(options, columns))),
    ...(shared.length === 0 ? [] : ['', ...sharedLines(shared, columns)]),
    ...(epilogue === '' ? [] : ['', ...epilogue.split('\n').flatMap((line) => wrapped(line, columns))]),
  ];
}

/** A title and its lines, an empty line before them. */
export function part(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

/** Commands, and what each is an example of. */
export function exampleLines(examples: Described['examples'], columns: number): readonly string[] {
  return pairLines(
    examples.map(([call, about]) => [call.replaceAll('$0', programName()), about] as const),
    columns,
    Math.min(COMMANDS, columns - 34),
  );
}

/** Options with what they take and what they are for. */
export function optionLines(options: readonly (readonly [string, Options])[], columns: number): readonly string[] {
  return pairLines(
    options.map(([name, option]) => [optionText(name, option), `${option.describe ?? ''}${defaultText(option)}`] as const),
    columns,
    WORDS,
  );
}

function optionText(name: string, { type, alias = [] }: Options): string {
  const short = [alias].flat().find((one) => one.length === 1);
  const value = type === 'boolean' ? '' : ` ${PLACEHOLDERS[name] ?? name.toUpperCase()}`;
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value}`;
}

function defaultText({ default: usual }: Options): string {
  return usual === undefined || typeof usual === 'boolean' ? '' : ` (default: ${String(usual)})`;
}

/** Options in their groups, in the order in which the groups come first. */
export function groupsOf(
  options: readonly (readonly [string, Options])[],
): readonly (readonly [string, readonly (readonly [string, Options])[]])[] {
  const groups = new Map<string, (readonly [string, Options])[]>();
  for (const one of options) {
    const group = (one[1].group ?? 'Options').replace(/:$/, '');
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  return [...groups];
}

function sharedLines(names: readonly string[], columns: number): readonly string[] {
  return hanging('Settings: ', `${names.map((name) => `--${name}`).join(', ')}; see ${programName()} help settings`, columns);
}
