/** Escapes as an earlier run wrote them down. */

import type { Escape } from '../../istio/packets/escapes.ts';
import { readBaseline } from '../baseline.ts';

/** What makes two escapes the same, whatever else of their workload has changed. */
export function fingerprintOf(workload: string, { direction, family, words }: Pick<Escape, 'direction' | 'family' | 'words'>): string {
  return [workload, direction, family, words].join('\n');
}

/** The escapes of a document that `-o json` printed. Throws a ProblemError for a file that is none. */
export function knownEscapes(file: string): ReadonlySet<string> {
  return readBaseline(file, { command: 'escapes', kind: 'Escapes' }, ({ workloads }: Document) =>
    workloads.flatMap(({ names, escapes }) => names.flatMap((name) => escapes.map((found) => fingerprintOf(name, found)))),
  );
}

interface Document {
  readonly workloads: readonly {
    readonly names: readonly string[];
    readonly escapes: readonly Pick<Escape, 'direction' | 'family' | 'words'>[];
  }[];
}
