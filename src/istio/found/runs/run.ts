/**
 * A log is the record of a run, and a run has an outcome. What was to be put into the kernel stands in the log of a run
 * that failed as well, and none of it need be there.
 */

import type { Family } from '../../../netfilter/family.ts';
import { modulesFor } from '../../../netfilter/kernel-modules.ts';
import { startsAsRules } from '../../../netfilter/read/line-starts.ts';
import { readLines } from '../../../netfilter/read/lines.ts';
import { collectProblems } from '../../../netfilter/read/problems.ts';
import type { Prose } from '../../../netfilter/read/prose.ts';
import { NO_PROSE, proseIn } from '../../../netfilter/read/prose.ts';
import { explainCause } from './cause-and-fix.ts';
import { Complaints } from './complaint.ts';
import { EXIT_SIGNS } from './exit-codes.ts';
import type { Cause, FailureSign, KnownRights } from './failure-signs.ts';
import { FAILURE_SIGNS } from './failure-signs.ts';
import { LAST_SIGNS, LOG_SIGNS, SUCCESS } from './log-signs.ts';
import { RunEnd } from './run-end.ts';
import type { RunPlace } from './run-input.ts';
import { RunInput } from './run-input.ts';
import { withoutRules } from './spoken.ts';

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
  /** The one that tells most first; then as they stand. Of a run of which nobody knows how it ended, what it was waiting for. */
  readonly failures: readonly RunFailure[];
  /** What says so stands on a page that somebody wrote: nothing tells whether it is the run that is asked about. */
  readonly quoted?: true;
  /** Why nobody can say that its rules are there, in words that end a sentence. */
  readonly why: string;
}

/** A run of which nothing says that its rules were made. */
export function unendedRun(why: string): Run {
  return { outcome: 'not known', failures: [], why };
}

/** A run that failed. */
export function failedRun(failures: readonly RunFailure[]): Run {
  return { outcome: 'failed', failures, why: failures[0]?.text ?? 'it does not say why' };
}

// What only a program that makes rules, or who starts it, writes.
const OF_A_RUN =
  /^(?:Environment|Variables|Istio (?:iptables (?:environment|variables)|config)):|^Writing following contents to rules file|iptables-rules-\d|[Rr]unning (?:command|ip6?tables-restore)|^\++ (?:\S*\/)?ip6?tables(?!\S*-save)|istio-cni|istio-(?:init|validation|iptables)|iptables validation|127\.0\.0\.6:|nftables r(?:un|ules)|\bline \d+ failed|(?:RULE|CHAIN)_\w{1,20} failed|Chain already exists|FailedCreatePodSandBox|pod sandbox|^panic: |^goroutine \d/;

// A look that failed is no run: the reader of rules says what to do about it.
const OBSERVATION = /ip6?tables\S*-save|tables.{0,60} -(?:\w*[LS]\b|-list)|^sudo:|^Error from server|^error: /;

// So says a program that makes rules, and one that shows them.
const OF_EITHER = /xtables\.lock: Permission/;

const WAITS = /still|waiting/;

const NOBODY_KNOWS: KnownRights = { has: () => undefined, modules: undefined };

/** The run that a text is the log of; undefined where nothing in it says that one failed, or that its end is lost. */
export function runIn(text: string): Run | undefined {
  // Most texts have no such sign at all; only of the others it matters who wrote it.
  return runWithout(NO_PROSE, text) === undefined ? undefined : runWithout(proseIn(text), text);
}

function runWithout(prose: Prose, text: string): Run | undefined {
  const input = new RunInput();
  const end = new RunEnd();
  let found: Candidate[] = [];
  const complaints = new Complaints(text);
  let complaint: RunFailure | undefined;
  let isRun = false;
  let looked = false;
  let shows = false;
  for (const line of readLines(withoutRules(text), collectProblems(undefined))) {
    if (prose.lines.has(line.number)) continue;
    isRun ||= OF_A_RUN.test(line.text);
    shows ||= startsAsRules(line.text);
    looked ||= OBSERVATION.test(line.text) || (shows && OF_EITHER.test(line.text));
    end.see(line);
    if (input.take(line)) continue;
    if (SUCCESS.test(line.text)) found = [];
    const before = found.at(-1);
    if (before !== undefined && input.isPlace(line.text)) {
      const place = input.placeOf(`${before.message} ${line.text}`);
      found[found.length - 1] = { ...before, ...place, ...wordsFor(before.cause, before.message, place) };
      continue;
    }
    const candidate = prose.isStatement(line.number) ? candidateIn(line.text, line.number, input) : undefined;
    if (candidate !== undefined) found.push(candidate);
    else if (complaint === undefined && end.awaitsProof && complaints.has(line))
      complaint = failureOf('unknown', line.text, line.number, input);
  }
  const reason = complaint ?? refusal(end, input);
  if (found.length === 0 && isRun && end.awaitsProof && reason !== undefined) found = [{ ...reason, last: false, rank: SIGNS.length }];
  if (found.length === 0 || (!isRun && looked)) return unended(end);
  const reported = found.filter(({ cause, last }) => !last && cause !== 'lock-held');
  // That it is started again says nothing of why it ended.
  const causes = reported.some(({ cause }) => cause !== 'restarts') ? reported.filter(({ cause }) => cause !== 'restarts') : reported;
  const ended = found.some(({ last }) => last);
  const waits = found.filter(({ cause }) => cause === 'lock-held');
  // Who waits for a lock may have got it: only how it ended tells.
  if (causes.length === 0 && !ended && waits.every(({ message }) => WAITS.test(message)))
    return unended(end) ?? (shows ? undefined : waitingRun(waits));
  const reasons = [...causes, ...waits];
  const failures = (reasons.length > 0 ? narrowestFirst(reasons) : found).map(({ last: _, rank: __, ...failure }) => failure);
  const listed = distinct(failures);
  return { ...failedRun(listed), ...(listed.every(({ line }) => prose.quotes(line)) && { quoted: true as const }) };
}

