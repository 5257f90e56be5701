/** The text of one YAML document to what it holds. */

import { isUtf8 } from 'node:buffer';
import type { ManifestItem } from '../../istio/kubernetes/manifest/item.ts';
import { readManifest } from '../../istio/kubernetes/manifest/read.ts';
import type { Workload } from '../../istio/kubernetes/manifest/workload.ts';
import { yamlValues } from '../../istio/kubernetes/manifest/yaml-values.ts';
import { PlainPod } from '../../istio/kubernetes/plain-pod.ts';
import { problem } from '../../istio/problems.ts';
import type { YamlEntry, YamlFault, YamlNode } from '../../istio/yaml.ts';
import { readYaml } from '../../istio/yaml.ts';

/** `line`: that of the file where the bytes begin; `itemKind`: that of a list's items, where they are one of them. */
export function readYamlDocument(bytes: Buffer, file: string, line: number, itemKind?: string): readonly ManifestItem[] {
  const text = bytes.toString('utf8');
  const whole = isUtf8(bytes);
  const read = (): readonly ManifestItem[] => readTrees(text, whole ? readYaml(text) : noUtf8(text), file, line, itemKind);
  return (whole && plainPodIn(text, file, line, itemKind, read)) || read();
}

// At the left edge of a document; of a list's item, wherever its keys stand.
const POD = /^kind:[ \t]*["']?Pod["']?[ \t]*\r?$/m;
const POD_IN_LIST = /^[ -]*kind:[ \t]*["']?Pod["']?[ \t]*\r?$/m;

/** A pod as the API server gives it, which is read as a tree only where somebody looks into it. */
function plainPodIn(
  text: string,
  file: string,
  line: number,
  itemKind: string | undefined,
  read: () => readonly ManifestItem[],
): readonly ManifestItem[] | undefined {
  if (itemKind !== 'Pod' && !(itemKind === undefined ? POD : POD_IN_LIST).test(text)) return undefined;
  const plain = yamlValues(text);
  if (plain === undefined) return undefined;
  const ofPod = (): Workload => (read()[0] as Extract<ManifestItem, { readonly kind: 'workload' }>).workload;
  const source = { kind: 'file', file, line: plain.line + line - 1, column: plain.column } as const;
  const workload = PlainPod.of(plain.values, itemKind, { source, read: ofPod, placed: ofPod });
  return workload && [{ kind: 'workload', workload }];
}

function readTrees(
  text: string,
  documents: ReturnType<typeof readYaml>,
  file: string,
  line: number,
  itemKind: string | undefined,
): readonly ManifestItem[] {
  if ('reason' in documents) {
    const source = { kind: 'file', file, line: documents.line + line - 1, column: documents.column } as const;
    const foreign = itemKind !== undefined && documents.reason.endsWith(' refers to nothing');
    const reason = `${reasonOf(documents, text)}${foreign ? '; in a list this long, items know only anchors of their own' : ''}`;
    return [{ kind: 'problem', problem: problem('bad-yaml', source, { reason }) }];
  }
  return documents.flatMap((document) => readManifest(movedDown(document, line - 1), file, itemKind));
}

/** What Kubernetes refuses as well. A character of that kind stands for all that could not be decoded. */
function noUtf8(text: string): YamlFault {
  const before = text.slice(0, text.indexOf('\ufffd'));
  const line = before.split('\n').length;
  return { reason: 'what stands here is no UTF-8', line, column: before.length - before.lastIndexOf('\n') };
}

/** What the parser says, and plainer words for what happens most. */
function reasonOf({ reason, line }: YamlFault, text: string): string {
  if (/^[^#'"]*\{\{/m.test(text))
    return 'this is a template of Helm, and no YAML before it is rendered: helm template CHART | istio-init lint -';
  if (reason.startsWith('tab characters') || /^ *\t/.test(lineOf(text, line)))
    return 'a tab stands in the indentation; YAML takes only spaces there';
  if (reason === 'deficient indentation') return 'this line stands too far to the left, or a bracket or a quote above it is not closed';
  return reason.replace(/^nesting exceeded maxDepth \((\d+)\)$/, 'is nested deeper than $1 levels');
}

function lineOf(text: string, line: number): string {
  let start = 0;
  for (let passed = 1; passed < line; passed++) {
    const end = text.indexOf('\n', start);
    if (end < 0) return '';
    start = end + 1;
  }
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end);
}

/** The same tree, so many lines further down. What aliases share stays shared. */
function movedDown(document: YamlNode, lines: number): YamlNode {
  if (lines === 0) return document;
  const moved = new Map<YamlNode, YamlNode>();
  const move = (node: YamlNode): YamlNode => {
    const line = node.line + lines;
    if (node.kind === 'scalar') return { ...node, line };
    const known = moved.get(node);
    if (known !== undefined) return known;
    const entry = ({ key, value }: YamlEntry): YamlEntry => ({ key: move(key), value: move(value) });
    const { column } = node;
    const copy: YamlNode =
      node.kind === 'sequence'
        ? { kind: 'sequence', items: node.items.map(move), line, column }
        : { kind: 'mapping', entries: node.entries.map(entry), line, column };
    moved.set(node, copy);
    return copy;
  };
  return move(document);
}
