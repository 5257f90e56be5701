/** What the node agent of the ambient mode makes in each release: the cases of golden/ambient, read once. */

import { readFileSync } from 'node:fs';
import type { AmbientKnobs } from '../src/istio/plan/ambient/knobs.ts';
import { casesIn, goldenFolder } from './golden.ts';

export interface AmbientOutcome {
  readonly releases: readonly string[];
  readonly codes: readonly number[];
  readonly nft?: string;
  readonly ip?: string;
  readonly ip6?: string;
  readonly ipset?: string;
  readonly host?: Readonly<Record<string, readonly string[]>>;
}

export interface AmbientCase {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly kubelet?: number | null;
  readonly 'before-ip'?: string;
  readonly 'before-nft'?: string;
  readonly runs: readonly AmbientKnobs[];
  readonly outcomes: readonly AmbientOutcome[];
}

const folder = goldenFolder('ambient', 'GOLDEN_AMBIENT');

export const AMBIENT_CASES: readonly AmbientCase[] = casesIn(folder);

/** The knobs of a case's first run. */
export function knobsOf(one: AmbientCase): AmbientKnobs {
  return runsOf(one)[0] ?? {};
}

/** The knobs of a case's runs, one after the other. */
export function runsOf({ runs, kubelet }: AmbientCase): readonly AmbientKnobs[] {
  return runs.map((run) => ({ ...run, ...(kubelet === undefined ? {} : { kubelet }) }));
}

/** A file beside the cases. */
export function ambientFile(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}
