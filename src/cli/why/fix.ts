/** What would make a connection go the other way, found by trying: only what does so is said. */

import { traceIn, verdictIn } from '../../istio/packets/pod-network.ts';
import type { Verdict } from '../../istio/packets/verdict.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { planFor } from '../../istio/plan/plan.ts';
import { ProblemError } from '../../istio/problems.ts';
import type { SettingKey, SettingValues } from '../../istio/settings/settings.ts';
import { addressValue, networkRange } from '../../netfilter/address/address.ts';
import type { Network } from '../../netfilter/address/network.ts';
import { addressBits, printNetwork } from '../../netfilter/address/network.ts';
import type { PortRange } from '../../netfilter/numbers.ts';
import { port, printPortRange } from '../../netfilter/numbers.ts';
import type { Packet } from '../../netfilter/packet.ts';
import { annotationFor } from './annotation.ts';
import type { Answer } from './answer.ts';

export interface Fix {
  /** `remove 3306 from traffic.sidecar.istio.io/excludeOutboundPorts, and it is captured`. */
  readonly words: string;
  /** Where the connection goes then. */
  readonly verdict: Verdict;
}

interface FixCandidate {
  readonly key: SettingKey;
  readonly value: unknown;
  readonly words: string;
}

/** The first attempt after which the connection goes the other way; undefined where none does, or nobody knows the settings. */
export function fixFor(answer: Answer): Fix | undefined {
  const { plan, verdict, decision, context } = answer;
  const { packet } = answer.spoken;
  if (plan === undefined || verdict.id === 'unknown') return undefined;
  const name = (key: SettingKey): string => (decision?.setting?.key === key ? decision.setting.name : (annotationFor(key) ?? key));
  const isDirect = verdict.id === 'direct';
  const planned = answer.observed ? verdictWith(answer) : undefined;
  if (planned !== undefined && planned.id !== verdict.id)
    return {
      words: `the rules are not those of Istio ${plan.release}, by which it is ${planned.id}: istio-init check says what is different`,
      verdict: planned,
    };
  for (const { key, value, words } of isDirect ? toCapture(packet, plan, name) : toPass(packet, verdict, plan, name)) {
    const then = verdictWith(answer, key, value);
    if (then === undefined || then.id === verdict.id || (then.id === 'direct') === isDirect) continue;
    return { words: `${words}, and it ${isDirect ? 'is captured' : 'bypasses the proxy'}`, verdict: then };
  }
  const { uid } = packet;
  if (isDirect && uid !== undefined && uid !== null && uid === context.podNetwork.pod.proxy.uid)
    return { words: `run the application as another user than ${uid}, the proxy's, and it is captured`, verdict };
  return undefined;
}

function verdictWith({ context: { podNetwork }, spoken, plan }: Answer, key?: SettingKey, value?: unknown): Verdict | undefined {
  if (plan === undefined) return undefined;
  try {
    const source = { kind: 'option', option: 'why' } as const;
    const changed = key === undefined ? plan : planFor({ ...plan.settings, [key]: { value, source } }, plan.release, podNetwork.facts);
    const network = { ...podNetwork, plan: changed, unseen: { ip: [], ip6: [] } };
    return verdictIn(network, traceIn(network, spoken.packet));
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

type NameOf = (key: SettingKey) => string;

function valuesIn({ settings }: CapturePlan): { readonly [K in SettingKey]: SettingValues[K] } {
  return Object.fromEntries(Object.entries(settings).map(([key, { value }]) => [key, value])) as unknown as SettingValues;
}

function toCapture(packet: Packet, plan: CapturePlan, nameOf: NameOf): readonly FixCandidate[] {
  const values = valuesIn(plan);
  const inbound = packet.origin === 'remote';
  const excluded = inbound ? 'inbound.excludePorts' : 'outbound.excludePorts';
  const isPort = (range: PortRange): boolean => hasPort(range, packet.destinationPort);
  const isRange = (range: Network): boolean => hasAddress(range, packet.destination);
  const removed = <V>(key: SettingKey, all: readonly V[], is: (one: V) => boolean, print: (one: V) => string): readonly FixCandidate[] =>
    all.some(is)
      ? [{ key, value: all.filter((one) => !is(one)), words: `remove ${all.filter(is).map(print).join(', ')} from ${nameOf(key)}` }]
      : [];
  const added = <V>(key: SettingKey, all: '*' | readonly V[], one: V, print: (one: V) => string): readonly FixCandidate[] =>
    all === '*' ? [] : [{ key, value: [...all, one], words: `add ${print(one)} to ${nameOf(key)}` }];
  const destination = networkOf(packet);
  return [
    ...removed(excluded, values[excluded], isPort, printPortRange),
    ...(inbound ? [] : removed('outbound.excludeRanges', values['outbound.excludeRanges'], isRange, printNetwork)),
    ...(inbound && packet.destinationPort !== undefined && packet.destinationPort !== null
      ? added('inbound.includePorts', values['inbound.includePorts'], port(packet.destinationPort), printPortRange)
      : []),
    ...(inbound || destination === undefined
      ? []
      : added('outbound.includeRanges', values['outbound.includeRanges'], destination, printNetwork)),
    ...removed('interfaces.exclude', values['interfaces.exclude'], () => true, String),
  ];
}

function toPass({ destinationPort, origin }: Packet, { id }: Verdict, plan: CapturePlan, nameOf: NameOf): readonly FixCandidate[] {
  if (typeof destinationPort !== 'number' || !['envoy-inbound', 'envoy-outbound'].includes(id)) return [];
  const key = origin === 'remote' ? 'inbound.excludePorts' : 'outbound.excludePorts';
  return [
    {
      key,
      value: [...valuesIn(plan)[key], port(destinationPort)],
      words: `add ${destinationPort} to ${annotationFor(key) ?? nameOf(key)}`,
    },
  ];
}

function hasPort(range: PortRange, number: Packet['destinationPort']): boolean {
  return 'first' in range && typeof number === 'number' && range.first <= number && number <= range.last;
}

function hasAddress(range: Network, address: Packet['destination']): boolean {
  if (typeof address !== 'string' || address.includes(':') !== (range.family === 'ip6')) return false;
  const { first, last } = networkRange(range);
  const value = addressValue(address, range.family);
  return first <= value && value <= last;
}

function networkOf({ destination, family }: Packet): Network | undefined {
  return typeof destination === 'string' ? { family, address: destination, prefix: addressBits(family) } : undefined;
}
