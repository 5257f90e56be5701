/** Whether a save shows a ruleset and nothing else: told from the text alone. */

import { printSave } from '../../netfilter/print.ts';
import { iptablesTables } from '../../netfilter/rule/normal.ts';
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
  // Cut at texts and not by patterns, which an interpreter tries at each character.
  const blocks = `\n${text}`
    .split('\n*')
    .slice(1)
    .map((block) => `${block}\n`);
  if (!blocks.every((block) => block.includes('\nCOMMIT\n'))) return false;
  const tables = blocks.map((block) => block.slice(0, block.indexOf('\nCOMMIT\n')).split('\n')).filter((lines) => lines.some(isContent));
  if (tables.some(([name = '']) => !ORDER.includes(name)) || tables.length !== iptablesTables(ruleset).length) return false;
  const sorted = tables.sort(([a = ''], [b = '']) => ORDER.indexOf(a) - ORDER.indexOf(b));
  return sorted.map((lines) => `*${lines.map(withoutCounters).join('\n')}\nCOMMIT\n`).join('') === printSave(ruleset);
}

/** A rule, or a chain that somebody made. */
function isContent(line: string): boolean {
  return line.startsWith('-A') || (line.startsWith(':') && line.includes(' - '));
}

function withoutCounters(line: string): string {
  return line.startsWith(':') ? line.replace(/ \[\d+:\d+\]$/, '') : line;
}
