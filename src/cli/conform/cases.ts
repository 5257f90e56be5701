/** The cases of a conformance run: those in this program, and folders of more. */

import { brotliDecompressSync } from 'node:zlib';
import { textsIn } from '../../host/files.ts';
import { badText } from '../../istio/bad-option.ts';
import type { GoldenCase } from '../../istio/found/conformance/golden-case.ts';
import { CaseFault, readCase } from '../../istio/found/conformance/golden-case.ts';
import type { YamlNode } from '../../istio/yaml.ts';
import { readYaml } from '../../istio/yaml.ts';
import { field, isNull, sourceOf } from '../../istio/yaml-fields.ts';

/** By their names, as scripts/golden-cases.mjs packs them: JSON under Brotli, in base64. */
declare const GOLDEN_CASES: string;

/** The cases in this program: all of golden/istio-iptables and golden/command-line. */
export function ownCases(): readonly GoldenCase[] {
  const all = JSON.parse(brotliDecompressSync(Buffer.from(GOLDEN_CASES, 'base64')).toString('utf8')) as Readonly<Record<string, unknown>>;
  return Object.entries(all).flatMap(([name, data]) => readCase(name, data));
}

/** The cases of a folder, or of one file. Throws a ProblemError that names the place of what can't be used. */
export function casesIn(folder: string): readonly GoldenCase[] {
  return textsIn(folder, 'case (*.yaml, *.yml, *.json)').flatMap(({ file, text }) => {
    const documents = readYaml(text);
    if ('reason' in documents) throw badText({ kind: 'file', file, line: documents.line, column: documents.column }, documents.reason);
    return documents.flatMap((document) => {
      try {
        return readCase(file.replace(/^.*\//, '').replace(/\.\w+$/, ''), dataOf(document));
      } catch (error) {
        if (!(error instanceof CaseFault)) throw error;
        const path = error.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
        throw badText(sourceOf(nodeAt(document, error.path), file), `${path.replace(/^\./, '') || 'a case'} ${error.message}`);
      }
    });
  });
}

/** What a node says: texts, and numbers and truth where they stand without quotes. */
function dataOf(node: YamlNode): unknown {
  switch (node.kind) {
    case 'mapping':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key.kind === 'scalar' ? key.text : '', dataOf(value)]));
    case 'sequence':
      return node.items.map(dataOf);
    case 'scalar':
      if (isNull(node)) return undefined;
      if (node.plain && /^\d{1,5}$/.test(node.text)) return Number(node.text);
      return node.plain && /^(true|false)$/.test(node.text) ? node.text === 'true' : node.text;
    default:
      return node satisfies never;
  }
}

/** The node at a path, or the nearest one around it. */
function nodeAt(node: YamlNode, [step, ...rest]: CaseFault['path']): YamlNode {
  if (step === undefined) return node;
  const next = typeof step === 'number' ? (node.kind === 'sequence' ? node.items[step] : undefined) : field(node, step);
  return next === undefined ? node : nodeAt(next, rest);
}
