/** What to ask after the answer of a command, as commands word for word: one table. `check` has its own, which depend on what it found. */

import { parseSource } from '../../sources/source-name.ts';
import { holdsManifests } from '../../sources/workloads/detect.ts';
import type { Parsed } from '../options.ts';
import { programCommand } from './command-text.ts';
import type { NextCommand } from './next-command.ts';
import { allOperands, givenWords, operandOf, subjectWords } from './typed-call.ts';

/** A call that was answered. */
interface Answered {
  readonly parsed: Parsed;
  readonly exitCode: number;
}

const STEPS: Readonly<Record<string, (answered: Answered) => readonly NextCommand[]>> = {
  diff: ({ parsed, exitCode }) => {
    const operands = ['left', 'right'].flatMap((name) => operandOf(parsed, name) ?? []);
    const isDifferent = exitCode === 1 && parsed['counters'] !== true;
    const byRules = [...operands, ...givenWords(parsed, ['left', 'right', 'by'])];
    return [
      ...(isDifferent && parsed['by'] === 'packets' ? [{ why: 'which rules differ', command: programCommand('diff', ...byRules) }] : []),
      ...(isDifferent ? whyOf(parsed, operands) : []),
      ...releaseStep(operands),
      ...changesStep(operands.map(releaseIn)),
    ];
  },
  changes: ({ parsed }) => {
    const [, from, to] = /^(v?\d[^.]*(?:\.[^.]+)*?)\.\.(v?\d.*)$/.exec(operandOf(parsed, 'range') ?? '') ?? [];
    return from === undefined || to === undefined
      ? []
      : [{ why: 'what that changes for packets', command: programCommand('diff', `@${from}`, `@${to}`, '--by', 'packets') }];
  },
  identify: ({ parsed }) => [
    ...ofSubject(parsed, 'whether these rules are well', 'check'),
    ...ofSubject(parsed, 'why each rule is there', 'explain'),
  ],
  explain: ({ parsed }) => ofSubject(parsed, WHERE, 'why', PLACE),
  escapes: ({ parsed, exitCode }) =>
    exitCode === 0
      ? []
      : [
          ...(parsed['allow'] === undefined && parsed['watch'] !== true
            ? ofSubject(parsed, 'fail on what bypasses the proxy, but for what FILE allows', 'escapes', [], ['--allow', 'FILE'])
            : []),
          ...ofSubject(parsed, WHERE, 'why', PLACE),
        ],
  trace: ({ parsed }) => {
    // Of a rule there is no more to show.
    if (parsed['all-rules'] === true || parsed['verbose'] === true || parsed['rule'] !== undefined) return [];
    const operands = ['SOURCE', 'TO'].flatMap((name) => operandOf(parsed, name) ?? []);
    const same = ['trace', ...operands, '--all-rules', ...givenWords(parsed, [])];
    const why = parsed['port'] === undefined ? 'each rule that was asked, and why it did not match' : 'rarer kinds of packets as well';
    return [{ why, command: programCommand(...same) }];
  },
};

const WHERE = 'where a connection goes, and why';
const PLACE: readonly string[] = ['ADDRESS:PORT'];

/** What to ask after a command that ended so; empty for one whose answer is all there is. */
export function nextSteps(command: string, answered: Answered): readonly NextCommand[] {
  return answered.exitCode > 1 ? [] : (STEPS[command]?.(answered) ?? []);
}

/** Where a connection goes by one operand, or by both; of two that may hold many workloads by the first, for each has a name of its own. */
function whyOf(parsed: Parsed, all: readonly string[]): readonly NextCommand[] {
  const operands = all.some(isOfWorkloads) ? all.slice(0, 1) : all;
  const [only, another] = operands;
  if (only === undefined || parsed['filename'] !== undefined || parseSource(only).kind === 'own') return [];
  const why = another === undefined ? WHERE : 'where one connection goes, before and now';
  return [{ why, command: programCommand('why', ...operands, ...PLACE, ...subjectWords(parsed)) }];
}

function isOfWorkloads(operand: string): boolean {
  const name = parseSource(operand);
  return name.kind === 'own' || (name.kind === 'file' && holdsManifests(name.file));
}

/** A release by itself is that of a default pod: what it would change for these workloads is another question. */
function releaseStep([left, right]: readonly string[]): readonly NextCommand[] {
  if (left === undefined || right === undefined) return [];
  const [of, at] = [parseSource(left), parseSource(right)];
  if (of.kind !== 'file' || of.release !== undefined || at.kind !== 'settings' || at.release === undefined || !isOfWorkloads(left))
    return [];
  return [{ why: 'what that release would change for it', command: programCommand('diff', left, '--release', at.release) }];
}

/** What changed between the releases that two SOURCES name. */
export function changesStep([from, to]: readonly (string | undefined)[]): readonly NextCommand[] {
  if (from === undefined || to === undefined || from === to) return [];
  return [{ why: 'what changed between these releases, and for whom', command: programCommand('changes', `${from}..${to}`) }];
}

function releaseIn(operand: string): string | undefined {
  const name = parseSource(operand);
  return name.kind === 'settings' || name.kind === 'file' ? name.release : undefined;
}

/** A command that looks at the same; none where nothing names it, or a pipe that is not named was read. */
function ofSubject(
  parsed: Parsed,
  why: string,
  command: string,
  operands: readonly string[] = [],
  more: readonly string[] = [],
): readonly NextCommand[] {
  const named = allOperands(parsed, 'source');
  // One file behind -f is the same as a SOURCE.
  const [file, another] = [parsed['filename'] ?? []].flat().map(String);
  const sources = named.length > 0 ? named : another === undefined && file !== undefined ? [file] : [];
  const subject = subjectWords(named.length === 0 && sources.length > 0 ? { ...parsed, filename: undefined } : parsed);
  // Several are several states to why.
  if ((sources.length === 0 && subject.length === 0) || (sources.length > 1 && command === 'why')) return [];
  return [{ why, command: programCommand(command, ...sources, ...operands, ...more, ...subject) }];
}
