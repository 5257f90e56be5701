/** Where packets are traced: rules of any source, the pod around them, and what of it can't be seen. */

import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Observation } from '../../netfilter/observation.ts';
import { sees } from '../../netfilter/observation.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { Chain, Ruleset } from '../../netfilter/rule.ts';
import { BUILT_IN_CHAINS, isBuiltIn, withChains } from '../../netfilter/rule.ts';
import type { Host } from '../../netfilter/trace/host.ts';
import type { Trace } from '../../netfilter/trace/result.ts';
import { bearing, touches } from '../../netfilter/unseen.ts';
import { isSidecarChain } from '../found/ownership/chain-names.ts';
import type { Run } from '../found/runs/run.ts';
import type { CapturePlan } from '../plan/plan.ts';
import type { Facts } from '../settings/facts.ts';
import type { SettingValues } from '../settings/settings.ts';
import { valuesOf } from '../settings/settings.ts';
import { isAmbient, ZTUNNEL_MARK, ZTUNNEL_OWNER, ZTUNNEL_PORTS, ZTUNNEL_ROUTING, ZTUNNEL_SOCKETS } from './ambient.ts';
import { heard } from './listening.ts';
import { otherProxiesIn } from './other-proxies.ts';
import type { Owner, Pod } from './pod.ts';
import { isAmong, podOf } from './pod.ts';
import type { PodState } from './trace-plan.ts';
import { CLIENT, hostOf, tracePacket } from './trace-plan.ts';
import type { ProxyPorts, Verdict } from './verdict.ts';
import { proxyPortsOf, verdictOf } from './verdict.ts';

export interface PodNetwork {
  /** The rules that packets meet. Of rules that were found, the settings and the routing are those of who is thought to have made them. */
  readonly plan: CapturePlan;
  readonly facts: Facts;
  readonly pod: Pod;
  readonly ports: ProxyPorts;
  readonly state: PodState;
  /** What may be there and can't be seen, in words that end a sentence: no verdict is sure then. */
  readonly unseen: Readonly<Record<Family, readonly string[]>>;
  /** The families of which a sidecar's rules are shown, and nat is not: what nothing shown catches may be caught there. */
  readonly withoutNat?: readonly Family[];
  /** The run that was to make these rules and failed, or may have: none of them need be there. */
  readonly failed?: Run;
  /** The rules were found, and who made them is inferred. */
  readonly ofRules?: true;
}

export interface PodNetworkOptions {
  readonly facts?: Facts;
  readonly state?: PodState;
  /** Who the proxy really runs as. */
  readonly proxy?: Owner;
  readonly failed?: Run;
  /** Nothing says that a sidecar of Istio made these rules: its ports may be another proxy's. */
  readonly byNobody?: boolean;
}

/** The scene of a plan: all of it can be seen. Rules of the node agent have ztunnel for their proxy. */
export function podNetworkOfPlan(plan: CapturePlan, { facts = {}, state = {}, proxy }: PodNetworkOptions = {}): PodNetwork {
  const values = valuesOf(plan.settings);
  const network = { plan, facts, pod: podOf(values, facts, proxy), ports: proxyPortsOf(values), state, unseen: { ip: [], ip6: [] } };
  return isAmbient(plan) ? inAmbient(network) : network;
}

/** The scene of rules that were found, and of the plan that is thought to have made them. */
export function podNetworkOfRules(seen: Observation, made: CapturePlan, options: PodNetworkOptions = {}): PodNetwork {
  const rules = { ip: withUnseen(seen, 'ip'), ip6: withUnseen(seen, 'ip6') };
  const network = podNetworkOfPlan({ ...made, ...rules }, options);
  const withoutNat = FAMILIES.filter((family) => isWithoutNat(seen, family));
  const found: PodNetwork = {
    ...network,
    ofRules: true,
    unseen: hiddenIn(seen),
    ...(withoutNat.length > 0 && { withoutNat }),
    ...(options.failed && { failed: options.failed }),
  };
  if (found.ports.of === 'ztunnel') return found;
  const { outbound, inbound, dns } = network.ports;
  const values = valuesOf(made.settings);
  const others = otherProxiesIn(Object.values(rules), {
    ports: options.byNobody === true ? [] : [outbound, inbound, ...dns],
    isOwner: (owner) => isProxy(values, owner) || isSame(owner, network.pod.proxy),
  });
  if (others.length === 0) return found;
  const sockets = others.flatMap(({ ports }) => ports);
  return { ...found, ports: { ...network.ports, others }, state: { ...found.state, transparentPorts: sockets } };
}

