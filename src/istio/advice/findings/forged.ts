/** Comments that hold lines which look like rules: iptables-save prints them as they are, and whoever reads line by line is fooled. */

import { FAMILIES } from '../../../netfilter/family.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import type { Check, Found } from './subject.ts';
import { placeText } from './subject.ts';

const LINE_OF_RULES = /[\r\n][ \t]*(?:\[\d+:\d+\][ \t]*)?(?:-[A-Z] \S|:\S+ \S|\*\w|COMMIT|Chain \S)/;

export const forgedLines: Check = ({ seen }) =>
  FAMILIES.flatMap((family) =>
    seen[family].tables.flatMap(({ name: table, chains }) =>
      chains.flatMap(({ name: chain, rules }): readonly Found[] => {
        const count = rules.filter(isForged).length;
        const where = placeText(family, table, chain);
        return count === 0 ? [] : [{ code: 'forged-lines', args: { where, count: `${count}` }, family, table, chain }];
      }),
    ),
  );

function isForged({ matches }: Rule): boolean {
  return matches.some((match) => match.kind === 'comment' && LINE_OF_RULES.test(match.value));
}
