/** What is said of a pod: its live rules, compared with what its proxy calls for. */

import { parseFibTrie, parseIfInet6, parseNameservers } from '../../host/facts.ts';
import type { RoutingListing } from '../../host/kernel/routing.ts';
import { listRouting, liveRouting } from '../../host/kernel/routing.ts';
import type { Place } from '../../host/live/live.ts';
import { readLive } from '../../host/live/live.ts';
import type { Namespace, NetFiles } from '../../host/namespace/namespace.ts';
import { textInside } from '../../host/pods/file-in-pod.ts';
import type { Evidence, Finding } from '../../istio/advice/findings.ts';
import { findingsIn, isFailing } from '../../istio/advice/findings.ts';
import { judgeAgent } from '../../istio/found/audit/agent-rules.ts';
import type { ProxyProcess } from '../../istio/found/audit/proxy-process.ts';
import { judgementOf, unreadRules } from '../../istio/found/doubts.ts';
import { identifyAmbient } from '../../istio/found/identify/ambient.ts';
import { ambientChainsIn, ownChainsOf } from '../../istio/found/ownership/parts.ts';
import type { LiveRouting } from '../../istio/found/routing-changes.ts';
import { nativePlanFor } from '../../istio/plan/native/native-plan.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { ProblemError } from '../../istio/problems.ts';
import { profileOf } from '../../istio/releases/profile.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import { lacksAddress } from '../../istio/settings/facts.ts';
import { NO_SWITCHES } from '../../istio/settings/switches.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Observation } from '../../netfilter/observation.ts';
import { observeAll } from '../../netfilter/observation.ts';
import { driftCounts, driftLines } from '../check/drift-words.ts';
import type { Comparison } from '../diff/comparison.ts';
import { compareOperands, differencesOf } from '../diff/comparison.ts';
import { unseenText } from '../terminal/unread.ts';
import type { Desired, DesiredPlan, DesiredPlans } from './desired.ts';
import { desiredPlans } from './desired.ts';
import type { AuditedPod, PodVerdict } from './line.ts';
import { MOST_NAMED } from './line.ts';

/** Milliseconds for each program: one pod that hangs must not hold up the others for long. */
const DEADLINE = 20_000;

// Of native nftables rules in ambient mode (`cni/pkg/nftables`): there are no chains of iptables to be known by.
const AMBIENT_TABLE = /^istio-ambient-/;

/** A line without the name of its pod. */
export type Judged = Omit<AuditedPod, 'namespace' | 'pod' | 'workload' | 'node' | 'uid' | 'pid'>;

/** Judges the rules of a namespace; `proxy` is what the sidecar's process tells. Throws where they can't be read, or its settings can't be used. */
export async function judge(namespace: Namespace, pid: number, proxy: ProxyProcess | undefined, desired: Desired): Promise<Judged> {
  const netFiles = await namespace.netFiles();
  // Once is enough: each time is a process.
  const live = await readLive({ ...namespace, netFiles: async () => netFiles }, DEADLINE);
  if ('failure' in live) return { verdict: 'not seen', reason: live.failure.text };
  const { observation: seen, places } = live;
  const facts = factsIn(netFiles, pid);
  const evidence: Evidence = { seen, places, facts, reach: { option: `--pid ${pid}`, prefix: `nsenter -t ${pid} -n ` } };
  const plain = withoutPlan(evidence, places, proxy !== undefined, interfacesIn(netFiles));
  if (plain !== undefined) return plain;
  const routing = await routingIn(namespace, netFiles);
  return againstPlans({ ...evidence, routing }, proxy === undefined ? { plans: [], orNone: true } : desiredPlans(proxy, facts, desired));
}

/** What is plain without a plan. */
function withoutPlan(
  evidence: Evidence,
  places: readonly Place[],
  hasProxy: boolean,
  interfaces: readonly string[] | undefined,
): Judged | undefined {
  const { seen } = evidence;
  if (hasProxy) return undefined;
  const codes = findingsIn(evidence).map(({ code }) => code);
  const native = hasNative(seen);
  const nativeAmbient = places.some(({ backend, table }) => backend === 'native nft' && AMBIENT_TABLE.test(table));
  if (!native && !hasSidecarOrAmbient(seen) && !nativeAmbient)
    return isWhole(seen) && unreadRules(seen).length === 0 ? { verdict: 'not in the mesh' } : hidden(seen);
  if (native || !(nativeAmbient || codes.some((code) => code === 'ambient'))) return { verdict: 'rules without a proxy' };
  return ambientPod(evidence, interfaces);
}

/** What the node agent made, compared with what its releases make. */
function ambientPod(evidence: Evidence, interfaces: readonly string[] | undefined): Judged {
  const { seen } = evidence;
  if (unreadRules(seen).length > 0) return hidden(seen);
  const [judged] = judgeAgent(identifyAmbient(seen), interfaces);
  if (judged === undefined) return { verdict: 'ambient' };
  const { release, knobs, answer, observed, otherPods, shared } = judged;
  const origin = { release, ...(knobs === '' ? {} : { knobs }) };
  const findings = findingsIn(evidence).filter(isFailing);
  if (answer.differences.length > 0) {
    const comparison = compareOperands(
      liveOperand(observed),
      { name: '', seen: observeAll(answer.plan), problems: [], notes: [] },
      { all: true },
    );
    return { verdict: 'not as it should be', ...origin, drift: driftCounts(comparison), differences: differencesIn(comparison) };
  }
  if (otherPods.length > 0) {
    const why = shared
      ? '; agents of this release mix up pods that are added at the same time: create the pod again, and upgrade Istio'
      : '';
    const reason = `these rules belong to another pod: they reroute ${otherPods.join(', ')}, and this pod has no such interface${why}`;
    return { verdict: 'not as it should be', ...origin, reason };
  }
  if (findings.length > 0) return { verdict: 'not as it should be', ...origin, findings: findings.slice(0, MOST_NAMED).map(named) };
  return { verdict: 'ambient', ...origin };
}

