/** Where a packet ends, in Istio's words. */

import type { How } from '../../netfilter/packet.ts';
import { namedAddress } from '../../netfilter/rule/match.ts';
import type { End, Outcome, Question, RulePlace } from '../../netfilter/trace/result.ts';
import type { SettingValues } from '../settings/settings.ts';
import { ownerText } from './packet/text.ts';
import type { Owner } from './pod.ts';

/** The answers of `trace` and `check`: scripts rely on them, so they stay as they are. */
export const VERDICTS = [
  'envoy-inbound',
  'envoy-outbound',
  'ztunnel-inbound',
  'ztunnel-outbound',
  'dns-agent',
  'other-proxy',
  'direct',
  'refused',
  'dropped',
  'unknown',
  'loop',
] as const;

/** What is said of a packet; only a whole request loops. */
export type VerdictId = Exclude<(typeof VERDICTS)[number], 'loop'>;

const CAUGHT: readonly VerdictId[] = ['envoy-inbound', 'envoy-outbound', 'ztunnel-inbound', 'ztunnel-outbound', 'dns-agent'];

/** Whether Istio's own proxy, or its agent, gets it. */
export function isCaught({ id }: Pick<Verdict, 'id'>): boolean {
  return CAUGHT.includes(id);
}

export interface Verdict {
  readonly id: VerdictId;
  /** A phrase without a full stop: `caught by Envoy inbound (15006)`. */
  readonly words: string;
}

/** `envoy-inbound: caught by Envoy inbound (15006)`. */
export function verdictText({ id, words }: Verdict): string {
  if (words.startsWith(`${id}:`)) return words;
  return `${id}: ${words.startsWith(`${id} `) ? words.slice(id.length + 1) : words}`;
}

/** A proxy that is not Istio's: who it runs as is whom its own rules let through. */
export interface OtherProxy {
  readonly ports: readonly number[];
  readonly owner: Owner;
  /** What it marks its own calls with, where its rules ask for that. */
  readonly mark?: number;
}

/** The ports that proxies of the pod listen on, and the agent. */
export interface ProxyPorts {
  /** Whose they are: a sidecar's Envoy without it. */
  readonly of?: 'ztunnel';
  readonly outbound: number;
  /** The same as `outbound` in releases that have one listener. */
  readonly inbound: number;
  readonly dns: readonly number[];
  /** Proxies beside Istio's. */
  readonly others?: readonly OtherProxy[];
}

// 15013 was the agent's port in its first releases.
const DNS_PORTS: readonly number[] = [15053, 15013];

export function proxyPortsOf(values: Pick<SettingValues, 'proxy.port' | 'proxy.inboundPort'>): ProxyPorts {
  return { outbound: values['proxy.port'], inbound: values['proxy.inboundPort'], dns: DNS_PORTS };
}

/** Where a proxy listens unless it was told otherwise. */
export const USUAL_PORTS: ProxyPorts = { outbound: 15001, inbound: 15006, dns: DNS_PORTS };

/** The verdict of an end. An end with several outcomes has the verdict that all of them have, or `unknown`. */
export function verdictOf(end: End, ports: ProxyPorts): Verdict {
  switch (end.kind) {
    case 'local':
      return localVerdict(end, ports);
    case 'sent':
      return { id: 'direct', words: `leaves the pod${by(end.outInterface)}, not caught` };
    case 'forwarded':
      return { id: 'direct', words: `is forwarded${by(end.outInterface)}, not caught` };
    case 'dropped':
      return { id: 'dropped', words: `dropped ${droppedBy(end.by)}` };
    case 'rejected':
      return { id: 'dropped', words: `rejected with ${end.with} by ${rulePlaceText(end.by)}` };
    case 'queued':
      return {
        id: 'unknown',
        words: `unknown: ${'position' in end.by ? rulePlaceText(end.by) : policyOf(end.by)} queues it for a program`,
      };
    case 'unknown':
      return unknownVerdict(end.why, end.outcomes, ports);
    default:
      return end satisfies never;
  }
}

