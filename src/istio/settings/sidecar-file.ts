/** Our YAML: a SidecarCapture to settings, with the position of every value. */

import { API_VERSION } from '../api-version.ts';
import type { Origin, Sourced } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { problem, quoted } from '../problems.ts';
import { wrongType } from '../wrong-type.ts';
import type { YamlEntry, YamlNode } from '../yaml.ts';
import { isNull } from '../yaml-fields.ts';
import type { Overrides, TextAt } from './setting-texts.ts';
import { readSettingTexts, unknownKey } from './setting-texts.ts';
import type { SettingKey } from './settings.ts';
import { isSettingKey, SETTING_KEYS, SETTINGS } from './settings.ts';

export const KIND = 'SidecarCapture';

/** What a sidecar file says. */
export interface SidecarFile {
  readonly release?: Sourced<string>;
  readonly overrides: Overrides;
  readonly problems: readonly Problem[];
}

const HEAD = ['apiVersion', 'kind', 'release'];
const GROUPS: readonly string[] = [...new Set(SETTING_KEYS.map((key) => key.split('.')[0] ?? key))];

/** Reads a document that says it is a SidecarCapture. Never throws: what is wrong is in `problems`. */
export function readSidecarFile(document: YamlNode, file: string): SidecarFile {
  const problems: Problem[] = [];
  const overrides: Record<string, Sourced<unknown>> = {};
  let release: Sourced<string> | undefined;
  const at = (node: YamlNode): Origin => ({ kind: 'file', file, line: node.line, column: node.column });
  const setting = (key: SettingKey, node: YamlNode): void => {
    const texts = textsOf(key, node, at);
    const read = 'given' in texts ? readSettingTexts(key, texts.given) : texts;
    if ('value' in read) overrides[key] = { value: read.value, source: at(node) };
    else problems.push(...read.problems);
  };
  for (const { name, entry } of namedEntries(document, at, problems)) {
    const { key, value } = entry;
    if (name === 'release') {
      if (value.kind === 'scalar') release = { value: value.text, source: at(value) };
      else problems.push(wrongType(name, value, 'a release such as "1.23"', at(value)));
    } else if (HEAD.includes(name)) {
      const expected = name === 'kind' ? KIND : API_VERSION;
      if (value.kind !== 'scalar' || value.text !== expected) problems.push(wrongType(name, value, expected, at(value)));
    } else if (isSettingKey(name) && !name.includes('.')) {
      setting(name, value);
    } else if (GROUPS.includes(name)) {
      const keys = SETTING_KEYS.filter((candidate) => candidate.startsWith(`${name}.`));
      if (value.kind !== 'mapping') problems.push(wrongType(name, value, `a mapping with ${short(keys).join(', ')}`, at(value)));
      else {
        for (const inner of namedEntries(value, at, problems)) {
          const full = `${name}.${inner.name}`;
          if (isSettingKey(full)) setting(full, inner.entry.value);
          else problems.push(unknownKey(inner.name, short(keys), at(inner.entry.key)));
        }
      }
    } else {
      problems.push(unknownKey(name, [...HEAD, ...GROUPS], at(key)));
    }
  }
  return { ...(release === undefined ? {} : { release }), overrides: overrides as Overrides, problems };
}

function short(keys: readonly string[]): readonly string[] {
  return keys.map((key) => key.replace(/^.*\./, ''));
}

/** The entries of a mapping by name; keys that are no words, and those that stand twice, are problems. */
function namedEntries(node: YamlNode, at: (node: YamlNode) => Origin, problems: Problem[]): readonly { name: string; entry: YamlEntry }[] {
  if (node.kind !== 'mapping') {
    problems.push(wrongType('the document', node, 'a mapping', at(node)));
    return [];
  }
  const seen = new Map<string, number>();
  return node.entries.flatMap((entry) => {
    const { key } = entry;
    if (key.kind !== 'scalar') {
      problems.push(wrongType('a key', key, 'a word', at(key)));
      return [];
    }
    const first = seen.get(key.text);
    if (first !== undefined) {
      problems.push(problem('duplicate-key', at(key), { value: quoted(key.text), line: String(first) }));
      return [];
    }
    seen.set(key.text, key.line);
    return [{ name: key.text, entry }];
  });
}

/** The texts of a setting's node; a problem where the node has another form than the setting. */
function textsOf(
  key: SettingKey,
  node: YamlNode,
  at: (node: YamlNode) => Origin,
): { given: TextAt | readonly TextAt[] } | { problems: readonly Problem[] } {
  const { shape, allowed } = SETTINGS[key];
  const expected = { one: allowed, list: `a list; each item ${allowed}`, 'list or *': `"*" or a list; each item ${allowed}` }[shape];
  const refuse = (wrong: YamlNode, instead: string): { problems: readonly Problem[] } => ({
    problems: [wrongType(key, wrong, instead, at(wrong))],
  });
  const asText = (scalar: YamlNode): TextAt => ({ text: scalar.kind === 'scalar' ? scalar.text : '', source: at(scalar) });
  if (node.kind === 'sequence' && shape !== 'one') {
    const wrong = node.items.find((item) => item.kind !== 'scalar' || isNull(item));
    return wrong === undefined ? { given: node.items.map(asText) } : refuse(wrong, allowed);
  }
  const single = node.kind === 'scalar' && !isNull(node) && shape !== 'list';
  return single ? { given: asText(node) } : refuse(node, expected);
}
