/** A file of allowances. */

import { textsIn } from '../../host/files.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import { badText } from '../../istio/bad-option.ts';
import type { Allowance } from '../../istio/packets/escape-allowance.ts';
import { nearest, quoted } from '../../istio/problems.ts';
import type { YamlNode } from '../../istio/yaml.ts';
import { readYaml } from '../../istio/yaml.ts';
import { field, sourceOf, textOf } from '../../istio/yaml-fields.ts';
import { parseNetwork } from '../../netfilter/address/network.ts';
import type { Range } from '../../netfilter/address/ranges.ts';
import { parsePortRange } from '../../netfilter/numbers.ts';

const ALLOW_KIND = 'EscapeAllowances';

const WHAT = ['inbound', 'outbound', 'any'] as const;
const KEYS = ['what', 'ports', 'to', 'workloads', 'owner', 'reason', 'until'];

/** Reads the file. Throws a ProblemError that names each place that can't be used. */
export function readAllowances(file: string): readonly Allowance[] {
  const texts = textsIn(file);
  const refuse = (node: YamlNode, reason: string): never => {
    throw badText(sourceOf(node, file), reason);
  };
  return texts.flatMap(({ text }) => {
    const documents = readYaml(text);
    if (!Array.isArray(documents)) {
      const { line, column, reason } = documents as Exclude<typeof documents, readonly YamlNode[]>;
      throw badText({ kind: 'file', file, line, column }, reason);
    }
    return (documents as readonly YamlNode[]).flatMap((document) => {
      if (textOf(field(document, 'apiVersion')) !== API_VERSION || textOf(field(document, 'kind')) !== ALLOW_KIND)
        refuse(document, `must begin with apiVersion: ${API_VERSION} and kind: ${ALLOW_KIND}`);
      const list = field(document, 'allow');
      if (list?.kind !== 'sequence') return refuse(list ?? document, 'allow: must be a list of entries');
      return list.items.map((item) => readEntry(item, file, refuse));
    });
  });
}

type Refuse = (node: YamlNode, reason: string) => never;

function readEntry(item: YamlNode, file: string, refuse: Refuse): Allowance {
  if (item.kind !== 'mapping') return refuse(item, 'must be a mapping with what, workloads, owner, reason and until');
  for (const { key } of item.entries) {
    const name = textOf(key) ?? '';
    if (!KEYS.includes(name)) refuse(key, `${quoted(name)} is not one of ${KEYS.join(', ')}${nearest(name, KEYS)}`);
  }
  const must = (name: string): string => {
    const text = textOf(field(item, name));
    return text === undefined || text === '' ? refuse(item, `${name} is missing`) : text;
  };
  const list = <V>(name: string, allowed: string, read: (text: string) => V | null): readonly V[] | undefined => {
    const node = field(item, name);
    if (node === undefined) return undefined;
    return (node.kind === 'sequence' ? node.items : [node]).map((one) => {
      const text = textOf(one) ?? '';
      return read(text) ?? refuse(one, `${name}: ${quoted(text)} is not ${allowed}`);
    });
  };
  const what = must('what');
  const until = must('until');
  const ports = list<Range>('ports', 'a port (1 to 65535) or a range (8000:8099)', numericPort);
  const to = list('to', 'an address or a range such as 10.0.0.0/8', parseNetwork);
  return {
    what: WHAT.find((one) => one === what) ?? refuse(item, `what: ${quoted(what)} is not one of ${WHAT.join(', ')}${nearest(what, WHAT)}`),
    ...(ports === undefined ? {} : { ports }),
    ...(to === undefined ? {} : { to }),
    workloads: must('workloads'),
    owner: must('owner'),
    reason: must('reason'),
    until: isDay(until) ? until : refuse(item, `until: ${quoted(until)} is not a day, as 2026-12-31`),
    source: sourceOf(item, file),
  };
}

function numericPort(text: string): Range | null {
  const range = parsePortRange(text.replace('-', ':'));
  return range !== null && 'first' in range ? range : null;
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
}
