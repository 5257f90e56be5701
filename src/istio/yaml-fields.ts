/** Looking into a YAML tree by names, as all readers of manifests and of mesh values do. */

import type { Origin } from './origin.ts';
import { MappingValue, ValueNode, ValuePlace } from './value-nodes.ts';
import type { YamlNode } from './yaml.ts';

/** What stands at a path of keys, of one that stands twice the last; undefined where a key is missing or something on the way is no mapping. */
export function field(node: YamlNode | undefined, ...path: readonly string[]): YamlNode | undefined {
  let at = node;
  for (const name of path) {
    if (at?.kind !== 'mapping') return undefined;
    if (at instanceof MappingValue) {
      at = at.get(name)?.value;
      continue;
    }
    at = at.entries.findLast(({ key }) => key.kind === 'scalar' && key.text === name)?.value;
  }
  return at;
}

/** The text of a scalar; undefined for anything else, and for null. */
export function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === 'scalar' && !isNull(node) ? node.text : undefined;
}

/** The items of a list; none for anything else. */
export function itemsIn(node: YamlNode | undefined): readonly YamlNode[] {
  return node?.kind === 'sequence' ? node.items : [];
}

/** Whether a node is null: written so, or nothing at all behind its key. */
export function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.plain && ['', '~', 'null', 'Null', 'NULL'].includes(node.text);
}

/** Where a node stands in a file; `key` says what it is, where that is no setting of ours. */
export function sourceOf(node: YamlNode, file: string, key?: string): Origin {
  if (node instanceof ValueNode) return new ValuePlace(node, file, key);
  const { line, column } = node;
  const indent = node.kind === 'scalar' ? node.indent : undefined;
  return { kind: 'file', file, line, column, ...(key === undefined ? {} : { key }), ...(indent === undefined ? {} : { indent }) };
}
