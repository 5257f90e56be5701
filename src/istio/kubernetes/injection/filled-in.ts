/** What becomes of a text when the filled-in template is read as YAML: texts are written between double quotes, as they are. */

import { readYaml } from '../../yaml.ts';

/** The text as the pod has it: a newline is a space there; undefined where the template is no YAML with it. */
export function filledIn(text: string): string | undefined {
  if (!/["\\\n\r]/.test(text)) return text;
  const documents = readYaml(`"${text.replace(/\n/g, '\n ')}"`);
  if ('reason' in documents) return undefined;
  const [node, ...others] = documents;
  return node?.kind === 'scalar' && others.length === 0 ? node.text : undefined;
}
