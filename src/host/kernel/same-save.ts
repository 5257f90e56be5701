/** Whether a save shows a ruleset and nothing else: told from the text alone. */

import { printSave } from '../../netfilter/print.ts';
import type { Ruleset } from '../../netfilter/rule.ts';

// As normal form orders them; legacy prints them in the reverse order of their making.
const ORDER = ['mangle', 'raw', 'filter', 'nat'];

/**
 * Whether what iptables-save printed is a ruleset in normal form. The verifying look, and every look of a
 * run that changes nothing, see just this; to read 20 rules costs a process that has just started 10 ms
 * of CPU, to print and compare them 1 ms (Node 20). False proves nothing: then it has to be read.
 */
export function isSaveOf(text: string, ruleset: Ruleset): boolean {
  if (text.includes(' is incompatible, use ')) return false;
  const tables = [...text.matchAll(/^\*(\w+)\n([^]*?)^COMMIT\n/gm)].filter(([, , body = '']) => /^-A|^:\S+ - /m.test(body));
  if (tables.some(([, name = '']) => !ORDER.includes(name))) return false;
  const sorted = tables.sort(([, a = ''], [, b = '']) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const normal = sorted.map(([, name, body = '']) => `*${name}\n${body.replace(/ \[\d+:\d+\]$/gm, '')}COMMIT\n`).join('');
  return normal === printSave(ruleset);
}
