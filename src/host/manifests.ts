/** Files, folders and standard input to what stands in them, one after another: nothing is kept of what was passed on. */

import { namedForm } from '../istio/found/named-forms.ts';
import { isProse } from '../istio/found/page-signs.ts';
import { describedPods, isDescription } from '../istio/kubernetes/manifest/described-pod.ts';
import type { ManifestItem, PassedItem } from '../istio/kubernetes/manifest/item.ts';
import type { ClusterAccess } from './cluster/access.ts';
import { isOfCluster } from './cluster/cluster-in.ts';
import { reasonOf, unreadable } from './failure/unreadable.ts';
import { aheadHere, readAhead } from './manifests/ahead.ts';
import { inputsOf } from './manifests/inputs.ts';
import { LateContext } from './manifests/late.ts';
import type { OpenedInput } from './manifests/opened-input.ts';
import { chunksOf, openInputs } from './manifests/opened-input.ts';
import { ManifestText } from './manifests/text.ts';
import type { WalkedFolders } from './manifests/walk.ts';
import { walkFolders } from './manifests/walk.ts';
import { standardInput } from './standard-input.ts';

export interface Progress {
  /** Bytes that were read so far. */
  readonly read: number;
  /** All there are; undefined where nobody knows: of a pipe. */
  readonly total?: number;
  /** Items that were found in them. */
  readonly items: number;
}

export interface ManifestOptions {
  /** Called for each piece that was read. */
  readonly onProgress?: (progress: Progress) => void;
  /** What stands in files in place of what they hold, as it would be after an edit. */
  readonly texts?: ReadonlyMap<string, string>;
  /** Called where folders were named, before anything is read. */
  readonly onFolders?: (folders: WalkedFolders) => void;
  /** Whose ProxyConfigs touch every workload; `istio-system` without it. */
  readonly rootNamespace?: string;
  /** How the clusters are reached that are named among the files; as kubectl does it without. */
  readonly cluster?: ClusterAccess;
  /** Of what a cluster has, owners beside their pods. */
  readonly owners?: boolean;
  /** Whether rows of workloads are handed on as such: of a long text other threads find them. */
  readonly folds?: boolean;
  /** Standard input; the process's own without it. */
  readonly stdin?: () => AsyncIterable<Buffer>;
}

/**
 * What stands in files, in folders with all that is below them, and in standard input (`-`), in that order. Of up to 16 MB,
 * ProxyConfigs and Namespaces come first, wherever they stand; beyond that, those that come too late have a warning.
 * What can't be read is an item as well, and the rest goes on; of a folder, what is no manifest is passed over. Never throws.
 */
export async function* manifestItems(files: readonly string[], options: ManifestOptions = {}): AsyncGenerator<ManifestItem> {
  const ofClusters = files.filter(isOfCluster);
  if (ofClusters.length < files.length)
    yield* itemsOfFiles(
      files.filter((file) => !ofClusters.includes(file)),
      options,
    );
  for (const name of ofClusters) yield* itemsOfCluster(name, options);
}

async function* itemsOfCluster(
  name: string,
  { cluster = {}, owners = false, rootNamespace = ROOT_NAMESPACE, onProgress }: ManifestOptions,
): AsyncGenerator<ManifestItem> {
  const { clusterItems } = await import('./manifests/cluster-items.ts');
  let items = 0;
  let read = 0;
  const passed = (bytes: number): void => {
    read += bytes;
    onProgress?.({ read, items });
  };
  for await (const item of clusterItems(name, cluster, { owners, rootNamespace, passed })) {
    items += 1;
    yield item;
  }
}

const ROOT_NAMESPACE = 'istio-system';

