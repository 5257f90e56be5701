/** A pod that is told of in another form than a manifest, as the tree that a manifest of it has: each part stands where its source stands. */

import type { Position, YamlEntry, YamlNode } from '../../yaml.ts';

/** The parts of a pod, as far as they are told. */
export interface PodParts {
  readonly metadata: readonly YamlEntry[];
  readonly spec: readonly YamlEntry[];
  readonly status: readonly YamlEntry[];
}

export function podTree(at: Position, { metadata, spec, status }: PodParts): YamlNode {
  return mapping(at, [
    pair('apiVersion', scalar('v1', at)),
    pair('kind', scalar('Pod', at)),
    pair('metadata', mapping(at, metadata)),
    pair('spec', mapping(at, spec)),
    pair('status', mapping(at, status)),
  ]);
}

export function scalar(text: string, { line, column }: Position, plain = false): YamlNode {
  return { kind: 'scalar', text, plain, line, column };
}

export function mapping({ line, column }: Position, entries: readonly YamlEntry[]): YamlNode {
  return { kind: 'mapping', entries, line, column };
}

export function sequence({ line, column }: Position, items: readonly YamlNode[]): YamlNode {
  return { kind: 'sequence', items, line, column };
}

export function pair(key: string, value: YamlNode): YamlEntry {
  return { key: scalar(key, value, true), value };
}

/** The pair, where there is a value. */
export function optional(key: string, value: YamlNode | undefined): readonly YamlEntry[] {
  return value === undefined ? [] : [pair(key, value)];
}
