/** Aliases that make a small document a huge one. */

import type { YamlNode } from '../../yaml.ts';

/** Kubernetes' own reader of YAML refuses such documents as well (go-yaml: "excessive aliasing"). */
const TIMES = 10;
/** So many nodes are read of any document. */
const ALWAYS = 100_000;

/** Whether a document has more than ten times as many nodes when its aliases are followed as stand in its text. */
export function aliasesExplode(document: YamlNode): boolean {
  const sizes = new Map<YamlNode, number>();
  let standing = 0;
  const sizeOf = (node: YamlNode): number => {
    if (node.kind !== 'scalar') {
      const known = sizes.get(node);
      if (known !== undefined) return known;
    }
    standing++;
    if (node.kind === 'scalar') return 1;
    let size = 1;
    if (node.kind === 'sequence') for (const item of node.items) size += sizeOf(item);
    else for (const { key, value } of node.entries) size += sizeOf(key) + sizeOf(value);
    sizes.set(node, size);
    return size;
  };
  return sizeOf(document) > Math.max(ALWAYS, TIMES * standing);
}
