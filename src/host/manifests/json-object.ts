/** One object of JSON that is there as a whole: parsed by the runtime, and read with positions only where one is asked for. */

import { isAscii, isUtf8 } from 'node:buffer';
import type { ManifestItem } from '../../istio/kubernetes/manifest/item.ts';
import { PlainPod } from '../../istio/kubernetes/manifest/plain-pod.ts';
import { readTree } from '../../istio/kubernetes/manifest/read.ts';
import type { Workload } from '../../istio/kubernetes/manifest/workload.ts';
import { keysIn, treeOfValue } from '../../istio/value-nodes.ts';
import type { Position, YamlNode } from '../../istio/yaml.ts';
import { JsonNodes } from './json-nodes.ts';
import { JsonPosition } from './json-position.ts';
import type { JsonSpan } from './json-span.ts';
import { tokenAt } from './json-tokens.ts';

export interface JsonObjectPlace extends Position {
  readonly file: string;
  /** The kind that it has where it names none, if it is an item of a list. */
  readonly itemKind?: string | undefined;
}

export interface ReadObject {
  readonly items: readonly ManifestItem[];
  /** The source of the object. */
  readonly text: string;
}

/**
 * What an object holds. Undefined where only reading token by token tells it: what is no JSON, a key that stands twice, a
 * number of which the runtime loses what was written, a List.
 */
export function readParsed(bytes: Buffer, span: JsonSpan, place: JsonObjectPlace): ReadObject | undefined {
  const text = span.plain ? textIn(bytes) : undefined;
  if (text === undefined) return undefined;
  const value = parsed(text);
  if (value === undefined || keysIn(value) !== span.keys || Array.isArray(value['items'])) return undefined;
  const { file, line, column, itemKind } = place;
  const exact = (): readonly ManifestItem[] => readTree(placedTree(bytes, place), file, itemKind);
  const read = (): readonly ManifestItem[] =>
    readTree(
      treeOfValue(value, () => placedTree(bytes, place)),
      file,
      itemKind,
    );
  const plain = PlainPod.of(value, itemKind, {
    source: { kind: 'file', file, line, column },
    read: () => workloadIn(read()) as Workload,
    placed: () => workloadIn(exact()) as Workload,
  });
  if (plain !== undefined) return { items: [{ kind: 'workload', workload: plain }], text };
  const items = read();
  const [first] = items;
  if (items.length !== 1 || first === undefined) return { items: exact(), text };
  if (first.kind === 'skipped') return { items, text };
  if (first.kind !== 'workload') return { items: exact(), text };
  const workload: Workload = {
    ...first.workload,
    source: { kind: 'file', file, line, column },
    placed: (own) => (own === workload ? (workloadIn(exact()) ?? own) : own),
  };
  return { items: [{ kind: 'workload', workload }], text };
}

/** Undefined for what is no UTF-8. What is ASCII alone is a text at half the cost. */
function textIn(bytes: Buffer): string | undefined {
  if (isAscii(bytes)) return bytes.toString('latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

function workloadIn(items: readonly ManifestItem[]): Workload | undefined {
  const [first] = items;
  return first?.kind === 'workload' ? first.workload : undefined;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
