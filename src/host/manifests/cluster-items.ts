/** What a SOURCE of a cluster holds, through the readers of files. */

import type { ManifestItem } from '../../istio/kubernetes/manifest/item.ts';
import { problem } from '../../istio/problems.ts';
import type { ClusterAccess } from '../cluster/access.ts';
import { clusterIn } from '../cluster/cluster-in.ts';
import type { FetchOptions } from '../cluster/fetch.ts';
import { fetched } from '../cluster/fetch.ts';
import { labelOf, printedObject } from '../cluster/object.ts';
import { ManifestText } from './text.ts';

interface ItemOptions extends FetchOptions {
  /** Told how many bytes of objects came. */
  readonly passed: (bytes: number) => void;
}

/** The items, each with the object that it stands in as its file. Never throws. */
export async function* clusterItems(word: string, access: ClusterAccess, options: ItemOptions): AsyncGenerator<ManifestItem> {
  const name = clusterIn(word);
  if (name === undefined) return;
  if ('refused' in name) {
    yield unseen(word, name.refused, 'error');
    return;
  }
  for await (const part of fetched(name, access, options)) {
    if (!('object' in part)) {
      yield unseen(word, part.unseen, part.severity);
      continue;
    }
    const text = new ManifestText(labelOf(part.object));
    const bytes = Buffer.from(printedObject(part.object));
    yield* text.push(bytes);
    yield* text.end();
    options.passed(bytes.length);
  }
}

function unseen(word: string, reason: string, severity: 'error' | 'warning'): ManifestItem {
  const found = problem('unreadable-file', { kind: 'file', file: word, line: 0, column: 0 }, { reason });
  return { kind: 'problem', problem: { ...found, severity } };
}
