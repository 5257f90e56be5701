/** Tables that iptables-nft can't show, for they hold rules that only nft knows: nothing of them can be compared, put back or verified. */

import { isSidecarChain } from '../../istio/found/ownership/chain-names.ts';
import type { Family } from '../../netfilter/family.ts';
import type { Failure } from '../failure/failure.ts';
import { plainFailure } from '../failure/failure.ts';
import type { ObservedState } from './observe.ts';
import type { Step } from './transaction.ts';

/** Why the work ends there, where such a table is to be changed, or may hold what is to go. */
export function hiddenTable({ choice: { snapshot }, nftTables }: ObservedState, steps: readonly Step[]): Failure | undefined {
  const isDesired = (family: Family, table: string): boolean =>
    steps.some((step) => step.kind === 'rules' && step.family === family && `\n${step.text}`.includes(`\n*${table}\n`));
  const mayHoldOurs = (family: Family, table: string): boolean =>
    nftTables.failure !== undefined ||
    nftTables.listed.some(
      (one) => one.family === family && one.name === table && one.chains?.some(({ name }) => isSidecarChain(table, name)) !== false,
    );
  for (const family of snapshot.families)
    for (const table of incompatibleIn(snapshot.texts[family] ?? ''))
      if (isDesired(family, table) || mayHoldOurs(family, table)) return failureOf(family, table);
  return undefined;
}

function incompatibleIn(text: string): readonly string[] {
  return text.includes(' is incompatible, use ')
    ? [...text.matchAll(/^# Table `(\w+)' is incompatible/gm)].map(([, table = '']) => table)
    : [];
}

function failureOf(family: Family, table: string): Failure {
  const text = `iptables can not show the table ${table} of ${family === 'ip' ? 'IPv4' : 'IPv6'}, because it holds rules that only nft knows: what is in it can not be compared, and a change not verified`;
  return plainFailure(
    'not-verified',
    text,
    `take these rules out of it (nft -a list table ${family} ${table} shows them), or into a table of their own, and run again`,
  );
}
