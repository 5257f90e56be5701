/** Loose rules in the chains of everyone that a release may have left there. */

import type { Check, Found } from './subject.ts';
import { iptablesCommand, placeText } from './subject.ts';

export const looksLikeOurs: Check = (subject) =>
  subject.ownership.warnings.flatMap(({ code, family, table, chain, rule }): readonly Found[] => {
    if (code !== 'looks-like-ours' || rule === undefined) return [];
    const args = {
      where: placeText(family, table, chain),
      rule,
      command: iptablesCommand(subject, family, table, `-D ${chain} ${rule}`),
    };
    return [{ code, args, family, table, chain, rule }];
  });
