/** The node agent's steps in a pod. */

import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import type { Ruleset } from '../../../netfilter/rule.ts';
import { assemble } from '../assemble.ts';
import { LOOPBACK } from '../context.ts';
import { mergeFamilies } from '../native/merge-families.ts';
import { ambientTables } from './ambient-tables.ts';
import { interfacesOf, refusedInterface } from './interfaces.ts';
import { hasSameIstio, restored, withoutIstio, withRestored } from './istio-chains.ts';
import type { AmbientStep } from './knobs.ts';
import { probeOf } from './knobs.ts';
import { replacedTables, withoutTables } from './nft-transaction.ts';
import type { PodContext } from './pod-rules.ts';
import { podRules } from './pod-rules.ts';
import { addedRouting, removedRouting } from './routing.ts';
import type { Agent, AmbientState } from './state.ts';
import { AmbientFailure } from './state.ts';

/** What a step leaves. Throws an AmbientFailure where it fails. */
export function inPod(state: AmbientState, step: AmbientStep, agent: Agent): AmbientState {
  const native = agent.knobs.backend === 'nftables';
  if (step === 'create') return native ? createdByNft(state, agent) : createdByIptables(state, agent);
  if (step === 'delete') return deleted(state, agent, native);
  throw new AmbientFailure(agent, `${step} is a step of the node`, state);
}

function contextOf({ knobs, profile }: Agent, family: Family): PodContext {
  const { has } = profile;
  const { dns = false, podDNS, ingress = false, backend, tproxy = !has('ambientRedirectByDefault') } = knobs;
  return {
    family,
    native: backend === 'nftables',
    tproxy,
    dns: podDNS === undefined ? dns : podDNS === 'on',
    ingress,
    interfaces: interfacesOf(knobs),
    probe: probeOf(family, knobs),
    loopback: LOOPBACK[family],
    has,
  };
}

/** Policy routing comes first; then iptables-restore of each family, whatever became of the other. */
function createdByIptables(state: AmbientState, agent: Agent): AmbientState {
  const { ipv6 = false, reconcile = false } = agent.knobs;
  const routed = { ...state, routing: addedRouting(state.routing, ipv6) };
  const desired = FAMILIES.map((family) => assemble(family, family === 'ip' || ipv6 ? podRules(contextOf(agent, family)) : []));
  if (agent.profile.has('ambientPodKnobs') && desired.every((ruleset) => hasSameIstio(state[ruleset.family], ruleset))) return routed;
  const bad = refusedInterface(agent.knobs);
  const made = desired.map((ruleset) => {
    const before = reconcile ? withoutIstio(state[ruleset.family]) : state[ruleset.family];
    return restored(before, ruleset, (table) => (table === 'nat' ? bad : undefined));
  });
  return withRestored(routed, agent, made);
}

/** One transaction over all tables; policy routing comes after it. */
function createdByNft(state: AmbientState, agent: Agent): AmbientState {
  const { ipv6 = false } = agent.knobs;
  const bad = refusedInterface(agent.knobs);
  if (bad !== undefined) throw new AmbientFailure(agent, bad, state);
  const of = (family: Family): ReturnType<typeof podRules> => podRules(contextOf(agent, family));
  const both = ipv6 || !agent.profile.has('ambientNftablesByFamily');
  const nft = replacedTables(state.nft, ambientTables(mergeFamilies(of('ip'), both ? of('ip6') : [])).tables);
  if ('reason' in nft) throw new AmbientFailure(agent, nft.reason, state);
  return { ...state, nft, routing: addedRouting(state.routing, ipv6) };
}

const TABLES: readonly string[] = ['nat', 'mangle', 'raw'].map((table) => `istio-ambient-${table}`);

function deleted(state: AmbientState, agent: Agent, native: boolean): AmbientState {
  const { ipv6 = false } = agent.knobs;
  const routing = removedRouting(state.routing, ipv6);
  const rules = native
    ? { nft: withoutTables(state.nft, TABLES) }
    : { ip: withoutIstio(state.ip), ...(ipv6 ? { ip6: withoutIstio(state.ip6) } : {}) };
  const left = { ...state, ...rules, routing: routing.left };
  const missed = native || !agent.profile.has('ambientStrictDelete') ? undefined : missingChain(state.ip);
  if (missed !== undefined) throw new AmbientFailure(agent, missed, left);
  if (routing.missing) throw new AmbientFailure(agent, 'there is no policy rule or route to delete', left);
  return left;
}

/** Of the chains that a strict agent deletes, one that is not there: it exits 1, and all is gone. */
function missingChain({ tables }: Ruleset): string | undefined {
  const all = ['mangle', 'nat', 'raw'].flatMap((table) => ['ISTIO_PRERT', 'ISTIO_OUTPUT'].map((chain) => ({ table, chain })));
  const missing = all.find(
    ({ table, chain }) => !tables.some(({ name, chains }) => name === table && chains.some((one) => one.name === chain)),
  );
  return missing === undefined ? undefined : `the chain ${missing.chain}, which it deletes, was never in ${missing.table}`;
}