/** Whatever a release makes elsewhere, it makes rules of nat as well. */
function isWithoutNat(seen: Observation, family: Family): boolean {
  const { tables } = seen[family];
  if (sees(seen, family, 'nat') || tables.some(({ nft }) => nft !== undefined)) return false;
  return tables.some(({ name: table, chains }) => chains.some(({ name: chain }) => isSidecarChain(table, chain)));
}

/** Why a packet that nothing shown catches is not known to be left alone; undefined where all that catches is shown. */
export function natNotListed({ withoutNat = [] }: PodNetwork, family: Family): string | undefined {
  return withoutNat.includes(family) ? 'nat, where every release catches what the pod sends, is not shown' : undefined;
}

/** The proxy of an ambient pod is ztunnel. */
function inAmbient(network: PodNetwork): PodNetwork {
  const { pod, state } = network;
  return {
    ...network,
    ports: ZTUNNEL_PORTS,
    pod: { ...pod, proxy: ZTUNNEL_OWNER, proxyMark: ZTUNNEL_MARK, client: CLIENT },
    state: { ...state, localByMark: ZTUNNEL_ROUTING, transparentPorts: ZTUNNEL_SOCKETS },
  };
}

function isProxy(values: SettingValues, { uid, gid }: Owner): boolean {
  return isAmong(values['proxy.uids'], uid) || isAmong(values['proxy.gids'], gid);
}

function isSame(one: Owner, { uid, gid }: Owner): boolean {
  return (one.uid !== undefined && one.uid === uid) || (one.gid !== undefined && one.gid === gid);
}

/** What of a state packets may meet and nobody could see, in words that end a sentence. */
export function hiddenIn(seen: Pick<Observation, 'unseen'>): PodNetwork['unseen'] {
  const hidden = (family: Family): readonly string[] =>
    bearing(seen.unseen)
      .filter((one) => touches(one, { family }))
      .map(({ table, chain, reason }) => {
        const place = [table ?? [], chain ?? []].flat().join(' ');
        return place === '' ? reason : `${place}: ${reason}`;
      });
  return { ip: hidden('ip'), ip6: hidden('ip6') };
}

// `security` is of SELinux: no release and no other mesh has rules there. In nat, INPUT and POSTROUTING decide nothing here.
const PASSED: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: BUILT_IN_CHAINS['mangle'] ?? [],
  nat: ['PREROUTING', 'OUTPUT'],
  filter: BUILT_IN_CHAINS['filter'] ?? [],
};

/** The rules of a family; chains that are not shown have no rules and a policy that nobody knows. */
function withUnseen(seen: Observation, family: Family): Ruleset {
  const { tables } = seen[family];
  if (seen.seen[family] === 'all') return acceptingWhereUnset({ family, tables });
  const names = [...new Set([...tables.map(({ name }) => name), ...Object.keys(PASSED)])];
  return {
    family,
    tables: names.map((name) => {
      const table = tables.find((one) => one.name === name);
      const listed = sees(seen, family, name) ? (table?.chains ?? []) : [];
      const missing = PASSED[name]?.filter((chain) => !listed.some((one) => one.name === chain)) ?? [];
      return { ...table, name, chains: [...listed, ...missing.map((chain): Chain => ({ name: chain, policy: 'unknown', rules: [] }))] };
    }),
  };
}

