/** What `kubectl describe pod` shows, as the pod that it tells of: each value stands where it stands in the text. */

import type { Position, YamlEntry, YamlNode } from '../../yaml.ts';
import { mapping, optional, pair, podTree, scalar, sequence } from './pod-tree.ts';

/** Whether a text is such a description. */
export function isDescription(text: string): boolean {
  return /^Name: +\S/m.test(text) && /^(?:Init )?Containers:[^\S\n]*\r?$/m.test(text);
}

/** The pods of a description; nothing else of it is read. */
export function describedPods(text: string): readonly YamlNode[] {
  const lines = text.split(/\r?\n/);
  const starts = [...lines.keys()].filter((index) => /^Name: +\S/.test(lines[index] ?? ''));
  return starts.map((start, index) => podOf(lines.slice(0, starts[index + 1] ?? lines.length), start));
}

function podOf(lines: readonly string[], start: number): YamlNode {
  const value = (key: string): YamlNode | undefined => {
    const index = lines.findIndex((line, at) => at >= start && new RegExp(`^(?:  )?${key}: +\\S`).test(line));
    return index === -1 ? undefined : valueAt(lines, index);
  };
  const texts = (key: string, separator: RegExp): YamlNode => mapping(place(start), pairsOf(lines, start, key, separator));
  const init = containersOf(lines, start, 'Init Containers');
  const nodes = (containers: readonly DescribedContainer[]): readonly YamlNode[] => containers.map(({ node }) => node);
  const statuses = init.flatMap(({ status }) => status ?? []);
  const at = place(start);
  return podTree(at, {
    metadata: [
      ...optional('name', value('Name')),
      ...optional('namespace', value('Namespace')),
      pair('labels', texts('Labels', /=/)),
      pair('annotations', texts('Annotations', /: ?/)),
    ],
    spec: [
      pair('initContainers', sequence(at, nodes(init))),
      pair('containers', sequence(at, nodes(containersOf(lines, start, 'Containers')))),
    ],
    status: [...phaseOf(value('Status')), ...optional('podIP', value('IP')), pair('initContainerStatuses', sequence(at, statuses))],
  });
}

/** `key=value` or `key: value`, the first behind the heading and the others below it; a long value stands on a line of its own. */
function pairsOf(lines: readonly string[], start: number, key: string, separator: RegExp): readonly YamlEntry[] {
  const first = lines.findIndex((line, index) => index >= start && line.startsWith(`${key}:`));
  if (first === -1) return [];
  const entries: YamlEntry[] = [];
  let name: { readonly text: string; readonly at: number; readonly indent: number } | undefined;
  for (let index = first; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const body = index === first ? line.slice(key.length + 1) : line;
    if (index > first && !/^\s+\S/.test(line)) break;
    const indent = line.length - body.trimStart().length;
    const text = body.trim();
    if (name !== undefined && indent > name.indent) {
      entries.push({ key: scalar(name.text, place(name.at, name.indent)), value: scalar(text, place(index, indent)) });
      name = undefined;
      continue;
    }
    const at = text.search(separator);
    if (at === -1) continue;
    const own = text.slice(0, at);
    const rest = text.slice(at).replace(separator, '');
    if (rest === '' && separator.source.startsWith(':')) name = { text: own, at: index, indent };
    else entries.push({ key: scalar(own, place(index, indent)), value: scalar(rest, place(index, line.length - rest.length)) });
  }
  return entries;
}

interface DescribedContainer {
  readonly node: YamlNode;
  /** Undefined where the pod is on no node yet: then nothing is known of its containers. */
  readonly status: YamlNode | undefined;
}

function containersOf(lines: readonly string[], start: number, heading: string): readonly DescribedContainer[] {
  const first = lines.findIndex((line, index) => index > start && line.trimEnd() === `${heading}:`);
  if (first === -1) return [];
  const rest = lines.findIndex((line, index) => index > first && /^\S/.test(line));
  const end = rest === -1 ? lines.length : rest;
  const names = [...lines.keys()].filter((index) => index > first && index < end && /^ {2}[\w.-]+:\s*$/.test(lines[index] ?? ''));
  return names.map((at, index) => containerAt(lines, at, names[index + 1] ?? end));
}