function waitingRun(waits: readonly Candidate[]): Run {
  const failures = waits.map(({ last: _, rank: __, ...failure }) => failure);
  return {
    outcome: 'not known',
    failures: distinct(failures),
    why: 'another program held the xtables lock, and nothing says whether iptables got it in the end',
  };
}

/** What the log shows of the kernel, which holds nothing of what it was given. */
function refusal(end: RunEnd, input: RunInput): RunFailure | undefined {
  const { refutedBy } = end;
  return refutedBy === undefined ? undefined : failureOf('not-taken', 'what it saved then holds none of them', refutedBy, input);
}

function unended(end: RunEnd): Run | undefined {
  const why = end.lost();
  return why === undefined ? undefined : unendedRun(why);
}

interface Candidate extends RunFailure {
  /** Whether it only says that the run ended. */
  readonly last: boolean;
  /** How narrow its sign is: the place of it in the table. */
  readonly rank: number;
}

// A kubelet quotes a plugin that quotes a program; what is longer is no message.
const LONGEST_MESSAGE = 8192;

const LAST: readonly FailureSign[] = [...EXIT_SIGNS, ...LAST_SIGNS];
const SIGNS: readonly FailureSign[] = [...LOG_SIGNS, ...FAILURE_SIGNS, ...LAST];

function candidateIn(message: string, line: number, input: RunInput): Candidate | undefined {
  // Loggers that write name="value" have quotes behind backslashes.
  const start = message.slice(0, LONGEST_MESSAGE).replaceAll('\\"', '"');
  const rank = SIGNS.findIndex(({ pattern }) => pattern.test(start));
  const sign = SIGNS[rank];
  if (sign === undefined) return undefined;
  const failure = failureOf(sign.means, message, line, input);
  return { ...failure, last: rank >= SIGNS.length - LAST.length, rank };
}

function failureOf(means: FailureSign['means'], message: string, line: number, input: RunInput): RunFailure {
  const place = input.placeOf(message);
  const cause = typeof means === 'string' ? means : means(NOBODY_KNOWS, place.rule ?? '');
  return { cause, message, line, ...place, ...wordsFor(cause, message, place) };
}

// iptables-nft says which it is on the line before; nft never names itself.
const OF_NFT = /nf_tables|\bnft\b|(?:RULE|CHAIN|TABLE)_\w{1,20} failed|rule set generation id|Could not process rule|Netlink socket/;

function wordsFor(cause: Cause, message: string, { command = '', rule, table }: RunPlace): { readonly text: string; readonly fix: string } {
  const family: Family = /ip6tables/.test(`${command} ${message}`) ? 'ip6' : 'ip';
  const legacy = !OF_NFT.test(message) && !command.includes('nft');
  const modules = modulesFor(table ?? tableIn(message) ?? 'nat', rule === undefined ? [] : [rule], family, legacy);
  const cleaned = message.replace(/^Command error output: (?:xtables \w+ problem: )?/, '');
  return explainCause(cause, { program: programIn(message) ?? 'iptables', family, modules, rights: NOBODY_KNOWS, message: cleaned });
}

function tableIn(message: string): string | undefined {
  return /table [`'"]?(nat|mangle|raw|filter)\b/.exec(message)?.[1];
}

function programIn(message: string): string | undefined {
  return /exec: "([\w./-]+)"|^(?:\S*: )?(ip6?tables[\w-]*|nft|ip|nsenter)\b/
    .exec(message)
    ?.slice(1)
    .find((name) => name !== undefined);
}

// What a program says of one failure, it says in a few lines.
const ONE_MESSAGE = 5;

/** The failure with the narrowest sign, without what else is said of it, then the others. */
function narrowestFirst<F extends RunFailure & { readonly rank: number }>(failures: readonly F[]): readonly F[] {
  const [first, ...others] = failures.toSorted((a, b) => a.rank - b.rank);
  if (first === undefined) return [];
  return [
    first,
    ...others.filter(({ line, cause }) => line !== first.line && (Math.abs(line - first.line) > ONE_MESSAGE || cause === first.cause)),
  ];
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
