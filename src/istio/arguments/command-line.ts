/** A command line to flags: as Go's pflag splits it, and as bash's getopts did until 1.4. */

import type { Origin } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { nearest, problem, quoted } from '../problems.ts';
import type { Profile } from '../releases/profile.ts';
import type { Argument } from './arguments.ts';
import { ARGUMENTS, isKnown, isOfAgent, SHELL_SWITCHES, shortOf } from './arguments.ts';

/** A flag as it was given; a switch without a value is `true`. */
export interface GivenFlag {
  readonly argument: Argument;
  readonly text: string;
  /** As it was written: `-d` or `--dry-run`. */
  readonly flag: string;
}

export interface GivenFlags {
  /** The last one given of each flag. */
  readonly flags: ReadonlyMap<string, GivenFlag>;
  readonly problems: readonly Problem[];
}

/** The source of what is said of a word that is no argument. */
export const HERE: Origin = { kind: 'option', option: 'istio-iptables' };

/** Takes away the program's name (`istio-iptables`, `pilot-agent istio-iptables`, with a path) and unpacks one JSON array. */
export function bareArguments(args: readonly string[]): readonly string[] {
  const unpacked = args.length === 1 ? (jsonArray(args[0] ?? '') ?? args) : args;
  const name = (word: string | undefined): string => word?.replace(/^.*\//, '').replace(/\.sh$/, '') ?? '';
  const rest = name(unpacked[0]) === 'pilot-agent' ? unpacked.slice(1) : unpacked;
  return name(rest[0]) === 'istio-iptables' ? rest.slice(1) : rest;
}

function jsonArray(text: string): readonly string[] | null {
  if (!text.trimStart().startsWith('[')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : null;
  } catch {
    return null;
  }
}

/** Who reads a command line: the program alone, or an image's pilot-agent, which takes flags of its own before it runs the program. */
export type Reader = 'program' | 'agent';

/** Splits a command line by the rules of the release's program. */
export function splitCommandLine(args: readonly string[], profile: Profile, reader: Reader = 'program'): GivenFlags {
  return profile.has('shellProgram') ? getopts(args, profile) : pflag(args, profile, reader);
}

function pflag(args: readonly string[], profile: Profile, reader: Reader): GivenFlags {
  const known = ARGUMENTS.filter((argument) => isKnown(argument, profile) || (reader === 'agent' && isOfAgent(argument, profile)));
  const flags = new Map<string, GivenFlag>();
  const problems: Problem[] = [];
  const rest = [...args];
  const give = (argument: Argument, flag: string, text: string): void => {
    if (isText(argument, text, profile)) flags.set(argument.flag, { argument, text, flag });
    else
      problems.push(
        problem('not-a-value', { kind: 'argument', flag }, { name: argument.flag, value: quoted(text), allowed: allowedText(argument) }),
      );
  };
  const takeValue = (argument: Argument, flag: string): void => {
    const value = rest.shift();
    if (value === undefined) problems.push(problem('flag-without-value', HERE, { value: flag }));
    else give(argument, flag, value);
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      problems.push(...rest.splice(0).map((ignored) => ignoredWord(ignored, profile)));
    } else if (word.startsWith('--')) {
      const [name = '', ...values] = word.slice(2).split('=');
      const argument = known.find(({ flag }) => flag === name);
      if (argument === undefined)
        problems.push(
          unknownFlag(
            `--${name}`,
            known.map(({ flag }) => `--${flag}`),
            profile,
          ),
        );
      else if (values.length > 0) give(argument, `--${name}`, values.join('='));
      else if (argument.accepts === 'switch') give(argument, `--${name}`, 'true');
      else takeValue(argument, `--${name}`);
    } else if (word.startsWith('-') && word !== '-') {
      let letters = word.slice(1);
      while (letters !== '') {
        const letter = letters[0] ?? '';
        letters = letters.slice(1);
        const argument = known.find((candidate) => shortOf(candidate, profile) === letter);
        if (argument === undefined) {
          problems.push(unknownFlag(`-${letter}`, [], profile));
          break;
        }
        // pflag drops the `=` of `-d=80`, and takes that of `-d=` for the value.
        const assigned = letters.startsWith('=') && letters.length > 1;
        const attached = assigned ? letters.slice(1) : argument.accepts === 'switch' || letters === '' ? null : letters;
        if (attached !== null) give(argument, `-${letter}`, attached);
        else if (argument.accepts === 'switch') give(argument, `-${letter}`, 'true');
        else takeValue(argument, `-${letter}`);
        if (attached !== null) break;
      }
    } else {
      problems.push(ignoredWord(word, profile));
    }
  }
  return { flags, problems };
}

