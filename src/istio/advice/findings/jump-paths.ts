import { FAMILIES } from '../../../netfilter/family.ts';
import { quoteForPasting } from '../../../netfilter/words.ts';
import { programOfChain } from '../../found/foreign-programs.ts';
import { isAmbientTable } from '../../found/ownership/chain-names.ts';
import { hasNodeChains, hasPodChains } from '../../found/ownership/mode-chains.ts';
import { profileOf } from '../../releases/profile.ts';
import type { Check, Subject } from './subject.ts';
import { ambientChains, hasSidecar, placeText, tablesOf } from './subject.ts';

/** Chains of ours in tables of both backends. Of two chains of one name in one table, the one in legacy bears its mark. */
export const bothBackends: Check = ({ places = [], own, option, made }) => {
  const found = FAMILIES.flatMap((family) => {
    const homes = [...own[family]].flatMap(([table, chains]) => {
      const backends = places.filter((place) => place.family === family && place.table === table).map(({ backend }) => backend);
      if ([...chains].some((chain) => chain.endsWith('.legacy'))) return ['nft', 'legacy'];
      return backends.length === 1 ? backends : [];
    });
    return homes.includes('nft') && homes.includes('legacy') ? [placeText(family, ...own[family].keys())] : [];
  });
  // Up to 1.21 the image's own iptables decides; who upgrades beside rules of the other backend has both.
  const chosen =
    made !== undefined && profileOf(made.release).has('choosesBackend') ? `: Istio ${made.release} takes the one that holds rules` : '';
  return found.length === 0 ? [] : [{ code: 'both-backends', args: { where: found.join(', '), option, chosen } }];
};

const NATIVE = /^istio-proxy-/;

export const nativeBesideIptables: Check = (subject) => {
  const { places = [], reach } = subject;
  const tables = [
    ...new Set(places.filter(({ backend, table }) => backend === 'native nft' && NATIVE.test(table)).map(({ table }) => table)),
  ];
  if (tables.length === 0 || !FAMILIES.some((family) => hasSidecar(subject, family))) return [];
  const command = tables.map((table) => `${reach?.prefix ?? ''}nft delete table inet ${quoteForPasting(table)}`).join('; ');
  return [{ code: 'native-and-iptables', args: { where: tables.join(', '), command } }];
};

export const ambientMode: Check = (subject) => {
  const where = ambientChains(subject).join(', ');
  if (where === '') return [];
  const names = ambientChains(subject);
  const both = FAMILIES.some((family) => hasSidecar(subject, family));
  const native = names.filter(isAmbientTable);
  const mixed = native.length > 0 && native.length < names.length;
  return [
    {
      code: both ? 'ambient-and-sidecar' : !hasPodChains(subject.seen) && hasNodeChains(subject.seen) ? 'ambient-node' : 'ambient',
      args: { where },
    },
    ...(mixed ? [{ code: 'ambient-both-backends' as const, args: { where } }] : []),
  ];
};

export const nodeChains: Check = (subject) => {
  const program = programs(subject).find((name) => name.startsWith('kube-proxy'));
  return program === undefined ? [] : [{ code: 'node', args: { program } }];
};

function programs(subject: Subject): readonly string[] {
  return tablesOf(subject).flatMap(({ table }) => table.chains.flatMap(({ name }) => programOfChain(name) ?? []));
}
