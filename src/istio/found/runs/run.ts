/**
 * A log is the record of a run, and a run has an outcome. What was to be put into the kernel stands in the log of a run
 * that failed as well, and none of it need be there.
 */

import type { Family } from '../../../netfilter/family.ts';
import { modulesFor } from '../../../netfilter/kernel-modules.ts';
import { readLines } from '../../../netfilter/read/lines.ts';
import { gatherProblems } from '../../../netfilter/read/problems.ts';
import { explainCause } from './cause-and-fix.ts';
import type { Cause, FailureSign, KnownRights } from './failure-signs.ts';
import { FAILURE_SIGNS } from './failure-signs.ts';
import { LAST_SIGNS, LOG_SIGNS, SUCCESS } from './log-signs.ts';
import { RunInput } from './run-input.ts';

/** Something in a log that says why the run failed. */
export interface RunFailure {
  readonly cause: Cause;
  /** As the log has it. */
  readonly message: string;
  /** 1-based line of the text. */
  readonly line: number;
  /** The command that said so, where the log shows it. */
  readonly command?: string;
  /** The line of its input, or the command itself, that was refused. */
  readonly rule?: string;
  readonly table?: string;
  /** What the cause means, in one sentence. */
  readonly text: string;
  readonly fix: string;
}

export interface Run {
  readonly outcome: 'failed' | 'not known';
  /** The one that tells most first; then as they stand. */
  readonly failures: readonly RunFailure[];
}

// What only a program that makes rules, or who starts it, writes.
const OF_A_RUN =
  /^(?:Environment|Variables|Istio (?:iptables (?:environment|variables)|config)):|^Writing following contents to rules file|iptables-rules-\d|[Rr]unning (?:command|ip6?tables-restore)|^\++ (?:\S*\/)?ip6?tables|istio-cni|istio-(?:init|validation|iptables)|iptables validation|127\.0\.0\.6:|nftables r(?:un|ules)|FailedCreatePodSandBox|pod sandbox|^panic: |^goroutine \d/;

// A look that failed is no run: the reader of rules says what to do about it.
const LOOK = /ip6?tables\S*-save|tables.{0,60} -(?:\w*[LS]\b|-list)|^sudo:|^Error from server|^error: |xtables\.lock: Permission/;

const NOBODY_KNOWS: KnownRights = { has: () => undefined, modules: undefined };

/** The run that a text is the log of; undefined where nothing in it says that one failed. */
export function runIn(text: string): Run | undefined {
  const input = new RunInput();
  let found: (RunFailure & { readonly last: boolean })[] = [];
  let isRun = false;
  let looked = false;
  for (const line of readLines(text, gatherProblems(undefined))) {
    isRun ||= OF_A_RUN.test(line.text);
    looked ||= LOOK.test(line.text);
    if (input.take(line)) continue;
    if (SUCCESS.test(line.text)) found = [];
    const before = found.at(-1);
    if (before !== undefined && input.isPlace(line.text)) {
      found[found.length - 1] = { ...before, ...input.placeOf(`${before.message} ${line.text}`) };
      continue;
    }
    const sign = signIn(line.text);
    if (sign !== undefined) found.push(failureOf(sign, line.text, line.number, input));
  }
  if (found.length === 0 || (!isRun && looked)) return undefined;
  const told = found.filter(({ cause, last }) => !last && cause !== 'lock-held');
  const ended = found.some(({ last }) => last);
  const waits = found.filter(({ cause }) => cause === 'lock-held');
  // Who waits for a lock may have got it: only how it ended tells.
  if (told.length === 0 && !ended && waits.every(({ message }) => /still|waiting/.test(message))) return undefined;
  const failures = [...told, ...waits, ...found.filter(({ last }) => last)].map(({ last: _, ...failure }) => failure);
  return { outcome: 'failed', failures: distinct(failures) };
}

function signIn(text: string): { readonly sign: FailureSign; readonly last: boolean } | undefined {
  const sign = [...LOG_SIGNS, ...FAILURE_SIGNS].find(({ says }) => says.test(text));
  if (sign !== undefined) return { sign, last: false };
  const last = LAST_SIGNS.find(({ says }) => says.test(text));
  return last === undefined ? undefined : { sign: last, last: true };
}

function failureOf(
  { sign, last }: { readonly sign: FailureSign; readonly last: boolean },
  message: string,
  line: number,
  input: RunInput,
): RunFailure & { readonly last: boolean } {
  const place = input.placeOf(message);
  const cause = typeof sign.means === 'string' ? sign.means : sign.means(NOBODY_KNOWS, place.rule ?? '');
  const family: Family = /ip6tables/.test(`${place.command ?? ''} ${message}`) ? 'ip6' : 'ip';
  const legacy = !message.includes('nf_tables') && !/nft/.test(place.command ?? '');
  const modules = modulesFor(place.table ?? tableIn(message) ?? 'nat', place.rule === undefined ? [] : [place.rule], family, legacy);
  const words = explainCause(cause, { program: programIn(message) ?? 'iptables', family, modules, rights: NOBODY_KNOWS, said: message });
  return { cause, message, line, ...place, ...words, last };
}

function tableIn(message: string): string | undefined {
  return /table [`'"]?(nat|mangle|raw|filter)\b/.exec(message)?.[1];
}

function programIn(message: string): string | undefined {
  return /exec: "([\w./-]+)"|^(?:\S*: )?(ip6?tables[\w-]*|nft|ip|nsenter)\b/.exec(message)?.slice(1).find((name) => name !== undefined);
}

const MOST = 5;

/** Of a cause that is named over and over, the first that names a rule. */
function distinct(failures: readonly RunFailure[]): readonly RunFailure[] {
  const byCause = new Map<Cause, RunFailure>();
  for (const failure of failures) {
    const before = byCause.get(failure.cause);
    if (before === undefined || (before.rule === undefined && failure.rule !== undefined)) byCause.set(failure.cause, failure);
  }
  return [...byCause.values()].slice(0, MOST);
}
