/** What could not be read, in a few words. */

import { FAMILY_NAMES } from '../../netfilter/family.ts';
import type { Unseen } from '../../netfilter/unseen.ts';
import { hidesRules, linesIn } from '../../netfilter/unseen.ts';

/** `2 of 14 rules not read`, or the place and reason of the first thing that was not; `read` is how many rules could be. */
export function unreadText(unseen: readonly Unseen[], read?: number): string {
  const lines = linesIn(unseen.filter(hidesRules));
  if (lines > 0)
    return `${lines}${read === undefined ? '' : ` of ${read + lines}`} ${lines === 1 && read === undefined ? 'rule' : 'rules'} not read`;
  const [first] = unseen;
  return first === undefined ? 'not everything was seen' : unseenText(first);
}

/** `IPv4 nat OUTPUT: a line that can't be read: 7`. */
export function unseenText({ kind, family, table, chain, reason }: Unseen): string {
  const words = kind === 'native table' ? [] : [family === undefined ? '' : FAMILY_NAMES[family], table ?? '', chain ?? ''];
  const place = words.filter((word) => word !== '').join(' ');
  return place === '' ? reason : `${place}: ${reason}`;
}