function by(outInterface: string | undefined): string {
  return outInterface === undefined ? '' : ` by ${outInterface}`;
}

function localVerdict(end: Extract<End, { kind: 'local' }>, ports: ProxyPorts): Verdict {
  const { how, port } = end;
  const at = port === undefined ? '' : ` (${port})`;
  switch (how) {
    case 'reply':
      return { id: 'direct', words: 'goes back to the socket that opened the connection' };
    case 'mark':
      return { id: 'direct', words: `is delivered here by its mark${at}` };
    case 'plain':
      if (ports.of === 'ztunnel' && port === TUNNEL_PORT) return { id: 'ztunnel-inbound', words: `reaches ztunnel${at}` };
      return { id: 'direct', words: port === undefined ? 'reaches the pod, not caught' : `reaches port ${port} of the pod, not caught` };
    case 'redirect':
    case 'dnat':
    case 'tproxy':
      return caught(end, ports, at);
    default:
      return how satisfies never;
  }
}

function caught({ port, how, by: rule }: Extract<End, { kind: 'local' }>, ports: ProxyPorts, at: string): Verdict {
  if (port === undefined) return { id: 'unknown', words: 'unknown: it is sent to a port that the kernel chooses' };
  const other = otherProxyOn(port, ports);
  if (other !== undefined) return { id: 'other-proxy', words: `caught by another proxy (${[port, ...idsOf(other)].join(', ')})` };
  const ztunnel = ports.of === 'ztunnel';
  if (ports.dns.includes(port))
    return { id: 'dns-agent', words: `caught by ${ztunnel ? 'ztunnel, which answers DNS' : 'the DNS agent'}${at}` };
  if (ztunnel && port === TUNNEL_PORT) return { id: 'ztunnel-inbound', words: `caught by ztunnel${at}` };
  const operand = operandOf(port, how, rule, ports);
  if (operand === undefined) return { id: 'direct', words: `sent to port ${port}, which is not a port of the proxy` };
  return ztunnel
    ? { id: `ztunnel-${operand}`, words: `caught by ztunnel${at}` }
    : { id: `envoy-${operand}`, words: `caught by Envoy ${operand}${at}` };
}

/** Where tunnels (HBONE) between pods in ambient mode arrive: ztunnel listens there itself. */
export const TUNNEL_PORT = 15008;

/** The proxy beside Istio's that listens on a port. */
export function otherProxyOn(port: number | undefined, { others = [] }: ProxyPorts): OtherProxy | undefined {
  return port === undefined ? undefined : others.find((one) => one.ports.includes(port));
}

function idsOf({ owner, mark }: OtherProxy): readonly string[] {
  const ids = ownerText(owner).replace(/^ \(|\)$/g, '');
  return [ids === '' ? [] : ids, mark === undefined ? [] : `mark ${mark}`].flat();
}

/**
 * By the port. The port for outbound traffic takes inbound traffic as well where the releases before the inbound port
 * send it there, and later ones for listed ports: then the rule tells, for ISTIO_IN_REDIRECT and TPROXY are inbound only.
 */
function operandOf(
  port: number,
  how: How,
  rule: RulePlace | undefined,
  { inbound, outbound }: ProxyPorts,
): 'inbound' | 'outbound' | undefined {
  if (port !== inbound && port !== outbound) return undefined;
  const inward = how === 'tproxy' || rule?.chain === 'ISTIO_IN_REDIRECT' || rule?.chain === 'PREROUTING';
  return inward || port !== outbound ? 'inbound' : 'outbound';
}

/** `rule 2 of OUTPUT in nat` */
export function rulePlaceText({ table, chain, position }: RulePlace): string {
  return `rule ${position} of ${chain} in ${table}`;
}

