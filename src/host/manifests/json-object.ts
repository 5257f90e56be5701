/** One object of JSON that is there as a whole: parsed by the runtime, and read with positions only where one is asked for. */

import type { ManifestItem, WorkloadRow } from '../../istio/kubernetes/manifest/item.ts';
import { readTree } from '../../istio/kubernetes/manifest/read.ts';
import type { Workload } from '../../istio/kubernetes/manifest/workload.ts';
import { PlainPod } from '../../istio/kubernetes/plain-pod.ts';
import type { Values } from '../../istio/value-nodes.ts';
import { treeOfValue } from '../../istio/value-nodes.ts';
import type { Position, YamlNode } from '../../istio/yaml.ts';
import { JsonNodes } from './json-nodes.ts';
import { JsonPosition } from './json-position.ts';
import type { JsonSpan } from './json-span.ts';
import { tokenAt } from './json-tokens.ts';
import type { KnownPod } from './json-value.ts';
import { parsed, valuesIn } from './json-value.ts';
import type { KnownRow } from './known-pods.ts';

export interface JsonObjectPlace extends Position {
  readonly file: string;
  /** The kind that it has where it names none, if it is an item of a list. */
  readonly itemKind?: string | undefined;
}

export interface ReadObject {
  readonly items: readonly ManifestItem[];
  /** UTF-16 units of its last line. */
  readonly tail: number;
}

/**
 * What an object holds. Undefined where only reading token by token tells it: what is no JSON, a key that stands twice, a
 * number of which the runtime loses what was written, a List.
 */
export function readParsed(bytes: Buffer, span: JsonSpan, place: JsonObjectPlace): ReadObject | undefined {
  const made = valuesIn(bytes, span);
  if (made === undefined) return undefined;
  const { values, tail } = made;
  const { file, line, column, itemKind } = place;
  const exact = (): readonly ManifestItem[] => readTree(placedTree(bytes, place), file, itemKind);
  const read = (): readonly ManifestItem[] =>
    readTree(
      treeOfValue(values, () => placedTree(bytes, place)),
      file,
      itemKind,
    );
  const plain = PlainPod.of(values, itemKind, {
    source: { kind: 'file', file, line, column },
    read: () => workloadIn(read()) as Workload,
    placed: () => workloadIn(exact()) as Workload,
  });
  if (plain !== undefined) return { items: [{ kind: 'workload', workload: plain }], tail };
  const items = read();
  const [first] = items;
  if (items.length !== 1 || first === undefined) return { items: exact(), tail };
  if (first.kind === 'skipped') return { items, tail };
  if (first.kind !== 'workload') return { items: exact(), tail };
  const workload: Workload = {
    ...first.workload,
    source: { kind: 'file', file, line, column },
    placed: (own) => (own === workload ? (workloadIn(exact()) ?? own) : own),
  };
  return { items: [{ kind: 'workload', workload }], tail };
}

/** A pod that another thread told by its values. */
export function readKnown(bytes: Buffer, { values: podValues, tail }: KnownPod, place: JsonObjectPlace): ReadObject {
  const { file, line, column, itemKind } = place;
  // It was parsed there.
  const values = (): Values => parsed(bytes.toString('utf8')) as Values;
  const read = (tree: YamlNode): Workload => workloadIn(readTree(tree, file, itemKind)) as Workload;
  const pod = new PlainPod(podValues, {
    source: { kind: 'file', file, line, column },
    values,
    read: () => read(treeOfValue(values(), () => placedTree(bytes, place))),
    placed: () => read(placedTree(bytes, place)),
  });
  return { items: [{ kind: 'workload', workload: pod }], tail };
}

/** A row of such pods. */
export function readRow(bytes: Buffer, { pods }: KnownRow, place: JsonObjectPlace): WorkloadRow {
  const read = ({ at, below, known }: KnownRow['pods'][number]): Workload => {
    const [item] = readKnown(bytes.subarray(at, known.end), known, { ...place, line: place.line + below }).items;
    return (item as { readonly workload: Workload }).workload;
  };
  const kin = new Map<number, { readonly first: KnownRow['pods'][number]; count: number }>();
  for (const first of pods) {
    const own = kin.get(first.kin) ?? { first, count: 0 };
    kin.set(first.kin, own);
    own.count += 1;
  }
  return {
    kind: 'row',
    kin: [...kin.values()].map(({ first, count }) => ({ workload: read(first), count })),
    all: () => pods.map(read),
  };
}

function workloadIn(items: readonly ManifestItem[]): Workload | undefined {
  const [first] = items;
  return first?.kind === 'workload' ? first.workload : undefined;
}

/** The tree of an object that is known to be JSON. */
function placedTree(bytes: Buffer, { line, column }: Position): YamlNode {
  const position = new JsonPosition(line, column);
  const nodes = new JsonNodes(position);
  position.push(bytes);
  const { length } = bytes;
  let at = 0;
  while (at < length) {
    const token = tokenAt(bytes, at, true);
    if (token.kind === 'wait' || token.kind === 'fault') break;
    nodes.take(token);
    at = token.end;
  }
  return (nodes.complete[0] as { readonly node: YamlNode }).node;
}
