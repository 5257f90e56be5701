/** A tree of configuration to the values in it that count, by path. */

import type { Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { problem, quoted } from '../../problems.ts';
import { wrongType } from '../../wrong-type.ts';
import type { YamlNode } from '../../yaml.ts';
import { isNull } from '../../yaml-fields.ts';
import { dataOf, goBoolean, goText, isBare } from '../go-text.ts';
import type { Form, Forms } from './forms.ts';
import { isPort, isTextOnly, MODES } from './forms.ts';
import { misspelt } from './misspelt.ts';
import type { Place } from './place.ts';

/** What was given so far, by path; a map of texts has a path for each of its keys. A later value takes the place of an earlier one. */
export interface Given {
  readonly values: Map<string, Sourced<string>>;
  /** Those without quotes where a text belongs. */
  readonly bare?: Map<string, Sourced<string>>;
  readonly problems: Problem[];
}

interface Walk extends Given {
  readonly forms: Forms;
  readonly place: Place;
  /** Paths as messages name them. */
  readonly named: (path: string) => string;
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();

/**
 * Reads what stands at `path` into `given`. As in Helm, null takes away what was given there before.
 * `called` has paths that the user knows by another name; that of the empty path stands before all others.
 */
export function walk(
  node: YamlNode,
  path: string,
  forms: Forms,
  place: Place,
  { values, bare, problems }: Given,
  called: ReadonlyMap<string, string> = NO_NAMES,
): void {
  const named = (at: string): string => called.get(at)?.trimEnd() ?? `${called.get('') ?? ''}${at}`;
  step(node, path, { values, ...(bare === undefined ? {} : { bare }), problems, forms, place, named });
}

function step(node: YamlNode, path: string, at: Walk): void {
  if (isNull(node)) {
    for (const known of [...at.values.keys()]) {
      if (!isWithin(known, path)) continue;
      at.values.delete(known);
      at.bare?.delete(known);
    }
    // What the charts fill by default is empty only where somebody says so, there or for all that it belongs to.
    for (const [filled, form] of at.forms)
      if (form === 'filled' && (filled === path || filled.replace(/\.\w+$/, '') === path))
        at.values.set(filled, { value: '', source: at.place.at(node, at.named(path)) });
    return;
  }
  const form = at.forms.get(path);
  if (form === 'texts') readTexts(node, path, at);
  else if (form !== undefined) readValue(node, path, form, at);
  else descend(node, path, at);
}

function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}.`);
}

function descend(node: YamlNode, path: string, at: Walk): void {
  if (node.kind !== 'mapping') {
    refuse(path, node, 'a mapping', at);
    return;
  }
  const children = childrenOf(at.forms, path);
  for (const { key, value } of node.entries) {
    if (key.kind !== 'scalar') continue;
    // Protobuf's JSON, which a MeshConfig is, takes proxy_listen_port for proxyListenPort.
    const name = children.has(key.text) ? key.text : key.text.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const child = join(path, name);
    if (children.has(name)) step(value, child, at);
    else {
      const instead = misspelt(key.text, path, children, at.forms);
      if (instead !== undefined)
        at.problems.push(problem('unknown-value', at.place.at(key), { value: at.named(child), nearest: at.named(instead) }));
    }
  }
}

function readValue(node: YamlNode, path: string, form: Exclude<Form, 'texts'>, at: Walk): void {
  const source = at.place.at(node, at.named(path));
  if (form === 'data') {
    at.values.set(path, { value: JSON.stringify(dataOf(node)), source });
    return;
  }
  if (form === 'filled') {
    const filled = node.kind === 'mapping' ? node.entries.length > 0 : node.kind === 'sequence' ? node.items.length > 0 : node.text !== '';
    at.values.set(path, { value: filled ? 'set' : '', source });
    return;
  }
  if (node.kind !== 'scalar') {
    refuse(path, node, ALLOWED[form], at);
    return;
  }
  if (form === 'truth' && goBoolean(node) === undefined) {
    refuse(path, node, ALLOWED[form], at);
    return;
  }
  const text = goText(node);
  const value = form === 'mode' ? (MODES[/^\d$/.test(text) ? Number(text) : -1] ?? text) : text;
  if ((form === 'mode' && !MODES.includes(value)) || (form === 'port' && !isPort(value)))
    at.problems.push(problem('not-a-value', source, { name: at.named(path), value: quoted(text), allowed: ALLOWED[form] }));
  else {
    at.values.set(path, { value, source });
    if (form === 'text' && isBare(node) && isTextOnly(path)) at.bare?.set(path, { value: node.text, source });
    else at.bare?.delete(path);
  }
}

const ALLOWED = {
  text: 'a text',
  truth: 'true or false without quotes',
  port: 'a port (1 to 65535)',
  mode: MODES.join(', '),
} as const satisfies Record<Exclude<Form, 'texts' | 'filled' | 'data'>, string>;

function readTexts(node: YamlNode, path: string, at: Walk): void {
  if (node.kind !== 'mapping') {
    refuse(path, node, 'a mapping', at);
    return;
  }
  for (const { key, value } of node.entries) {
    if (key.kind !== 'scalar') continue;
    const full = join(path, key.text);
    if (isNull(value)) at.values.delete(full);
    else if (value.kind !== 'scalar' || isBare(value)) refuse(full, value, 'a text in quotes', at);
    else at.values.set(full, { value: value.text, source: at.place.at(value, at.named(full)) });
  }
}

function refuse(path: string, node: YamlNode, allowed: string, { place, named, problems }: Walk): void {
  problems.push(wrongType(named(path), node, allowed, place.at(node)));
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

const CHILDREN = new WeakMap<Forms, Map<string, ReadonlySet<string>>>();

function childrenOf(forms: Forms, path: string): ReadonlySet<string> {
  const known = CHILDREN.get(forms) ?? new Map<string, ReadonlySet<string>>();
  CHILDREN.set(forms, known);
  let children = known.get(path);
  if (children === undefined) {
    const start = path === '' ? '' : `${path}.`;
    children = new Set(
      [...forms.keys()].filter((form) => form.startsWith(start)).map((form) => form.slice(start.length).split('.')[0] ?? ''),
    );
    known.set(path, children);
  }
  return children;
}

/** What is given under a path of texts, by the rest of the path. */
export function textsUnder(values: ReadonlyMap<string, Sourced<string>>, path: string): Map<string, Sourced<string>> {
  const start = `${path}.`;
  return new Map([...values].flatMap(([key, value]) => (key.startsWith(start) ? [[key.slice(start.length), value] as const] : [])));
}
