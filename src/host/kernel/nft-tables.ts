/** What nft lists: Istio's native tables, which iptables does not show, and whether iptables would show any. */

import { TABLES } from '../../netfilter/rule.ts';
import type { Failure } from '../failure/failure.ts';
import { explainFailure } from '../failure/failure.ts';
import type { Namespace } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';

export interface NftTables {
  /** `istio-proxy-nat` and its like, of family inet: the native rules of 1.27 and later. */
  readonly native: readonly string[];
  /** Whether iptables-nft would show any table; undefined where nft is not here to ask, or may not ask. */
  readonly ip: boolean | undefined;
  /** The same for ip6tables-nft. */
  readonly ip6: boolean | undefined;
  /** Chains of other tables that translate addresses. */
  readonly natHooks: readonly NatHook[];
}

/** A base chain of the nat type in a table that no iptables shows. */
export interface NatHook {
  /** `ip bar`. */
  readonly table: string;
  readonly chain: string;
  readonly hook: 'prerouting' | 'output';
  readonly priority: number;
}

/** One process for all answers. Without nft there are no native tables: nothing here could have made any. */
export async function listNftTables(namespace: Namespace, deadline: number): Promise<NftTables> {
  const ran = await namespace.run({ argv: ['nft', '-y', 'list', 'chains'], deadline });
  if (!succeeded(ran)) return { native: [], ip: undefined, ip6: undefined, natHooks: [] };
  const native = [...ran.stdout.matchAll(/^table inet (istio-proxy-\S+) \{$/gm)].map(([, name = '']) => name);
  return { native, ip: /^table ip /m.test(ran.stdout), ip6: /^table ip6 /m.test(ran.stdout), natHooks: natHooksIn(ran.stdout) };
}

/** Of what `nft -y list chains` prints. */
function natHooksIn(text: string): readonly NatHook[] {
  return text.split(/^table /m).flatMap((part) => {
    const [, family = '', name = ''] = /^(\S+) (\S+) \{/.exec(part) ?? [];
    if (!['ip', 'ip6', 'inet'].includes(family) || isIptables({ family, name }) || name.startsWith('istio-proxy-')) return [];
    return [...part.matchAll(BASE_CHAIN)].map(
      ([, chain = '', hook, priority]): NatHook => ({
        table: `${family} ${name}`,
        chain,
        hook: hook as NatHook['hook'],
        priority: Number(priority),
      }),
    );
  });
}

const BASE_CHAIN = /chain (\S+) \{\s+type nat hook (prerouting|output) priority (-?\d+);/g;

/** The input of `nft -f -` that removes native tables, all or none. */
export function removeNativeText(tables: readonly string[]): string {
  return tables.map((table) => `delete table inet ${table}\n`).join('');
}

/** A table as `nft list tables` names it: `inet istio-proxy-nat`, `ip nat`. */
export interface NftTable {
  readonly family: string;
  readonly name: string;
}

/** Every table of every family, or why they can't be listed. */
export async function listEveryNftTable(
  namespace: Pick<Namespace, 'run'>,
  deadline: number,
): Promise<readonly NftTable[] | { readonly failure: Failure }> {
  const ran = await namespace.run({ argv: ['nft', 'list', 'tables'], deadline });
  if (!succeeded(ran)) return { failure: explainFailure(ran) };
  return [...ran.stdout.matchAll(/^table (\S+) (\S+)$/gm)].map(([, family = '', name = '']) => ({ family, name }));
}

/** Whether it is a table of iptables or ip6tables: of one of their names, in their family. */
export function isIptables({ family, name }: NftTable): boolean {
  return (family === 'ip' || family === 'ip6') && TABLES.includes(name);
}
