/** What a text shows of a sidecar's rules: with the chains that every release makes beside one that it breaks off in. */

import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Observation } from '../../netfilter/observation.ts';
import { observeText } from '../../netfilter/observation.ts';
import type { ReadResult } from '../../netfilter/read.ts';
import { isBuiltIn } from '../../netfilter/rule.ts';
import type { Unseen } from '../../netfilter/unseen.ts';
import { isSidecarChain } from './ownership/chain-names.ts';

/** Whatever the settings, the second stands behind the first in a listing, whose end nothing marks. */
const FOLLOWED = [
  { table: 'nat', chain: 'ISTIO_OUTPUT', by: 'ISTIO_REDIRECT' },
  { table: 'mangle', chain: 'ISTIO_INBOUND', by: 'ISTIO_TPROXY' },
] as const;

/** As `observeText`. */
export function observeRules(read: ReadResult): Observation {
  const seen = observeText(endsAsBeforeKnown(read) ? { ...read, gaps: read.gaps.filter(({ behind }) => behind === undefined) } : read);
  const unseen = read.tables.flatMap(({ family, table, form }): readonly Unseen[] => {
    if (form !== 'listing' && form !== 'rules') return [];
    const names = seen[family].tables.find(({ name }) => name === table)?.chains.map(({ name }) => name) ?? [];
    const end = FOLLOWED.find((one) => one.table === table && one.chain === names.at(-1));
    if (end === undefined || names.includes(end.by)) return [];
    const reason = `the text may break off in ${end.chain}: every release makes ${end.by} beside it, and it is not shown`;
    return [{ family, table, except: names.slice(0, -1), reason }];
  });
  const lost = FAMILIES.flatMap((family) => natLost(seen, family));
  return unseen.length + lost.length === 0 ? seen : { ...seen, unseen: [...seen.unseen, ...unseen, ...lost] };
}

/**
 * The program before 1.0 printed nothing behind its last command, which sends on or lets through all that is left of what
 * the pod sends. Every release since then makes ISTIO_IN_REDIRECT before that one, and goes on behind it.
 */
function endsAsBeforeKnown({ gaps, rulesets }: ReadResult): boolean {
  const nat = rulesets.find(({ family }) => family === 'ip')?.tables.find(({ name }) => name === 'nat')?.chains ?? [];
  const last = nat.find(({ name }) => name === 'ISTIO_OUTPUT')?.rules.at(-1);
  if (last === undefined || last.matches.length > 0 || nat.some(({ name }) => name === 'ISTIO_IN_REDIRECT')) return false;
  return gaps.some(({ behind }) => behind !== undefined && behind === last.line);
}

/** Whatever a release makes elsewhere, it makes rules of nat as well; and what was emptied is still there. */
function natLost(seen: Observation, family: Family): readonly Unseen[] {
  const { tables } = seen[family];
  const isOurs = tables.some(({ name: table, chains }) => chains.some(({ name: chain }) => isSidecarChain(table, chain)));
  // What is given to iptables-restore says what it changes, a save what is there.
  const isSave = tables.some(({ name: table, chains }) =>
    chains.some(({ name, policy }) => isBuiltIn(table, name) && policy !== 'unknown'),
  );
  if (!isOurs || !isSave || seen.seen[family] !== 'all' || tables.some(({ name, nft }) => name === 'nat' || nft !== undefined)) return [];
  return [{ family, table: 'nat', except: [], reason: 'rules of Istio stand in other tables, and this one is not shown' }];
}
