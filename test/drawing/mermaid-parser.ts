/** Mermaid's own parser, in the document that it expects around it. */

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
  const { default: mermaid } = await import('mermaid');
  await mermaid.parse('flowchart LR\n  a["x"]');
  for (const name of ['window', ...NAMES]) if (!(name in before)) Reflect.deleteProperty(globalThis, name);
  return async (text) => (await mermaid.parse(text)).diagramType;
}
