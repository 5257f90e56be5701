/** What of a state was seen, as a text that the page reads: what could not be read stays not known in it. */

import { FAMILIES } from '../../netfilter/family.ts';
import type { Observation } from '../../netfilter/observation.ts';
import { printSave } from '../../netfilter/print.ts';
import type { Unseen } from '../../netfilter/unseen.ts';
import { hidesRules } from '../../netfilter/unseen.ts';

const PROGRAMS = { ip: 'iptables-save', ip6: 'ip6tables-save' } as const;

/** `source` is what the rules were read from: a reader of the page can't look there again. */
export function observationText(source: string, seen: Observation): string {
  const parts = FAMILIES.flatMap((family) => {
    const hidden = seen.unseen.filter((one) => hidesRules(one) && (one.family ?? family) === family);
    if (seen[family].tables.length === 0 && hidden.length === 0) return [];
    // Each block says whose it is: a table that comes twice would be taken for that of the other family.
    return [printSave(seen[family]), ...hidden.map(unreadBlock)].map((block) => `# ${PROGRAMS[family]}\n${block}`);
  });
  return `# ${oneLine(source)}, as it was read: what changed since is not here\n${parts.join('')}`;
}

/** A line of the table that is no rule: the page takes the table for one that it can't see all of. */
function unreadBlock({ table = 'nat', chain = 'OUTPUT', reason }: Unseen): string {
  return `*${table}\n-A ${chain} NOT READ: ${oneLine(reason)}\nCOMMIT\n`;
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');
}