/** A record of commands, and the input of iptables-restore, say all that was done: a policy that they don't set is the kernel's own. */
function acceptingWhereUnset(ruleset: Ruleset): Ruleset {
  return withPolicies(ruleset, (table, { name, policy }) => isBuiltIn(table, name) && (policy === 'unknown' || policy === '-'));
}

/** A rule set in which some chains accept what comes to their end. */
function withPolicies(ruleset: Ruleset, accepts: (table: string, chain: Chain) => boolean): Ruleset {
  return withChains(ruleset, (chain, { name }) => (accepts(name, chain) ? { ...chain, policy: 'ACCEPT' } : chain));
}

/** What has to hold for a family's verdicts to be sure, in words: that what can't be seen does nothing to a packet. */
export function conditionsOf({ plan, unseen }: PodNetwork, family: Family): readonly string[] {
  return [...hiddenTablesPass(plan, family), ...unseen[family].map((reason) => `this changes nothing: ${reason}`)];
}

/** The condition that tables which are not shown do nothing, where there are some. */
export function hiddenTablesPass(plan: Readonly<Record<Family, Ruleset>>, family: Family): readonly string[] {
  const hidden = plan[family].tables.filter(({ chains }) => chains.some(({ policy }) => policy === 'unknown')).map(({ name }) => name);
  return hidden.length === 0
    ? []
    : [`${hidden.join(', ')}, which ${hidden.length === 1 ? 'is' : 'are'} not shown, let everything pass unchanged`];
}

/** The scene as it is where these conditions hold. */
export function whereConditionsHold(podNetwork: PodNetwork): PodNetwork {
  return { ...whereHiddenTablesPass(podNetwork), unseen: { ip: [], ip6: [] } };
}

/** The pod network as it is where tables that are not shown do nothing. What could not be read stays so. */
export function whereHiddenTablesPass(podNetwork: PodNetwork): PodNetwork {
  const open = (ruleset: Ruleset): Ruleset => withPolicies(ruleset, (_, { policy }) => policy === 'unknown');
  const { ip, ip6 } = podNetwork.plan;
  return { ...podNetwork, plan: { ...podNetwork.plan, ip: open(ip), ip6: open(ip6) } };
}

/** The pod as a host. */
export function hostIn({ plan, facts, state }: PodNetwork): Host {
  return hostOf(plan, facts, state);
}

/** The way of a packet through the scene. Throws as `tracePacket` does. */
export function traceIn({ plan, facts, state }: PodNetwork, packet: Packet): Trace {
  return tracePacket(plan, packet, facts, state);
}

/** The verdict of a trace: `unknown` where something may be there that can't be seen. */
export function verdictIn(podNetwork: PodNetwork, { end, packet }: Pick<Trace, 'end' | 'packet'>): Verdict {
  const found = verdictOf(end, podNetwork.ports);
  if (podNetwork.failed !== undefined) return { id: 'unknown', words: notApplied(podNetwork.failed, found) };
  const hidden = podNetwork.unseen[packet.family];
  if (hidden.length > 0 && found.id !== 'unknown')
    return { id: 'unknown', words: `unknown: ${found.id} by what can be seen (${found.words}), but there is more: ${hidden.join('; ')}` };
  const lacking = found.id === 'direct' ? natNotListed(podNetwork, packet.family) : undefined;
  if (lacking !== undefined) return { id: 'unknown', words: `unknown: ${found.id} by what is shown (${found.words}), but ${lacking}` };
  return heard(podNetwork, found, end, packet);
}

function notApplied({ outcome, quoted, failures: [first], why }: Run, { id, words }: Verdict): string {
  const place = first === undefined ? '' : ` (line ${first.line}: ${first.text})`;
  const failed = quoted ? 'the page quotes a failed run, and these rules may be those of it' : 'these rules were not applied';
  const state = outcome === 'failed' ? `${failed}${place}` : `nobody knows whether these rules were made: ${why}`;
  return `unknown: ${state}${id === 'unknown' ? '' : `; they would have it ${id} (${words})`}`;
}
