/** Rules, however a caller has them: read, identified, compared, traced. */

import { badOption } from '../istio/bad-option.ts';
import type { Identification } from '../istio/found/identify.ts';
import { identify as identified } from '../istio/found/identify.ts';
import { observeRules } from '../istio/found/observe-rules.ts';
import type { BehaviorComparison } from '../istio/packets/behavior.ts';
import { compareBehavior } from '../istio/packets/behavior.ts';
import type { Escape } from '../istio/packets/escapes.ts';
import { escapesOf } from '../istio/packets/escapes.ts';
import type { PacketWords, SpokenPacket } from '../istio/packets/packet/words.ts';
import { packetFromWords } from '../istio/packets/packet/words.ts';
import type { PodNetwork } from '../istio/packets/pod-network.ts';
import { podNetworkOfPlan, traceIn, verdictIn } from '../istio/packets/pod-network.ts';
import { hostOf } from '../istio/packets/trace-plan.ts';
import type { ProxyPorts, Verdict } from '../istio/packets/verdict.ts';
import { proxyPortsOf as portsOf } from '../istio/packets/verdict.ts';
import type { CapturePlan } from '../istio/plan/plan.ts';
import type { ReleaseChanges } from '../istio/releases/changes.ts';
import { changesBetween } from '../istio/releases/changes.ts';
import { readReleaseRange } from '../istio/releases/release-range.ts';
import { valuesOf } from '../istio/settings/settings.ts';
import type { Family } from '../netfilter/family.ts';
import { FAMILIES } from '../netfilter/family.ts';
import type { Observation, ObservedDifferences } from '../netfilter/observation.ts';
import { compareObservations, observeAll } from '../netfilter/observation.ts';
import type { ReadOptions } from '../netfilter/read.ts';
import { readRules } from '../netfilter/read.ts';
import type { Trace } from '../netfilter/trace/result.ts';
import { factsFrom, fields, inOwnWords, text } from './checked.ts';
import { readOptions } from './observed.ts';

/** Rules as a text in any form, as what was seen of them, or as a plan. */
export type Rules = string | Observation | CapturePlan;

/** What is known of the pod beside its rules. */
export interface PodFacts {
  readonly addresses?: readonly string[];
  readonly nameservers?: readonly string[];
}

/** Where a packet ends, by which rules, and what was assumed. */
export interface TracedPacket extends SpokenPacket {
  readonly trace: Trace;
  readonly verdict: Verdict;
}

/** Rules of a text in any form: a save, a restore input, a listing, commands, a log, a page. Never throws for what the text says. */
export function read(rules: string, options: ReadOptions = {}): Observation {
  return observeRules(readRules(text('read', rules), readOptions('read', options)));
}

/** The releases and settings that make these rules. Throws a ProblemError for what are no rules. */
export function identify(rules: Rules): Identification {
  return identified(observationOf(typeof rules === 'string' ? 'text' : 'identify', rules));
}

/** Rule by rule, in order: what only one side has, what moved, what changed. Throws a ProblemError for what are no rules. */
export function diff(left: Rules, right: Rules): ObservedDifferences {
  return compareObservations(observationOf('left', left), observationOf('right', right));
}

/** What two plans do to all packets, and where they differ. Throws a ProblemError for what is no plan. */
export function diffPackets(left: CapturePlan, right: CapturePlan, facts: PodFacts = {}): BehaviorComparison {
  return compareBehavior(planIn('left', left), planIn('right', right), { facts: podFacts(facts) });
}

/** Follows a packet in words (`{ from: 'app', to: '10.0.0.5:3306' }`) through a plan. Throws a ProblemError for words that are none. */
export function trace(plan: CapturePlan, packet: PacketWords, facts: PodFacts = {}): TracedPacket {
  const podNetwork = networkOf('trace', plan, facts);
  const given = fields('packet', packet, ['from', 'to', 'source', 'in', 'out', 'protocol', 'state', 'mark', 'family']);
  const words = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, value === undefined ? value : text(`packet.${key}`, value)]),
  ) as PacketWords;
  const host = hostOf(podNetwork.plan, podNetwork.facts, podNetwork.state);
  const spoken = inOwnWords(
    (option) => option.replace(/^--/, 'packet.'),
    () => packetFromWords(words, podNetwork.pod, host),
  );
  const traced = traceIn(podNetwork, spoken.packet);
  return { ...spoken, trace: traced, verdict: verdictIn(podNetwork, traced) };
}

/** All TCP connections that leave or arrive without passing the proxy; `most` regions of a family at most. Throws a ProblemError for what is no plan. */
export function escapes(plan: CapturePlan, facts: PodFacts = {}, most?: number): readonly Escape[] {
  const podNetwork = networkOf('escapes', plan, facts);
  if (most !== undefined && !(Number.isInteger(most) && most > 0))
    throw badOption('most', `${String(most)} is not a number of regions, 1 or more`);
  const families = FAMILIES.filter((family) => podNetwork.plan[family].tables.length > 0 || hasAddress(podNetwork, family));
  return families.flatMap((family) => {
    const found = escapesOf(podNetwork, family, most);
    if (found === null) throw badOption('escapes', `of ${family} are more kinds of packets than can be listed`);
    return found;
  });
}

/** The ports that the proxy of a plan listens on, as `verdictOf` asks for them; also of the values of two settings. */
export function proxyPortsOf(of: CapturePlan | Parameters<typeof portsOf>[0]): ProxyPorts {
  return portsOf('settings' in of ? valuesOf(of.settings) : of);
}

/** What changed between two releases (`'1.20..1.28'`), or with one. Throws a ProblemError for what is no range. */
export function changes(range: string): ReleaseChanges {
  const named = text('changes', range);
  return inOwnWords(
    () => 'changes',
    () => {
      const { from, to } = readReleaseRange(named);
      return changesBetween(from, to);
    },
  );
}

function networkOf(called: string, plan: CapturePlan, facts: PodFacts): PodNetwork {
  return podNetworkOfPlan(planIn(called, plan), { facts: podFacts(facts) });
}

function podFacts(facts: unknown): ReturnType<typeof factsFrom> {
  return factsFrom(fields('facts', facts, ['addresses', 'nameservers']));
}

function hasAddress({ facts }: PodNetwork, family: Family): boolean {
  return family === 'ip' || (facts.addresses ?? []).some((address) => address.includes(':'));
}

const NO_RULES = 'has no rules in it; what is read: a save, a listing, a log, or a page with one of them';

function observationOf(name: string, rules: unknown): Observation {
  if (typeof rules === 'string') {
    const found = readRules(rules);
    if (found.problems.some(({ code }) => code === 'no-rules-found' || code === 'empty-text')) throw badOption(name, NO_RULES);
    return observeRules(found);
  }
  if (isRules(rules)) return 'seen' in rules ? (rules as Observation) : observeAll(rules);
  throw badOption(name, 'wants rules: a text, what read() gives, or a plan');
}

function planIn(name: string, plan: unknown): CapturePlan {
  if (isRules(plan) && 'settings' in plan && 'release' in plan) return plan as unknown as CapturePlan;
  throw badOption(name, 'wants a plan, as plan() gives it');
}

function isRules(value: unknown): value is Pick<CapturePlan, 'ip' | 'ip6'> {
  const has = (family: Family): boolean =>
    Array.isArray((value as Readonly<Record<Family, { tables?: unknown } | undefined>>)[family]?.tables);
  return typeof value === 'object' && value !== null && FAMILIES.every(has);
}
