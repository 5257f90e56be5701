/** Escapes as an earlier run wrote them down. */

import { readTexts } from '../../host/files.ts';
import type { Escape } from '../../istio/packets/escapes.ts';
import { ProblemError } from '../../istio/problems.ts';
import { badOption } from '../../sources/bad-option.ts';

/** What makes two escapes the same, whatever else of their workload has changed. */
export function fingerprintOf(workload: string, { direction, family, words }: Pick<Escape, 'direction' | 'family' | 'words'>): string {
  return [workload, direction, family, words].join('\n');
}

/** The escapes of a document that `-o json` printed. Throws a ProblemError for a file that is none. */
export function readBaseline(file: string): ReadonlySet<string> {
  const texts = readTexts(file);
  if ('code' in texts) throw new ProblemError([texts]);
  try {
    const { kind, workloads } = JSON.parse(texts.map(({ text }) => text).join('')) as Document;
    if (kind !== 'Escapes') throw new TypeError();
    return new Set(workloads.flatMap(({ names, escapes }) => names.flatMap((name) => escapes.map((found) => fingerprintOf(name, found)))));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw badOption('--baseline', `${file} is not what istio-init escapes -o json prints`);
    throw error;
  }
}

interface Document {
  readonly kind: string;
  readonly workloads: readonly {
    readonly names: readonly string[];
    readonly escapes: readonly Pick<Escape, 'direction' | 'family' | 'words'>[];
  }[];
}
