/** Whether the kernel has what some rules need. */

import { explainCause } from '../../istio/found/runs/cause-and-fix.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { modulesFor } from '../../netfilter/kernel-modules.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import { readRights } from '../failure/rights.ts';
import type { Aspect } from './aspect.ts';
import { fine, warning } from './aspect.ts';
import type { Evidence } from './kernel-has.ts';
import { moduleState } from './kernel-has.ts';

/** The modules that rules need through a backend, each once. */
export function modulesOf(rules: Readonly<Record<Family, Ruleset>>, legacy: boolean): readonly string[] {
  const of = (family: Family): readonly string[] =>
    rules[family].tables.flatMap(({ name, chains }) =>
      modulesFor(
        name,
        chains.flatMap((chain) => chain.rules.map((rule) => `-A ${chain.name} ${printRule(rule)}`)),
        family,
        legacy,
      ),
    );
  return [...new Set(FAMILIES.flatMap(of))];
}

/** Judges what the rules need through iptables-nft; `nftWorks` speaks for its own modules, of which few kernels tell. */
export function modulesAspect(rules: Readonly<Record<Family, Ruleset>>, evidence: Evidence, nftWorks: boolean): Aspect {
  const states = modulesOf(rules, false).map((module): readonly [string, string] => [
    module,
    nftWorks && NFT.includes(module) ? 'there' : moduleState(module, evidence),
  ]);
  const of = (desired: string): readonly string[] => states.filter(([, state]) => state === desired).map(([module]) => module);
  const [absent, loadable, unknown] = [of('absent'), of('can be loaded'), of('unknown')];
  const text = [
    ...(absent.length === 0 ? [] : [`this kernel lacks ${absent.join(', ')}`]),
    ...(loadable.length === 0 ? [] : [`not loaded: ${loadable.join(', ')}`]),
    ...(unknown.length === 0 ? [] : [`not known: ${unknown.join(', ')}`]),
  ].join('; ');
  const needed = [...absent, ...loadable];
  if (needed.length === 0) return fine('modules', text === '' ? `all there: ${states.map(([module]) => module).join(', ')}` : text);
  const circumstances = { program: '', family: 'ip' as const, modules: needed, rights: readRights(), message: '' };
  return warning('modules', text, explainCause('kernel-support', circumstances).fix);
}

// Where iptables-nft shows rules, these work.
const NFT: readonly string[] = ['nf_tables', 'nft_compat', 'nft_chain_nat'];