function ignoredWord(word: string, { release }: Profile): Problem {
  return problem('ignored-argument', HERE, { value: quoted(word), release });
}

function unknownFlag(flag: string, known: readonly string[], profile: Profile): Problem {
  return problem('unknown-flag', HERE, { value: quoted(flag), release: profile.release, nearest: nearest(flag, known) });
}

/** Reads what Go's strconv.ParseBool reads; null for anything else. */
export function parseGoBool(text: string): boolean | null {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text) ? false : null;
}

function isText({ accepts }: Argument, text: string, { has }: Profile): boolean {
  switch (accepts) {
    case 'switch':
      return parseGoBool(text) !== null;
    case 'number':
      return /^\d{1,10}$/.test(text);
    case 'port':
      // Until pkg/flag the number was only used, and the validation failed.
      return /^\d{1,10}$/.test(text) && (Number(text) <= 65535 || !has('emptyEnvironmentCounts'));
    case 'levels':
      // An empty text, which the injector passes on, was tried by nobody.
      return (
        !has('logLevelsChecked') ||
        text === '' ||
        text.split(',').every((scope) => /^([^:]*:)?(debug|info|warn|error|fatal|none)$/.test(scope))
      );
    case 'version':
      return !has('iptablesVersionRead') || text === '' || /v\d+(\.\d+)+/.test(text);
    case 'duration':
      return /^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$|^0$/.test(text);
    case 'text':
      return true;
    default:
      return accepts satisfies never;
  }
}

function allowedText({ accepts }: Argument): string {
  return {
    switch: 'true or false',
    number: 'a number',
    port: 'a port (0 to 65535)',
    duration: 'a duration such as 5s',
    levels: 'a list of levels such as default:info, each of debug, info, warn, error, fatal, none',
    version: 'a version such as v1.8.9',
    text: 'a text',
  }[accepts];
}

/** bash's getopts with a leading colon: an option without its value is passed over, the first other word ends the options. */
function getopts(args: readonly string[], profile: Profile): GivenFlags {
  const { has } = profile;
  const known = ARGUMENTS.filter((argument) => isKnown(argument, profile));
  const flags = new Map<string, GivenFlag>();
  const problems: Problem[] = [];
  const rest = [...args];
  if (rest[0] === 'clean' && has('shellCleansFirst'))
    return { flags, problems: [problem('cleans-only', HERE, { value: 'clean', release: profile.release })] };
  while (/^-./.test(rest[0] ?? '')) {
    const word = rest.shift() ?? '';
    if (word === '--') break;
    if (word.startsWith('--')) {
      problems.push(unknownFlag(word.replace(/=.*$/s, ''), [], profile));
      continue;
    }
    for (let letters = word.slice(1); letters !== ''; ) {
      const letter = letters[0] ?? '';
      letters = letters.slice(1);
      const argument = known.find(({ short }) => short === letter);
      const helpWithValue = letter === SHELL_SWITCHES.help && has('shellHelpTakesValue');
      if (argument === undefined && !helpWithValue) {
        if (letter === SHELL_SWITCHES.test && has('shellTestFlag')) problems.push(ignoredWord(`-${letter}`, profile));
        else if (letter === SHELL_SWITCHES.help) problems.push(helpRequested(letter, profile));
        else problems.push(unknownFlag(`-${letter}`, [], profile));
        continue;
      }
      const text = letters === '' ? rest.shift() : letters;
      if (argument !== undefined && text !== undefined) flags.set(argument.flag, { argument, text, flag: `-${letter}` });
      else if (text !== undefined) problems.push(helpRequested(letter, profile));
      letters = '';
    }
  }
  return { flags, problems: [...problems, ...rest.map((word) => ignoredWord(word, profile))] };
}

function helpRequested(letter: string, { release }: Profile): Problem {
  return problem('help-asked', HERE, { value: `-${letter}`, release });
}
