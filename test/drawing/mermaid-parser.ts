/** Mermaid's own parser, in the document that it expects around it. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import { Window } from 'happy-dom';

const NAMES = [
  'document',
  'Element',
  'Node',
  'DocumentFragment',
  'HTMLTemplateElement',
  'NodeFilter',
  'NamedNodeMap',
  'HTMLFormElement',
  'DOMParser',
] as const;

const require = createRequire(import.meta.url);

interface Mermaid {
  /** Rejects where it is no diagram. */
  readonly parse: (text: string) => Promise<{ readonly diagramType: string }>;
}

let parser: ((text: string) => Promise<string>) | undefined;

/** The kind of diagram that a text is; rejects where Mermaid refuses it. */
export async function parseMermaid(text: string): Promise<string> {
  parser ??= await loaded();
  return parser(text);
}

async function loaded(): Promise<(text: string) => Promise<string>> {
  const window = new Window();
  const before = Object.getOwnPropertyDescriptors(globalThis);
  Object.assign(globalThis, { window });
  for (const name of NAMES) Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
  // A script for a page: one file of 2 MB, where the package of all its diagrams brings 8,000.
  new Script(readFileSync(require.resolve('@mermaid-js/tiny'), 'utf8')).runInThisContext();
  const { mermaid } = globalThis as unknown as { readonly mermaid: Mermaid };
  await mermaid.parse('flowchart LR\n  a["x"]');
  for (const name of ['window', 'mermaid', ...NAMES]) if (!(name in before)) Reflect.deleteProperty(globalThis, name);
  return async (text) => (await mermaid.parse(text)).diagramType;
}