/** The names of the interfaces that are up, where IPv6 is on; nothing else of them is read. */
function interfacesIn({ if_inet6 = '' }: NetFiles): readonly string[] | undefined {
  const names = if_inet6.split('\n').flatMap((line) => line.trim().split(/\s+/)[5] ?? []);
  return names.length === 0 ? undefined : [...new Set(names)];
}

function againstPlans(evidence: Evidence, { plans, orNone }: DesiredPlans): Judged {
  const { seen, facts = {} } = evidence;
  const native = hasNative(seen);
  const none = !native && !hasSidecarOrAmbient(seen);
  if (plans.length === 0 || (none && orNone)) {
    if (none && unreadRules(seen).length > 0) return hidden(seen);
    return none
      ? { verdict: 'as it should be', reason: 'its settings call for no rules' }
      : { verdict: 'not as it should be', reason: 'it has rules, and its settings call for none' };
  }
  const [best, second] = plans
    .map((desired) => (native && !hasSidecarOrAmbient(seen) ? { ...desired, plan: inNativeTables(desired.plan, facts) } : desired))
    .map((desired) => ({ ...desired, comparison: compareOperands(liveOperand(seen), planOperand(desired.plan), { all: false }) }))
    .sort((a, b) => differencesOf(a.comparison).length - differencesOf(b.comparison).length) as [Compared, Compared?];
  const { plan, installer, comparison } = best;
  const differences = differencesOf(comparison).length;
  const findings = findingsIn({ ...evidence, desired: plan, made: plan }).filter(isFailing);
  const judgement = judgementOf({ unseen: seen.unseen, differs: differences > 0, inferred: false, hasFailures: findings.length > 0 });
  const same = judgement === 'right';
  if (judgement === 'unknown' || (same && !isWhole(seen))) return { release: plan.release, ...hidden(seen) };
  // Where both fit equally well, nothing tells who made the rules.
  const proxy = second === undefined || differencesOf(second.comparison).length > differences;
  const verdict: PodVerdict = none ? 'no rules' : same ? 'as it should be' : 'not as it should be';
  return {
    verdict,
    release: plan.release,
    ...(proxy ? { installer } : {}),
    ...(differences === 0 ? {} : { drift: driftCounts(comparison), differences: differencesIn(comparison) }),
    ...(findings.length === 0 ? {} : { findings: findings.slice(0, MOST_NAMED).map(named) }),
  };
}

function named({ code, severity, text, fix }: Finding): Pick<Finding, 'code' | 'severity' | 'text' | 'fix'> {
  return { code, severity, text, fix };
}

interface Compared extends DesiredPlan {
  readonly comparison: Comparison;
}

function differencesIn(comparison: Comparison): readonly string[] {
  return driftLines({ against: '', given: true, command: '', comparison })
    .slice(0, MOST_NAMED)
    .map(({ what, text }) => `${what}: ${text}`);
}

function hasSidecarOrAmbient(seen: Observation): boolean {
  return FAMILIES.some(
    (family) =>
      ownChainsOf(seen[family]).size > 0 || seen[family].tables.some(({ chains }) => ambientChainsIn(chains, seen[family]).length > 0),
  );
}

function hasNative(seen: Observation): boolean {
  return FAMILIES.some((family) => seen[family].tables.some(({ name }) => name.startsWith('inet istio-proxy-')));
}

/** The plan as the native program makes it: nothing of a running proxy tells whether the mesh asks for that. */
function inNativeTables(plan: CapturePlan, facts: Facts): CapturePlan {
  if (plan.nft !== undefined || !profileOf(plan.release).has('nativeNftablesFlag')) return plan;
  try {
    // Its rules are there, so the program that made them has found an address.
    const { addresses: _, ...others } = facts;
    const known = lacksAddress(facts, profileOf(plan.release)) ? others : facts;
    return nativePlanFor(plan.settings, plan.release, known, { ...NO_SWITCHES, native: true });
  } catch (error) {
    if (error instanceof ProblemError) return plan;
    throw error;
  }
}

/** Whether all tables of iptables could be read; those native to nft are none. */
function isWhole({ seen }: Observation): boolean {
  return FAMILIES.every((family) => seen[family] === 'all');
}

function hidden({ unseen }: Observation): { readonly verdict: PodVerdict; readonly reason: string } {
  return { verdict: 'not seen', reason: unseen.map(unseenText).join('; ') };
}

function liveOperand(seen: Observation): Parameters<typeof compareOperands>[0] {
  return { name: '', seen, problems: [], notes: [] };
}

function planOperand(plan: CapturePlan): Parameters<typeof compareOperands>[0] {
  return { name: '', seen: observeAll(plan), plan, problems: [], notes: [] };
}

function factsIn({ fib_trie = '', if_inet6 = '' }: NetFiles, pid: number): Facts {
  return {
    addresses: [...parseFibTrie(fib_trie), ...parseIfInet6(if_inet6)],
    nameservers: parseNameservers(textInside(pid, '/etc/resolv.conf')),
  };
}

async function routingIn(namespace: Namespace, netFiles: NetFiles): Promise<LiveRouting> {
  let listing: RoutingListing = {};
  for (const family of netFiles.if_inet6 === undefined ? (['ip'] as const) : FAMILIES) {
    const listed = await listRouting(namespace, family, DEADLINE);
    if ('failure' in listed) throw new Error(listed.failure.text);
    listing = { ...listing, [family]: listed };
  }
  return liveRouting(listing, netFiles);
}