async function* itemsOfFiles(files: readonly string[], options: ManifestOptions): AsyncGenerator<ManifestItem> {
  const { onProgress, onFolders, rootNamespace, stdin = standardInput, folds = false } = options;
  const walk = walkFolders(files);
  if (walk.folders !== undefined) onFolders?.(walk.folders);
  const inputs = await openInputs(inputsOf(walk.files, stdin, options.texts));
  const total = totalOf(inputs.flatMap((input) => ('head' in input ? input : [])));
  const late = new LateContext(rootNamespace);
  let read = 0;
  let items = 0;
  try {
    for (const input of inputs) if ('head' in input) yield* contextOf(input);
    for (const input of inputs) {
      if ('code' in input) {
        yield { kind: 'problem', problem: input };
        continue;
      }
      const passed = (length: number): void => {
        read += length;
        onProgress?.({ read, ...(total === undefined ? {} : { total }), items });
      };
      for await (const one of itemsOf(input, passed, folds)) {
        const item = input.input.isFound === true ? ofFolder(one) : one;
        items += countOf(item);
        if (isWhole(input) && isContext(item)) continue;
        const warning = late.check(item, input.input.file);
        if (warning !== undefined) yield { kind: 'problem', problem: warning };
        yield item;
      }
    }
  } finally {
    // Whoever stops in the middle leaves files open that were not begun.
    for (const input of inputs) if ('head' in input) await input.rest?.return?.();
  }
}

/** Of what nobody named, that it is something else than a workload is no error. */
function ofFolder(item: ManifestItem): ManifestItem {
  if (item.kind === 'other object' && item.otherwise !== undefined) return { ...item, otherwise: passedOver(item.otherwise) };
  return item.kind === 'problem' ? passedOver(item) : item;
}

function passedOver(item: PassedItem): PassedItem {
  if (item.kind === 'skipped') return item;
  if (item.isOther === true) return { kind: 'skipped', what: 'document without a kind' };
  return item.problem.code === 'use-values' ? { ...item, problem: { ...item.problem, severity: 'warning' } } : item;
}

async function* itemsOf(input: OpenedInput, passed: (bytes: number) => void, folds: boolean): AsyncGenerator<ManifestItem> {
  const described = isWhole(input) ? await describedIn(input) : [];
  if (described.length > 0) {
    yield* described;
    passed(input.head.reduce((sum, { length }) => sum + length, 0));
    return;
  }
  const text = new ManifestText(input.input.file, folds);
  try {
    for await (const chunk of folds ? readAhead(chunksOf(input), aheadHere(input.input.size)) : chunksOf(input)) {
      yield* text.push(chunk);
      passed(chunk.length);
    }
  } catch (error) {
    yield { kind: 'problem', problem: unreadable(input.input.file, reasonOf(error)) };
    return;
  }
  if (input.problem === undefined) yield* text.end();
  else yield { kind: 'problem', problem: input.problem };
}

/** What stands in a text that is neither YAML nor JSON: a description of pods, a page with manifests in it. */
async function describedIn({ head, input: { file } }: OpenedInput): Promise<readonly ManifestItem[]> {
  const text = head.map(String).join('');
  const variables = text.includes('=') && !text.includes(': ') ? namedForm(text) : undefined;
  if (variables !== undefined) return [{ kind: 'problem', problem: unreadable(file, variables) }];
  if (isDescription(text)) {
    const { readTree } = await import('../istio/kubernetes/manifest/read.ts');
    return describedPods(text).flatMap((pod) => readTree(pod, file));
  }
  if (!isProse(text)) return [];
  const { manifestsOf } = await import('../istio/found/page.ts');
  const page = new ManifestText(file);
  return [...page.push(Buffer.from(manifestsOf(text))), ...page.end()];
}

/** What touches workloads, of an input that is there as a whole. */
function* contextOf(input: OpenedInput): Generator<ManifestItem> {
  if (!isWhole(input) || !mentionsContext(input.head)) return;
  const text = new ManifestText(input.input.file);
  for (const chunk of input.head) for (const item of text.push(chunk)) if (isContext(item)) yield item;
  for (const item of text.end()) if (isContext(item)) yield item;
}

function isWhole({ rest }: OpenedInput): boolean {
  return rest === undefined;
}

function countOf(item: ManifestItem): number {
  return item.kind === 'row' ? item.kin.reduce((sum, { count }) => sum + count, 0) : 1;
}

function isContext({ kind }: ManifestItem): boolean {
  return kind === 'proxy config' || kind === 'namespace';
}

/** Whether it is worth a look; most manifests have neither. */
function mentionsContext(chunks: readonly Buffer[]): boolean {
  const bytes = Buffer.concat(chunks);
  return bytes.includes('ProxyConfig') || bytes.includes('Namespace');
}

function totalOf(inputs: readonly OpenedInput[]): number | undefined {
  return inputs.reduce<number | undefined>(
    (sum, { input: { size } }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
}
