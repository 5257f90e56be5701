/** The command line of a container as arguments, word by word: `wordsOf` gives back what stands there. */

import type { Argument } from '../../arguments/arguments.ts';
import { ARGUMENTS, isKnown, isOfAgent, shortOf } from '../../arguments/arguments.ts';
import type { Sourced } from '../../origin.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Container } from '../manifest/workload.ts';
import type { InjectedArgument } from './injected.ts';

const PROGRAM = 'istio-iptables';

/** Whether a container runs istio-iptables, whatever its own name is. */
export function isProgram({ command, args }: Container): boolean {
  return programLength([...command, ...args]) > 0;
}

/** The same of its first two words. */
export function namesProgram(first: string | undefined, second: string | undefined): boolean {
  return lengthOfName(first, second) > 0;
}

/** The words behind the program's name. Images of the scripts' time have the name in their entry point. */
export function programWords({ command, args }: Container): readonly Sourced<string>[] {
  const words = [...command, ...args];
  return words.slice(programLength(words));
}

/** The words that name the program, at the front of others; none where they name another. */
export function programOfWords(words: readonly Sourced<string>[]): readonly Sourced<string>[] {
  return words.slice(0, programLength(words));
}

/** How many words name the program: `istio-iptables`, `/usr/local/bin/pilot-agent istio-iptables`. */
function programLength(words: readonly Sourced<string>[]): number {
  return lengthOfName(words[0]?.value, words[1]?.value);
}

function lengthOfName(first = '', second = ''): number {
  const name = fileName(first);
  if (name === PROGRAM) return 1;
  return name === 'pilot-agent' && fileName(second) === PROGRAM ? 2 : 0;
}

function fileName(word: string): string {
  return word.replace(/^.*\//, '').replace(/\.sh$/, '');
}

/** Splits words at the flags that the release's image takes; every other word stands by itself. */
export function foundArguments(words: readonly Sourced<string>[], profile: Profile): readonly InjectedArgument[] {
  const found: InjectedArgument[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as Sourced<string>;
    const next = words[at + 1];
    if (consumesNext(word.value, profile) && next !== undefined) {
      found.push({ flag: word.value, value: next.value, source: next.source, over: [] });
      at += 1;
    } else found.push(oneWord(word));
  }
  return found;
}

/** The arguments without those that pilot-agent takes for itself. */
export function withoutAgents(args: readonly InjectedArgument[], profile: Profile): readonly InjectedArgument[] {
  const agents = ARGUMENTS.filter((one) => isOfAgent(one, profile)).map(({ flag }) => `--${flag}`);
  return args.filter(({ flag }) => !agents.includes(flag));
}

function oneWord({ value: word, source }: Sourced<string>): InjectedArgument {
  const sign = word.startsWith('--') ? word.indexOf('=') : -1;
  const parts = sign < 0 ? { flag: word } : { flag: word.slice(0, sign), value: word.slice(sign + 1), joined: true };
  return { ...parts, source, over: [] };
}

/** Whether the value of a flag is the next word. In the script's time there were letters only, and nearly all took a value. */
function consumesNext(word: string, profile: Profile): boolean {
  const shell = profile.has('shellProgram');
  const names = ({ flag }: Argument): boolean => !shell && word === `--${flag}`;
  const consumed = (one: Argument): boolean => isKnown(one, profile) || isOfAgent(one, profile);
  const argument = ARGUMENTS.filter(consumed).find((one) => names(one) || word === `-${shortOf(one, profile)}`);
  return argument !== undefined && argument.accepts !== 'switch';
}
