/** Where a node stands, also when its text stands within another text. */

import type { Origin } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { problem } from '../../problems.ts';
import type { Position, YamlNode } from '../../yaml.ts';
import { readYaml } from '../../yaml.ts';

/** The text that nodes were read from, and where its lines stand in the user's file. */
export interface Place {
  readonly file: string;
  readonly text: string;
  /** Whether the lines of the text are lines of the file, so that positions are exact. */
  readonly exact: boolean;
  /** The source of a node; `key` says what it is. */
  readonly at: (node: Position, key?: string) => Origin;
}

export function placeOfFile(file: string, text: string): Place {
  return {
    file,
    text,
    exact: true,
    at: ({ line, column }, key) => ({ kind: 'file', file, line, column, ...(key === undefined ? {} : { key }) }),
  };
}

/** The place of a text that is a scalar. Positions are exact in a literal block; of a quoted or folded text only the beginning can be told. */
export function placeWithin(outer: Place, scalar: YamlNode & { readonly kind: 'scalar' }): Place {
  const { indent } = scalar;
  return {
    file: outer.file,
    text: scalar.text,
    exact: outer.exact && indent !== undefined,
    at: ({ line, column }, key) => outer.at(indent === undefined ? scalar : { line: scalar.line + line - 1, column: column + indent }, key),
  };
}

/** The documents of a text; where it is no YAML, a problem that says where. */
export function documentsAt(place: Place): readonly YamlNode[] | Problem {
  const read = readYaml(place.text);
  return 'reason' in read ? problem('bad-yaml', place.at(read), { reason: read.reason }) : read;
}
