/** The text of one YAML document to what it holds. */

import type { ManifestItem } from '../../istio/manifest/item.ts';
import { readManifest } from '../../istio/manifest/read.ts';
import { problem } from '../../istio/problems.ts';
import type { YamlEntry, YamlFault, YamlNode } from '../../istio/yaml.ts';
import { readYaml } from '../../istio/yaml.ts';

/** `line`: that of the file where the text begins; `itemKind`: that of a list's items, where the text is one of them. */
export function readYamlDocument(text: string, file: string, line: number, itemKind?: string): readonly ManifestItem[] {
  const documents = readYaml(text);
  if ('reason' in documents) {
    const source = { kind: 'file', file, line: documents.line + line - 1, column: documents.column } as const;
    return [{ kind: 'problem', problem: problem('bad-yaml', source, { reason: reasonOf(documents, text) }) }];
  }
  return documents.flatMap((document) => readManifest(movedDown(document, line - 1), file, itemKind));
}

/** What the parser says, and plainer words for what happens most. */
function reasonOf({ reason, line }: YamlFault, text: string): string {
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
