/** Steps to tables of nft, as the native program of 1.27 and later makes them. */

import type { NftChain, NftRule, NftRuleset, NftTable } from '../../../netfilter/nft/ruleset.ts';
import type { Target } from '../../../netfilter/rule/target.ts';
import type { BaseChain, Rule } from '../../../netfilter/rule.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Step } from '../rules/step.ts';

/** The tables in the order of the program's transaction. */
const TABLES: readonly string[] = ['nat', 'mangle', 'raw'];

/** The chains of a table in the order in which the program makes them, base chains first. */
const CHAINS: readonly string[] = [
  'PREROUTING',
  'OUTPUT',
  'ISTIO_DIVERT',
  'ISTIO_TPROXY',
  'ISTIO_INBOUND',
  'ISTIO_REDIRECT',
  'ISTIO_IN_REDIRECT',
  'ISTIO_OUTPUT',
  'ISTIO_OUTPUT_DNS',
  'ISTIO_DROP',
];

const PRIORITIES: Readonly<Record<string, number>> = { nat: -100, mangle: -150, raw: -300 };

/** Where the base chain of a table hangs; undefined for a chain that is only jumped to. */
export function baseChainOf(table: string, chain: string): BaseChain | undefined {
  const hook = nativeName(chain);
  if (hook !== 'prerouting' && hook !== 'output') return undefined;
  // A change of marks in output asks for a new route, which only chains of this type do.
  const type = table === 'nat' ? 'nat' : table === 'mangle' && hook === 'output' ? 'route' : 'filter';
  return { type, hook, priority: PRIORITIES[table] ?? 0, policy: 'accept' };
}

/** `istio-output-dns` for ISTIO_OUTPUT_DNS. */
function nativeName(chain: string): string {
  return chain.toLowerCase().replaceAll('_', '-');
}

/** Why nft would refuse the tables. */
export type Refused = { readonly kind: 'no chain'; readonly chain: string } | { readonly kind: 'no place'; readonly step: Step };

/** The tables that the steps make; or why they can't be made. Only tables and chains that get a rule are there. */
export function assembleNative(steps: readonly Step[], prefix: string, { has }: Profile): NftRuleset | Refused {
  const tables = new Map<string, Map<string, NftRule[]>>();
  for (const [nth, step] of steps.entries()) {
    const chains = tables.get(step.table) ?? new Map<string, NftRule[]>();
    const rules = chains.get(step.chain) ?? [];
    tables.set(step.table, chains.set(step.chain, rules));
    const at = (step.at ?? rules.length + 1) - 1;
    const thought = at < rules.length ? { nth, index: at } : { nth };
    const rule: NftRule = { ...nativeRule(step.rule), counted: has('nativeCounters'), thought };
    // nft inserts before a rule that is there; `index 0` of an empty chain the program writes as an add.
    if (step.at !== undefined && at > 0 && at >= rules.length && !has('nativeTproxyWithoutPorts')) return { kind: 'no place', step };
    rules.splice(at, 0, rule);
  }
  const missing = [...tables].flatMap(([, chains]) =>
    [...chains.values()].flat().flatMap(({ target }) => (target.kind === 'jump' && !isMade(chains, target.chain) ? [target.chain] : [])),
  )[0];
  if (missing !== undefined) return { kind: 'no chain', chain: missing };
  return { tables: TABLES.flatMap((name): readonly NftTable[] => tableOf(name, prefix, tables.get(name))) };
}

function isMade(chains: ReadonlyMap<string, unknown>, native: string): boolean {
  return [...chains.keys()].some((chain) => nativeName(chain) === native);
}

function nativeRule({ target, because, ...rule }: Rule): Rule {
  const text = because?.text.replace(/\bISTIO_[A-Z_]+/g, nativeName) ?? '';
  return { ...rule, target: nativeTarget(target), ...(because === undefined ? {} : { because: { ...because, text } }) };
}

function nativeTarget(target: Target): Target {
  return target.kind === 'jump' ? { ...target, chain: nativeName(target.chain) } : target;
}

function tableOf(name: string, prefix: string, made: ReadonlyMap<string, readonly NftRule[]> | undefined): readonly NftTable[] {
  if (made === undefined) return [];
  const chains = CHAINS.flatMap((chain): readonly NftChain[] => {
    const rules = made.get(chain);
    const base = baseChainOf(name, chain);
    return rules === undefined ? [] : [{ name: nativeName(chain), ...(base === undefined ? {} : { base }), rules }];
  });
  return [{ family: 'inet', name: `${prefix}-${name}`, sets: [], chains }];
}
