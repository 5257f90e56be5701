import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ManifestText } from '../../../src/host/manifests/text.ts';
import type { ManifestOptions } from '../../../src/host/manifests.ts';
import { manifestItems } from '../../../src/host/manifests.ts';
import type { ManifestItem } from '../../../src/istio/kubernetes/manifest/item.ts';
import { placedWorkload } from '../../../src/istio/kubernetes/manifest/workload.ts';

/** What stands in a text that arrives in pieces of so many bytes. */
export function textItems(text: string | Buffer, size = 1 << 18): readonly ManifestItem[] {
  return rawItems(text, size).map(placedItem);
}

/** The same as it was read in passing. */
export function rawItems(text: string | Buffer, size = 1 << 18): readonly ManifestItem[] {
  const bytes = Buffer.from(text);
  const reader = new ManifestText('m');
  const items: ManifestItem[] = [];
  for (let at = 0; at < bytes.length; at += size) items.push(...reader.push(bytes.subarray(at, at + size)));
  return [...items, ...reader.end()];
}

/** Of what was read in passing, the same with its places. */
function placedItem(item: ManifestItem): ManifestItem {
  return item.kind === 'workload' ? { kind: 'workload', workload: placedWorkload(item.workload) } : item;
}

/** What stands in files, all of it. */
export async function allItems(files: readonly string[], options: ManifestOptions = {}): Promise<readonly ManifestItem[]> {
  const items: ManifestItem[] = [];
  for await (const item of manifestItems(files, options)) items.push(placedItem(item));
  return items;
}

/** Standard input with this text, in pieces. */
export function stdinWith(...pieces: readonly (string | Buffer)[]): () => AsyncIterable<Buffer> {
  return async function* () {
    for (const piece of pieces) yield Buffer.from(piece);
  };
}

/** Does something in a folder of its own with these files. */
export async function inFolder(files: Readonly<Record<string, string | Buffer>>, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Items with their places, and without what they were read from. */
export function told(items: readonly ManifestItem[]): unknown {
  return JSON.parse(
    JSON.stringify(items, (key, one) => (key === 'node' ? undefined : one instanceof Map ? [...one].map(([k, v]) => ({ k, v })) : one)),
  );
}
