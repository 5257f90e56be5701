/** Objects without pods that were passed over. */

import type { WalkedFolders } from '../../host/manifests/walk.ts';
import { onOneLine } from '../../istio/origin.ts';
import { quoteForPasting } from '../../netfilter/words.ts';
import { grouped } from './counts.ts';

/** `12 Service, 3 ConfigMap`. */
export function skippedText(skipped: ReadonlyMap<string, number>): string {
  return [...skipped]
    .sort(([, a], [, b]) => b - a)
    .map(([what, count]) => onOneLine(`${grouped(count)} ${what}`))
    .join(', ');
}

export interface PassedOver {
  /** Kinds without pods, and how many of each. */
  readonly skipped: ReadonlyMap<string, number>;
  /** How much of the folders was read, where some were named. */
  readonly folders?: readonly WalkedFolders[];
}

/** What was passed over, as notes. */
export function skippedNotes({ skipped, folders = [] }: PassedOver): readonly string[] {
  const objects = skipped.size === 0 ? [] : [`note: without pods, so ignored: ${skippedText(skipped)}`];
  return [...objects, ...folders.flatMap((one) => [`note: ${foldersText(one)}`, ...kustomizationNotes(one)])];
}

/** What is read is what stands in the files, and no patch of an overlay is in it. */
function kustomizationNotes({ kustomizations: [first, ...others] }: Pick<WalkedFolders, 'kustomizations'>): readonly string[] {
  if (first === undefined) return [];
  const [whose, more] = others.length === 0 ? [first, ''] : [first, ` (and ${grouped(others.length)} more)`];
  const command = `kubectl kustomize ${quoteForPasting(first)} | istio-init check`;
  return [onOneLine(`note: ${whose}${more}: kustomizations are not applied, the files are read as they stand; ${command}`)];
}

/** `repo: 3 files read, 5 passed over (4 no manifest, 1 neither YAML nor JSON)`. */
export function foldersText({ names, read, otherFiles, noManifests, noFiles }: WalkedFolders): string {
  const kinds = [
    { count: noManifests, what: 'no manifest' },
    { count: otherFiles, what: 'neither YAML nor JSON' },
    { count: noFiles, what: 'no file' },
  ].filter(({ count }) => count > 0);
  const over = kinds.reduce((sum, { count }) => sum + count, 0);
  const rest =
    over === 0 ? '' : `, ${grouped(over)} passed over (${kinds.map(({ count, what }) => `${grouped(count)} ${what}`).join(', ')})`;
  return onOneLine(`${names.join(', ')}: ${grouped(read)} ${read === 1 ? 'file' : 'files'} read${rest}`);
}
