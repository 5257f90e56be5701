/** Programs that failed, explained: read by a run only where one has. */

import { explainCause } from '../../istio/found/runs/cause-and-fix.ts';
import { causeOf } from '../../istio/found/runs/failure-signs.ts';
import type { Family } from '../../netfilter/family.ts';
import { modulesFor } from '../../netfilter/kernel-modules.ts';
import type { Ran } from '../run.ts';
import type { Failure } from './failure.ts';
import type { Rights } from './rights.ts';
import { readRights } from './rights.ts';

/** What was asked of the program that failed. */
export interface CallInput {
  readonly family?: Family;
  /** The text it was given, of which a line may have failed. */
  readonly text?: string;
}

/** Explains a program that failed. Looks at this process's rights and modules to tell causes with one symptom apart. */
export function explainFailure(ran: Ran, input: CallInput = {}, rights: Rights = readRights()): Failure {
  const place = placeOf(ran.stderr, input.text ?? '');
  const legacy = ran.stderr.includes('(legacy)') || ran.argv[0].includes('legacy');
  const known = causeOf(ran, rights, place.line);
  // Its socket is a raw one, and what it says of that names no right.
  const cause = legacy && known === 'not-permitted' && rights.has('NET_RAW') === false ? 'no-net-raw' : known;
  const modules = modulesFor(place.table ?? 'nat', place.rule === undefined ? place.block : [place.rule], input.family ?? 'ip', legacy);
  const { text, fix } = explainCause(cause, {
    program: ran.argv[0],
    family: input.family ?? 'ip',
    modules,
    rights,
    message: lastLine(ran.stderr),
  });
  return {
    cause,
    text,
    fix,
    command: ran.argv.join(' '),
    exitCode: ran.exitCode,
    message: ran.stderr.trim(),
    ...(input.family !== undefined && { family: input.family }),
    ...(place.table !== undefined && { table: place.table }),
    ...(place.rule !== undefined && { rule: place.rule }),
  };
}

interface Place {
  /** The line that was named, as it stands in the text. */
  readonly line: string;
  readonly table?: string;
  readonly rule?: string;
  /** All rules of the block. */
  readonly block: readonly string[];
}

/**
 * The rule that a message means. It names a line, but nft counts one too many at times, and errors that
 * are found at commit are given the line of the COMMIT (kernel.md); then the name it quotes is looked for.
 */
function placeOf(message: string, text: string): Place {
  const lines = text.split('\n');
  const number = /line:? (\d+)(?: failed|:|$)/m.exec(message)?.[1];
  if (number === undefined) return { line: '', block: lines.filter(isRule) };
  const at = Math.min(Number(number), lines.length) - 1;
  const line = lines[at] ?? '';
  const begin = lines.slice(0, at + 1).findLastIndex((candidate) => candidate.startsWith('*'));
  const end = lines.findIndex((candidate, index) => index > begin && candidate === 'COMMIT');
  const block = lines.slice(begin + 1, end === -1 ? undefined : end).filter(isRule);
  const quoted = /[`'"]([\w-]+)'/.exec(message)?.[1];
  const rule = isRule(line) ? line : quoted === undefined ? undefined : block.find((candidate) => candidate.split(' ').includes(quoted));
  const table = lines[begin]?.slice(1);
  return { line, block, ...(table !== undefined && table !== '' && { table }), ...(rule !== undefined && { rule }) };
}

function isRule(line: string): boolean {
  return line.startsWith('-');
}

function lastLine(stderr: string): string {
  const lines = stderr
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('Try `'));
  return lines.at(-1) ?? '';
}