function containerAt(lines: readonly string[], at: number, end: number): DescribedContainer {
  const start = place(at);
  const name = scalar((lines[at] ?? '').trim().slice(0, -1), place(at, 2));
  const field = (key: string): number => lines.findIndex((line, index) => index > at && index < end && line.startsWith(`    ${key}:`));
  const block = (key: string): readonly number[] => {
    const head = field(key);
    const indexes: number[] = [];
    // An empty argument is a line of blanks, or of nothing where somebody has cut these.
    for (
      let index = head + 1;
      head !== -1 && index < end && (/^ {6}/.test(lines[index] ?? '') || (lines[index] ?? '').trim() === '');
      index += 1
    )
      indexes.push(index);
    return indexes;
  };
  const words = (key: string): YamlNode =>
    sequence(
      start,
      block(key).map((index) => scalar((lines[index] ?? '').slice(6), place(index, 6))),
    );
  const variables = block('Environment').flatMap((index) => variableAt(lines, index));
  const image = field('Image');
  const ports = Math.max(field('Port'), field('Ports'));
  const states = [...stateAt(lines, field('State'), 'state'), ...stateAt(lines, field('Last State'), 'lastState')];
  return {
    node: mapping(start, [
      pair('name', name),
      ...(image === -1 ? [] : [pair('image', valueAt(lines, image))]),
      pair('command', words('Command')),
      pair('args', words('Args')),
      pair('env', sequence(start, variables)),
      pair('ports', sequence(start, ports === -1 ? [] : portsAt(lines, ports))),
    ]),
    status: states.length === 0 ? undefined : mapping(start, [pair('name', name), ...states]),
  };
}

/** `NAME:  value`; of a value from elsewhere only the name is known. */
function variableAt(lines: readonly string[], index: number): readonly YamlNode[] {
  const [, name, value = ''] = /^ {6}([\w.-]+): *(.*)$/.exec(lines[index] ?? '') ?? [];
  if (name === undefined) return [];
  const elsewhere = /^<.*>|\(v\d+:/.test(value);
  const given = elsewhere
    ? pair('valueFrom', mapping(place(index), []))
    : pair('value', scalar(value, place(index, (lines[index] ?? '').length - value.length)));
  return [mapping(place(index), [pair('name', scalar(name, place(index, 6))), given])];
}

function portsAt(lines: readonly string[], index: number): readonly YamlNode[] {
  return [...(lines[index] ?? '').matchAll(/(\d+)\/(TCP|UDP|SCTP)/g)].map(({ 0: { length }, 1: port = '', 2: protocol = '', index: at }) =>
    mapping(place(index), [
      pair('containerPort', scalar(port, place(index, at), length > 0)),
      pair('protocol', scalar(protocol, place(index, at))),
    ]),
  );
}

/** The phase; `Terminating (lasts 5s)` stands in its place where the pod is being deleted, and then nobody knows it. */
function phaseOf(status: YamlNode | undefined): readonly YamlEntry[] {
  if (status?.kind !== 'scalar') return [];
  const phase = /^(?:Pending|Running|Succeeded|Failed|Unknown)$/.test(status.text) ? status.text : 'Unknown';
  return [pair('phase', { ...status, text: phase })];
}

function stateAt(lines: readonly string[], index: number, key: string): readonly YamlEntry[] {
  if (index === -1) return [];
  const kind = /: +(\w+)/.exec(lines[index] ?? '')?.[1]?.toLowerCase();
  if (kind !== 'terminated' && kind !== 'waiting' && kind !== 'running') return [];
  const entries: YamlEntry[] = [];
  for (let at = index + 1; /^ {6}\S/.test(lines[at] ?? ''); at += 1) {
    const [, name = '', text = ''] = /^ {6}([\w ]+): +(.*)$/.exec(lines[at] ?? '') ?? [];
    const field = { Reason: 'reason', Message: 'message', 'Exit Code': 'exitCode' }[name];
    if (field !== undefined)
      entries.push(pair(field, scalar(text, place(at, (lines[at] ?? '').length - text.length), field === 'exitCode')));
  }
  return [pair(key, mapping(place(index), [pair(kind, mapping(place(index), entries))]))];
}

function valueAt(lines: readonly string[], index: number): YamlNode {
  const line = lines[index] ?? '';
  const text = line.replace(/^[^:]*:\s*/, '').trimEnd();
  return scalar(text, place(index, line.indexOf(text)));
}

/** A place in the text, of an index of a line and one in it. */
function place(line: number, column = 0): Position {
  return { line: line + 1, column: column + 1 };
}
