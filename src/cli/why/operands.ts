/** `why SOURCE... [FROM ->] HOST:PORT`: which word is what. */

import { isOfCluster } from '../../host/cluster/cluster-in.ts';
import { badOption } from '../../istio/bad-option.ts';
import { readSender } from '../../istio/packets/packet/sender.ts';
import { quoted } from '../../istio/problems.ts';
import { isSource } from '../../sources/implicit-source.ts';
import { parseSource } from '../../sources/source-name.ts';
import { holdsManifests } from '../../sources/workloads/detect.ts';
import { isTarget, nearestTarget, senderTo } from '../trace/target.ts';

export interface WhyOperands {
  readonly sources: readonly string[];
  /** Who sends it: `app`, `outside`, `uid:1000`. */
  readonly from: string;
  readonly to: string;
  /** The workload that was named as the sender. */
  readonly workload?: string;
}

// A bare > is the shell's: `to` is for those who do not want to quote.
const ARROWS: readonly string[] = ['->', '=>', '→', 'to'];

/** Reads the words, the target last. Throws a ProblemError where there is none, or a word is nothing. */
export function readWhyOperands(words: readonly string[]): WhyOperands {
  const all = targetLast(words.flatMap((word) => (isSource(word) ? [word] : word.split(/\s+/).filter((part) => part !== ''))));
  const to = all.at(-1);
  if (to === undefined || !isTarget(to))
    throw badOption('why', `${noTarget(to, all.at(-2))}; the last word is HOST:PORT, as in ${EXAMPLE}${ARROW_HINT(all)}`);
  const rest = all.slice(0, -1);
  const arrow = ARROWS.includes(rest.at(-1) ?? '') ? rest.at(-1) : undefined;
  const before = arrow === undefined ? rest : rest.slice(0, -1);
  const last = before.at(-1);
  const sender = last !== undefined && isSender(last) ? last : undefined;
  if (sender !== undefined) return { sources: before.slice(0, -1), from: sender, to };
  if (last === undefined || (isSource(last) && !isWorkloadIn(before.slice(0, -1), last))) {
    if (arrow !== undefined) throw badOption(arrow, `wants a sender before it: app, outside, uid:1000, or a workload, as in ${EXAMPLE}`);
    return { sources: before, from: senderTo(to), to };
  }
  const stray = before.slice(0, -1).find((word) => !isSource(word));
  if (stray !== undefined) throw badOption('why', `${quoted(stray)} is no SOURCE that is there`);
  if (before.length === 1)
    throw badOption(
      'why',
      `${quoted(last)} is neither a SOURCE that is there nor app, outside or uid:1000; a workload goes behind the manifests that have it`,
    );
  return { sources: before.slice(0, -1), from: senderTo(to), to, workload: last };
}

/** What is wrong with the last word, as the beginning of a sentence. */
function noTarget(word: string | undefined, before: string | undefined): string {
  if (word === undefined) return 'nothing is asked';
  if (isSource(word) && word !== '-') return `${quoted(word)} is a SOURCE, and no HOST:PORT follows`;
  if (/[a-z.:]/i.test(word) && isTarget(`${word.includes(':') ? `[${word}]` : word}:1`)) return `${quoted(word)} is without a port`;
  return `${quoted(word)} is no place to go to${nearestTarget(word, before)}`;
}

/** `why 10.0.0.5:80 pod.yaml`: of words that are a target and SOURCES the order tells nothing more. */
function targetLast(words: readonly string[]): readonly string[] {
  const [first = '', ...sources] = words;
  return sources.length > 0 && isTarget(first) && sources.every(isSource) ? [...sources, first] : words;
}

const EXAMPLE = 'istio-init why pod.yaml 10.20.30.40:3306';

// What is left of an arrow whose point the shell has taken.
function ARROW_HINT(words: readonly string[]): string {
  return words.at(-1) === '-' ? '; quote the arrow, or write "to", for the shell takes > for itself' : '';
}

/** `pods.json deploy/orders`: behind manifests it is one of theirs, not a second source. */
function isWorkloadIn(sources: readonly string[], word: string): boolean {
  return isOfCluster(word) && sources.some((source) => isSource(source) && holdsManifestsAt(source));
}

function holdsManifestsAt(source: string): boolean {
  const name = parseSource(source);
  return name.kind === 'file' && holdsManifests(name.file);
}

function isSender(word: string): boolean {
  return typeof readSender(word, { app: { uid: 1, gid: 1 }, proxy: { uid: 1, gid: 1 } }) === 'object';
}
