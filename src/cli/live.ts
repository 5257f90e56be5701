/** `--live`: what the rules in a pod of a cluster are now, beside what its manifest calls for. */

import { createInterface } from 'node:readline/promises';
import { isOfCluster } from '../host/cluster/cluster-in.ts';
import { badOption } from '../istio/bad-option.ts';
import { ProblemError, quoted } from '../istio/problems.ts';
import type { LiveRequest, OpenedPod } from '../sources/live-pods.ts';
import { accessibleNamespaces, dryRun, withLivePods } from '../sources/live-pods.ts';
import { hasSettings } from '../sources/operand-settings.ts';
import type { PlanOptions } from '../sources/plan-input/input.ts';
import { withFile } from '../sources/workloads/detect.ts';
import type { Parsed } from './options.ts';
import { givenOf } from './options.ts';
import type { Result } from './result.ts';
import { printNote } from './result.ts';
import { handleSignals } from './signals.ts';

export interface LiveWords {
  /** The pods that a word names; none for a word that is in no cluster. */
  readonly podsOf: (word: string) => readonly OpenedPod[];
  /** What a command is given, so that a signal ends it. */
  readonly given: PlanOptions;
}

/** Opens the pods that the words name, and runs the command; `several` where it can look at more than one pod of a word. */
export async function observeLive(
  parsed: Parsed,
  given: PlanOptions,
  { words, several }: { readonly words: readonly string[]; readonly several: boolean },
  use: (live: LiveWords) => Promise<Result>,
): Promise<Result> {
  const named = words.filter(isOfCluster);
  if (named.length === 0)
    throw badOption('--live', `changes nothing ${besideText(words)}; it goes with a SOURCE in a cluster: pod/NAME, deploy/NAME or ns/NAME`);
  // The end of a terminal as well: what was created is ended first.
  const { signal, exitCode } = handleSignals(['SIGINT', 'SIGTERM', 'SIGHUP']);
  const access = { ...given.cluster, signal };
  const request: LiveRequest = { access, ...givenOf(parsed, 'image'), consent: consentBy(parsed['yes'] === true), note: printNote };
  try {
    const found = new Map<string, Awaited<ReturnType<typeof accessibleNamespaces>>>();
    for (const word of named) found.set(word, await accessibleNamespaces(word, several, request));
    const all = [...found.values()].flat();
    if (parsed['dry-run'] === true) return { output: dryRun(all, request), problems: [], notes: [], exitCode: 0 };
    return await withLivePods(all, request, async (opened) => {
      const podsOf = (word: string): readonly OpenedPod[] => (found.get(word) ?? []).flatMap((one) => opened[all.indexOf(one)] ?? []);
      return use({ podsOf, given: { ...given, cluster: access } });
    });
  } catch (error) {
    const code = exitCode();
    if (code === undefined || !(error instanceof ProblemError)) throw error;
    return { output: '', problems: [], notes: [], errors: ['stopped; nothing that was created is in use any more'], exitCode: code };
  }
}

function besideText(words: readonly string[]): string {
  return words.length === 0 ? 'without a SOURCE' : `beside ${words.map((word) => quoted(word)).join(' and ')}`;
}

/** What the rules of a pod are compared with: what was given, or else its manifest. */
export function besideManifest(given: PlanOptions, { manifest }: OpenedPod): PlanOptions {
  return hasSettings(given) ? given : withFile(given, manifest);
}

/** The one pod of a word, for commands that look at one thing; its rules alone, and no cluster beside them. */
export async function observeLiveOne(
  parsed: Parsed,
  given: PlanOptions,
  source: string | undefined,
  use: (of: { readonly source: string; readonly given: PlanOptions }) => Promise<Result>,
): Promise<Result> {
  const words = source === undefined ? [] : [source];
  return observeLive(parsed, given, { words, several: false }, async ({ podsOf, given: stoppable }) => {
    const { cluster: _, ...alone } = stoppable;
    return use({ source: podsOf(source ?? '')[0]?.live ?? '', given: alone });
  });
}

/** Says what would be created, and asks on a terminal; elsewhere there must have been a --yes. */
function consentBy(yes: boolean): LiveRequest['consent'] {
  return async (creations) => {
    for (const what of creations) printNote(`note: --live creates ${what}`);
    if (yes) return true;
    if (process.stdin.isTTY !== true || process.stderr.isTTY !== true)
      throw badOption('--live', 'would create that, and no terminal is there to ask on: --yes lets it, --dry-run shows the calls');
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(?:es)?$/i.test((await terminal.question(`Create ${creations.length === 1 ? 'it' : 'them'}? [y/N] `)).trim());
    } finally {
      terminal.close();
    }
  };
}
