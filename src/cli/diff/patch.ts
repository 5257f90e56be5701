/** A diff for patch(1): what turns the left save into the right one, both in normal form. */

import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { iptables, printRule } from '../../netfilter/print.ts';
import type { Policy, Rule } from '../../netfilter/rule.ts';
import type { ComparedChain, ComparedTable, Comparison } from './comparison.ts';
import { hunksOf } from './hunks.ts';
import { headingOf } from './words.ts';

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

// What GNU diff shows unless told otherwise.
const CONTEXT = 3;

/**
 * Unified diffs of the saves of both families (`iptables.save`, `ip6tables.save`); empty where they are equal.
 * What a side can't show stands in both saves as the left has it, so that it is no difference here either.
 */
export function patchForm({ left, right, tables }: Comparison): string {
  const files = FAMILIES.map((family) => filePatch(family, tables.filter((table) => table.family === family).flatMap(tableLines)));
  const patch = files.join('');
  // patch(1) passes over lines before the first `---`.
  return patch === '' ? '' : `left:  ${headingOf(left)}\nright: ${headingOf(right)}\n${patch}`;
}

function filePatch(family: Family, lines: readonly Line[]): string {
  const changed = [...lines.keys()].filter((index) => lines[index]?.mark !== ' ');
  if (changed.length === 0) return '';
  const [inLeft, inRight] = [linesBefore(lines, '+'), linesBefore(lines, '-')];
  const hunks = hunksOf(changed, lines.length, CONTEXT).map(({ start, end }) => {
    const range = (before: readonly number[]): string => {
      const [first, count] = [before[start] as number, (before[end] as number) - (before[start] as number)];
      // A range without lines is named by the line before it.
      return `${count === 0 ? first : first + 1}${count === 1 ? '' : `,${count}`}`;
    };
    const body = lines.slice(start, end).map(({ mark, text }) => `${mark}${text}\n`);
    return `@@ -${range(inLeft)} +${range(inRight)} @@\n${body.join('')}`;
  });
  const name = `${iptables(family)}.save`;
  return `--- a/${name}\n+++ b/${name}\n${hunks.join('')}`;
}

/** How many lines of the one side stand before each line; `foreign` marks those of the other. */
function linesBefore(lines: readonly Line[], foreign: Line['mark']): readonly number[] {
  const before = [0];
  for (const { mark } of lines) before.push((before.at(-1) as number) + (mark === foreign ? 0 : 1));
  return before;
}

function tableLines({ name, left, right, chains }: ComparedTable): readonly Line[] {
  const frame = (text: string): readonly Line[] => (left && right ? [{ mark: ' ', text }] : [{ mark: left ? '-' : '+', text }]);
  const declared = (chain: ComparedChain): readonly Line[] => declarations(chain, left, right);
  return [...frame(`*${name}`), ...chains.flatMap(declared), ...chains.flatMap(ruleLines), ...frame('COMMIT')];
}

function declarations({ chain, left, right }: ComparedChain, inLeft: boolean, inRight: boolean): readonly Line[] {
  const declare = (policy: Policy): string => `:${chain} ${policy === 'unknown' ? 'ACCEPT' : policy}`;
  const [a, b] = [inLeft ? left : undefined, inRight ? right : undefined];
  const hidden = a !== undefined && b !== undefined && (a === 'unknown' || b === 'unknown');
  if (a !== undefined && (a === b || hidden)) return [{ mark: ' ', text: declare(a) }];
  return [
    ...(a === undefined ? [] : [{ mark: '-', text: declare(a) } as const]),
    ...(b === undefined ? [] : [{ mark: '+', text: declare(b) } as const]),
  ];
}

function ruleLines({ chain, rows }: ComparedChain): readonly Line[] {
  const append = (rule: Rule): string => `-A ${chain} ${printRule(rule)}`.trimEnd();
  return rows.map((row) =>
    row.operand === 'both'
      ? { mark: ' ', text: append(row.left.rule) }
      : { mark: row.operand === 'left' ? '-' : '+', text: append(row.at.rule) },
  );
}