function policyOf({ table, chain }: { readonly table: string; readonly chain: string }): string {
  return `the policy of ${chain} in ${table}`;
}

function droppedBy(by: Extract<End, { kind: 'dropped' }>['by']): string {
  switch (by.kind) {
    case 'rule':
      return `by ${rulePlaceText(by)}`;
    case 'policy':
      return `by ${policyOf(by)}`;
    case 'no-listener':
      return `by ${rulePlaceText(by)}: no transparent socket listens on ${by.port}`;
    case 'no-address':
      return `by ${rulePlaceText(by)}: its interface has no address to send it to`;
    case 'martian':
      return `by routing: ${by.field === 'source' ? 'its source is an address of the pod or of loopback' : 'its destination is an address of loopback'}`;
    case 'no-route':
      return `by routing: ${by.why}`;
    case 'tcp-to-many':
      return 'by TCP: it opens no connection to a broadcast or multicast address';
    case 'not-joined':
      return 'by routing: the pod is not in this multicast group';
    case 'no-forwarding':
      return 'by routing: it is for another machine, and the pod forwards nothing';
    case 'has-socket':
      return 'by routing: it is for another machine, but a socket of the pod holds it, and such packets are not forwarded';
    default:
      return by satisfies never;
  }
}

function unknownVerdict(why: Question, outcomes: readonly Outcome[], ports: ProxyPorts): Verdict {
  const verdicts = outcomes.map(({ end }) => verdictOf(end, ports));
  const [first, ...others] = verdicts;
  if (first !== undefined && others.every(({ id }) => id === first.id)) {
    return others.every(({ words }) => words === first.words) ? first : { ...first, words: `${first.words}, by one way or another` };
  }
  const known = outcomes.flatMap(({ end }) => possible(end, ports));
  const ids = VERDICTS.filter((id) => known.some((one) => one === id));
  const choice = ids.length === 0 ? '' : `: ${ids.join(' or ')}`;
  return { id: 'unknown', words: `unknown${choice}, ${questionText(why)}` };
}

/** All verdicts that an end can come to. */
function possible(end: End, ports: ProxyPorts): readonly VerdictId[] {
  if (end.kind === 'unknown' && end.outcomes.length > 0) return end.outcomes.flatMap((outcome) => possible(outcome.end, ports));
  return [verdictOf(end, ports).id];
}

/** What of the pod, beside its rules, a packet depends on. */
export const HOST_FACTS: Readonly<Record<Extract<Question, { kind: 'host' }>['fact'], string>> = {
  'transparent-socket': 'whether a transparent socket listens there',
  'policy-rule': 'whether a policy routing rule that is not understood applies to it',
  'multicast-group': 'whether the pod has joined this multicast group',
  forwarding: 'whether the pod forwards packets of others',
};

/** What an answer hangs on, in words that end a sentence. */
export function questionText(why: Question): string {
  switch (why.kind) {
    case 'field':
      return why.at === undefined
        ? `depends on the packet's ${why.field}`
        : `depends on the packet's ${why.field}, which ${rulePlaceText(why.at)} asks for`;
    case 'match': {
      const name = namedAddress(why.match);
      const reason = name === undefined ? 'has a match that is not understood' : `asks for ${name}, whose address is not known`;
      return `${rulePlaceText(why.at)} ${reason}`;
    }
    case 'target':
      return `${rulePlaceText(why.at)} has a target that is not understood`;
    case 'policy':
      return `${policyOf(why.at)} is not known`;
    case 'order':
      return `${why.first} and ${why.others.join(', ')} have the same priority, and it is not known which of them was made last`;
    case 'host':
      return `depends on ${HOST_FACTS[why.fact]}`;
    case 'loop':
      return `${rulePlaceText(why.at)} leads into a loop, which no kernel accepts`;
    case 'too-many':
      return 'too much is unknown to follow every case';
    default:
      return why satisfies never;
  }
}
