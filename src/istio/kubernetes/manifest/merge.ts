/** Merge keys of YAML: `<<: *defaults` has the entries of a mapping stand in another. */

import type { YamlEntry, YamlNode } from '../../yaml.ts';

/**
 * The document with the entries in place of its merge keys, as the reader of kubectl and Helm has it (go-yaml v2,
 * decode.go): what comes later counts, and of a list of mappings the first. For documents whose aliases do not explode.
 */
export function withMerges(document: YamlNode): YamlNode {
  return hasMerge(document) ? merged(document, new Map()) : document;
}

function hasMerge(node: YamlNode): boolean {
  if (node.kind === 'sequence') return node.items.some(hasMerge);
  return node.kind === 'mapping' && node.entries.some(({ key, value }) => isMerge(key) || hasMerge(value));
}

function isMerge(key: YamlNode): boolean {
  return key.kind === 'scalar' && key.plain && key.text === '<<';
}

/** What aliases share stays shared; an alias comes behind what it names, so no chain of them is followed. */
function merged(node: YamlNode, known: Map<YamlNode, YamlNode>): YamlNode {
  if (node.kind === 'scalar') return node;
  const done = known.get(node);
  if (done !== undefined) return done;
  const { line, column } = node;
  const copy: YamlNode =
    node.kind === 'sequence'
      ? { kind: 'sequence', items: node.items.map((item) => merged(item, known)), line, column }
      : { kind: 'mapping', entries: entriesOf(node.entries, known), line, column };
  known.set(node, copy);
  return copy;
}

function entriesOf(entries: readonly YamlEntry[], known: Map<YamlNode, YamlNode>): readonly YamlEntry[] {
  const own: YamlEntry[] = [];
  const taken = new Map<string, YamlEntry>();
  for (const entry of entries) {
    const key = merged(entry.key, known);
    const value = merged(entry.value, known);
    const sources = isMerge(key) ? mappingsIn(value) : undefined;
    if (sources !== undefined) for (const source of sources) for (const item of source) taken.set(nameOf(item), item);
    else {
      own.push({ key, value });
      taken.delete(nameOf({ key, value }));
    }
  }
  return taken.size === 0 ? own : [...own.filter((entry) => !taken.has(nameOf(entry))), ...taken.values()];
}

/** The mappings to merge, the weakest first; undefined for what can't be merged. */
function mappingsIn(value: YamlNode): readonly (readonly YamlEntry[])[] | undefined {
  const nodes = value.kind === 'sequence' ? value.items.toReversed() : [value];
  const mappings = nodes.flatMap((node) => (node.kind === 'mapping' ? [node.entries] : []));
  return mappings.length === nodes.length ? mappings : undefined;
}

function nameOf({ key }: YamlEntry): string {
  return key.kind === 'scalar' ? key.text : '';
}
