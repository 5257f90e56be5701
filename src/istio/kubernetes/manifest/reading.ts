/** Looking into a manifest: what has another form than Kubernetes takes is a problem, and reading goes on. */

import type { Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { problem, quoted } from '../../problems.ts';
import { MappingValue } from '../../value-nodes.ts';
import { wrongType } from '../../wrong-type.ts';
import type { YamlEntry, YamlNode } from '../../yaml.ts';
import { isNull, sourceOf } from '../../yaml-fields.ts';
import { goBoolean, isBare } from '../go-text.ts';
import type { Texts } from './workload.ts';

export interface Reading {
  readonly file: string;
  readonly problems: Problem[];
}

/** The entries of a mapping by their names. */
export type Fields = Pick<ReadonlyMap<string, YamlEntry>, 'get' | 'has'> & Iterable<readonly [string, YamlEntry]>;

const NO_FIELDS: Fields = new Map();

/** The fields of a mapping; null and nothing have none. Of a name that stands twice the last counts, as it does in Kubernetes. */
export function fieldsOf(node: YamlNode | undefined, name: string, reading: Reading): Fields {
  if (node === undefined || isNull(node)) return NO_FIELDS;
  if (node.kind !== 'mapping') {
    refuse(node, name, 'a mapping', reading);
    return NO_FIELDS;
  }
  if (node instanceof MappingValue) return node;
  const fields = new Map<string, YamlEntry>();
  const twice = new Map<string, number>();
  for (const entry of node.entries) {
    const { key } = entry;
    if (key.kind !== 'scalar') {
      refuse(key, `a key of ${name}`, 'a word', reading);
      continue;
    }
    const before = fields.get(key.text);
    if (before !== undefined) {
      const first = twice.get(key.text) ?? before.key.line;
      twice.set(key.text, first);
      reading.problems.push(problem('duplicate-key', sourceOf(key, reading.file), { value: quoted(key.text), line: String(first) }));
    }
    fields.set(key.text, entry);
  }
  return fields;
}

/** The items of a list; null and nothing have none. */
export function itemsOf(node: YamlNode | undefined, name: string, reading: Reading): readonly YamlNode[] {
  if (node === undefined || isNull(node)) return [];
  if (node.kind === 'sequence') return node.items;
  refuse(node, name, 'a list', reading);
  return [];
}

/** A string. Kubernetes refuses a bare number or boolean in its place; its source text is taken all the same. */
export function stringOf(node: YamlNode | undefined, name: string, reading: Reading): Sourced<string> | undefined {
  if (node === undefined || isNull(node)) return undefined;
  if (node.kind !== 'scalar') {
    refuse(node, name, 'a string', reading);
    return undefined;
  }
  if (isBare(node)) notAString(node, name, goBoolean(node) === undefined ? 'a number' : 'true or false', reading);
  return { value: node.text, source: sourceOf(node, reading.file, name) };
}

export function stringsOf(node: YamlNode | undefined, name: string, reading: Reading): readonly Sourced<string>[] {
  return itemsOf(node, name, reading).flatMap((item) => stringOf(item, name, reading) ?? []);
}

/** Annotations or labels. */
export function textsOf(node: YamlNode | undefined, name: string, reading: Reading): Texts {
  const texts = new Map<string, Sourced<string>>();
  for (const [key, { value }] of fieldsOf(node, name, reading)) {
    if (value.kind === 'scalar' && isNull(value)) notAString(value, key, 'null', reading);
    const text = isNull(value) ? { value: '', source: sourceOf(value, reading.file, key) } : stringOf(value, key, reading);
    if (text !== undefined) texts.set(key, text);
  }
  return texts;
}

/** The text of a number, which stands without quotes. */
export function numberOf(node: YamlNode | undefined, name: string, reading: Reading): Sourced<string> | undefined {
  if (node === undefined || isNull(node)) return undefined;
  if (node.kind !== 'scalar' || !isBare(node) || goBoolean(node) !== undefined) refuse(node, name, 'a number without quotes', reading);
  return node.kind === 'scalar' ? { value: node.text, source: sourceOf(node, reading.file, name) } : undefined;
}

/** A boolean; what is none, or is not there, is false. */
export function booleanOf(node: YamlNode | undefined, name: string, reading: Reading): boolean {
  if (node === undefined || isNull(node)) return false;
  const truth = node.kind === 'scalar' ? goBoolean(node) : undefined;
  if (truth === undefined) refuse(node, name, 'true or false without quotes', reading);
  return truth ?? false;
}

export function refuse(node: YamlNode, name: string, allowed: string, { file, problems }: Reading): void {
  problems.push(wrongType(name, node, allowed, sourceOf(node, file)));
}

function notAString(node: YamlNode & { readonly kind: 'scalar' }, name: string, what: string, { file, problems }: Reading): void {
  problems.push(problem('not-a-string', sourceOf(node, file), { name, value: node.text === '' ? 'nothing' : quoted(node.text), what }));
}
