/** A line that would be a rule and can't be read, with the place that it would have. */

import type { Family } from '../family.ts';
import { leavesQuoteOpen } from '../words.ts';
import type { LostLine } from './listing.ts';

export interface Unread {
  readonly family: Family;
  readonly table: string;
  /** Where the line names one that can be trusted. */
  readonly chain?: string;
  /** 1-based. */
  readonly line: number;
  readonly text: string;
  readonly reason: string;
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
