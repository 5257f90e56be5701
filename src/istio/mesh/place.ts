/** Where a node stands, also when its text stands within another text. */

import type { Problem } from '../problems.ts';
import { problem } from '../problems.ts';
import type { Source } from '../source.ts';
import type { Position, YamlNode } from '../yaml.ts';
import { readYaml } from '../yaml.ts';

/** The text that nodes were read from, and where its lines stand in the user's file. */
export interface Place {
  readonly file: string;
  readonly text: string;
  /** Whether the lines of the text are lines of the file, so that positions are exact. */
  readonly exact: boolean;
  /** The source of a node; `key` says what it is. */
  readonly at: (node: Position, key?: string) => Source;
}

export function placeOfFile(file: string, text: string): Place {
  return {
    file,
    text,
    exact: true,
    at: ({ line, column }, key) => ({ kind: 'file', file, line, column, ...(key === undefined ? {} : { key }) }),
  };
}

/**
 * The place of a text that is a scalar. Each line of a literal block (`|`) stands on a line of its own, indented, so that
 * positions are exact; of a quoted or folded text only the beginning can be told.
 */
export function placeWithin(outer: Place, scalar: YamlNode & { readonly kind: 'scalar' }): Place {
  const indent = indentOf(outer, scalar);
  return {
    file: outer.file,
    text: scalar.text,
    exact: outer.exact && indent !== undefined,
    at: ({ line, column }, key) => outer.at(indent === undefined ? scalar : { line: scalar.line + line - 1, column: column + indent }, key),
  };
}

/** How far a literal block is indented; undefined where the lines of the scalar are not those of the text. */
function indentOf(outer: Place, { text, plain, line, column }: YamlNode & { readonly kind: 'scalar' }): number | undefined {
  // A block begins at the start of the line behind its header; a quoted text there would have its quote in the first line.
  if (plain || column !== 1) return undefined;
  const lines = text.split('\n').map((inner) => inner.replace(/\r$/, ''));
  const there = linesFrom(outer, line, lines.length);
  const first = lines.findIndex((inner) => inner !== '');
  const indent = (there[first]?.length ?? 0) - (lines[first]?.length ?? 0);
  if (first < 0 || indent < 0) return undefined;
  const blank = ' '.repeat(indent);
  const same = lines.every((inner, index) =>
    inner === '' ? (there[index] ?? '').trim() === '' || index === lines.length - 1 : there[index] === blank + inner,
  );
  return same ? indent : undefined;
}

const STARTS = new WeakMap<Place, readonly number[]>();

/** Lines of a place's text, the first from 1; where they start is found once for all texts within. */
function linesFrom(place: Place, line: number, count: number): readonly string[] {
  const starts = STARTS.get(place) ?? [0, ...[...place.text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  STARTS.set(place, starts);
  return starts
    .slice(line - 1, line - 1 + count)
    .map((start, index) => place.text.slice(start, (starts[line + index] ?? place.text.length + 1) - 1).replace(/\r$/, ''));
}

/** The documents of a text; where it is no YAML, a problem that says where. */
export function documentsAt(place: Place): readonly YamlNode[] | Problem {
  const read = readYaml(place.text);
  return 'reason' in read ? problem('bad-yaml', place.at(read), { reason: read.reason }) : read;
}
