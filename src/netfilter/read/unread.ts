/** A line that would be a rule and can't be read, with the place that it would have. */

import type { Family } from '../family.ts';
import { grouped } from '../grouped.ts';
import { UNNAMED } from '../rule/hidden-modules.ts';
import type { Unseen } from '../unseen.ts';
import { leavesQuoteOpen } from '../words.ts';
import type { LostLine } from './listing.ts';
import type { ReadCode, ReadProblem } from './problems.ts';

export interface Unread {
  readonly family: Family;
  readonly table: string;
  /** Where the line names one that can be trusted. */
  readonly chain?: string;
  /** 1-based. */
  readonly line: number;
  readonly text: string;
  readonly reason: string;
  /** The rule is shown with all but what it asks of these modules of iptables. */
  readonly matched?: readonly string[];
}

/**
 * Places a lost line. What has a quote that stays open, or goes on over line ends and can't be read, says nothing of
 * what stands behind it either: then it may be anything of the table.
 */
export function placed({ line, reason, chain }: LostLine, { family, table }: { readonly family: Family; readonly table: string }): Unread {
  const [, named] = /^(?:\[\d+:\d+\] ?)?(?:-[ADIRNP] |:)(\S+)/.exec(line.text) ?? [];
  const of = isOpen(line.text) ? undefined : (chain ?? named);
  return { family, table, ...(of !== undefined && { chain: of }), line: line.number, text: line.text, reason };
}

function isOpen(text: string): boolean {
  return text.includes('\n') || leavesQuoteOpen(text);
}

/** What a text has that could not be read, as it counts for every answer that rests on it. */
export function unseenIn({
  problems,
  unread,
}: {
  readonly problems: readonly ReadProblem[];
  readonly unread: readonly Unread[];
}): readonly Unseen[] {
  return [...unreadLines(unread), ...elsewhere(problems, unread)];
}

/** Lines that can't be read, by the chain that they are in. */
function unreadLines(unread: readonly Unread[]): readonly Unseen[] {
  const places = grouped(unread, (one) =>
    [one.family, one.table, isDeclaration(one) ? ':' : (one.chain ?? ''), one.matched === undefined ? '' : 'asks'].join(' '),
  );
  return [...places.values()].map((same): Unseen => {
    const [first] = same as [Unread];
    const { family, table, chain } = first;
    const lines = same.map(({ line }) => line).sort((a, b) => a - b);
    if (first.matched !== undefined) return { family, table, ...(chain !== undefined && { chain }), lines, ...restrictionOf(same) };
    if (isDeclaration(first)) return { kind: 'declaration', family, table, lines, reason: unreadText(lines) };
    return { family, table, ...(chain !== undefined && { chain }), lines, reason: unreadText(lines) };
  });
}

function restrictionOf(rules: readonly Unread[]): Required<Pick<Unseen, 'matched' | 'reason'>> {
  const matches = [...new Set(rules.flatMap(({ matched = [] }) => matched))];
  const names = matches.filter((name) => name !== UNNAMED).join(', ');
  const what = names === '' ? 'of modules that it does not name' : `of ${names}`;
  const count = rules.length === 1 ? '1 rule asks' : `${rules.length} rules ask`;
  return { matched: matches, reason: `what ${count} ${what} nft does not show; iptables-save does` };
}

/** A line that declares chains, whatever they are called: no rule is lost with it, but a policy may be. */
function isDeclaration({ text }: Unread): boolean {
  return text.startsWith(':') && !isOpen(text) && !/\s-[A-Z]\s/.test(text);
}

// What these tell of has no place among the rules.
const NOT_READ: Readonly<Partial<Record<ReadCode, string>>> = {
  'line-too-long': 'is longer than is read',
  'too-many-lines': 'and what follows it is more than is read',
  'too-many-problems': 'is where the lines that can not be read become too many to be listed',
  'legacy-tables-present': 'tells of rules of legacy, which are not shown',
};

function elsewhere(problems: readonly ReadProblem[], unread: readonly Unread[]): readonly Unseen[] {
  const known = new Set(unread.map(({ line }) => line));
  return problems.flatMap(({ code, line, args }): readonly Unseen[] => {
    if (code === 'incompatible-table') return [{ table: args['table'] ?? '', reason: 'it holds rules that only nft shows' }];
    if (code === 'unreadable-line') return known.has(line) ? [] : [{ lines: [line], reason: unreadText([line]) }];
    const reason = NOT_READ[code];
    return reason === undefined ? [] : [{ lines: [line], reason: `line ${line} ${reason}` }];
  });
}

// More numbers help nobody; the problems have them all.
const MOST_NUMBERS = 10;

function unreadText(lines: readonly number[]): string {
  const distinct = [...new Set(lines)];
  const numbers = distinct.slice(0, MOST_NUMBERS).join(', ');
  return `${lines.length === 1 ? 'a line' : `${lines.length} lines`} that can't be read: ${numbers}${distinct.length > MOST_NUMBERS ? ', ...' : ''}`;
}
