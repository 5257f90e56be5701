/** The rules that the node agent puts into a pod: one list, from which iptables and nft are made. */

import type { Network } from '../../../netfilter/address/network.ts';
import { everywhere } from '../../../netfilter/address/network.ts';
import type { Family } from '../../../netfilter/family.ts';
import { ALL_BITS, port } from '../../../netfilter/numbers.ts';
import type { KnownMatch, Match } from '../../../netfilter/rule/match.ts';
import { match, not } from '../../../netfilter/rule/match.ts';
import type { Target } from '../../../netfilter/rule/target.ts';
import type { Profile } from '../../releases/profile.ts';
import {
  ACCEPT,
  FROM_DNS,
  FROM_LOOPBACK_INTERFACE,
  jump,
  RETURN,
  redirect,
  TCP,
  TO_DNS,
  TO_LOOPBACK_INTERFACE,
  UDP,
  zone,
} from '../rules/parts.ts';
import type { Step } from '../rules/step.ts';
import { append } from '../rules/step.ts';

/** What the rules of one family depend on. */
export interface PodContext {
  readonly family: Family;
  readonly native: boolean;
  readonly tproxy: boolean;
  readonly dns: boolean;
  readonly ingress: boolean;
  readonly interfaces: readonly string[];
  /** From where the kubelet's health checks come. */
  readonly probe: Network;
  readonly loopback: Network;
  readonly has: Profile['has'];
}

/** Some bits of a mark say who made a packet: ztunnel its own, the connections that it takes part in the other. */
const BITS = 0xfff;
const BY_ZTUNNEL = match('mark', { value: 0x539, mask: BITS });
const OF_ZTUNNELS_CONNECTION = { value: 0x111, mask: BITS } as const;
const MARKED = match('mark', OF_ZTUNNELS_CONNECTION);

const OUTBOUND_PORT = 15001;
const PLAINTEXT_PORT = 15006;
const TUNNEL_PORT = 15008;
const DNS_PORT = 15053;

const ENTRY_CHAINS = { PREROUTING: 'ISTIO_PRERT', OUTPUT: 'ISTIO_OUTPUT' } as const;

type Hook = keyof typeof ENTRY_CHAINS;

function rule(table: string, hook: Hook, matches: readonly Match[], target: Target, id: string, text: string): Step {
  return append(table, ENTRY_CHAINS[hook], matches, target, { id: `${table}.ambient-${id}`, text, settings: [] });
}

function entry(table: string, hook: Hook): Step {
  const text = table === 'raw' ? 'DNS gets conntrack zones in a chain of its own.' : 'All packets go through a chain of their own.';
  return append(table, hook, [], jump(ENTRY_CHAINS[hook]), { id: `${table}.ambient-jump-${hook.toLowerCase()}`, text, settings: [] });
}

/** The rules of one family, in the agent's order. */
export function podRules(context: PodContext): readonly Step[] {
  const hooks = (table: string, both: boolean): readonly Step[] => [...(both ? [entry(table, 'PREROUTING')] : []), entry(table, 'OUTPUT')];
  return [
    ...hooks('mangle', true),
    ...hooks('nat', !context.tproxy),
    ...(needsZones(context) ? hooks('raw', true) : []),
    ...marks(context),
    ...virtualInterfaces(context),
    ...inbound(context),
    ...outbound(context),
    ...(needsZones(context) ? zones(context) : []),
  ];
}

function needsZones({ dns, has }: PodContext): boolean {
  return dns && has('ambientDnsTcp');
}

function marks({ tproxy, ingress, has }: PodContext): readonly Step[] {
  const all = { nfmask: ALL_BITS, ctmask: ALL_BITS } as const;
  const keep = rule(
    'mangle',
    'PREROUTING',
    [BY_ZTUNNEL],
    { kind: 'CONNMARK', value: { action: 'set', ...OF_ZTUNNELS_CONNECTION } },
    'keep-mark',
    'A connection that ztunnel makes into the pod is remembered as its own.',
  );
  const restore = rule(
    'mangle',
    'OUTPUT',
    [match('connmark', OF_ZTUNNELS_CONNECTION)],
    { kind: 'CONNMARK', value: { action: 'restore', ...all } },
    'restore-mark',
    'Answers on such a connection get its mark, and go back to ztunnel.',
  );
  return [...(ingress && !tproxy && !has('ambientIngressMark') ? [] : [keep]), restore];
}

/** The agent's calls name the module even where it asks nothing. */
const WITH_TCP: Match = { kind: 'opaque', text: '-m tcp' };

function probeMatches({ native, probe }: PodContext, of: 'source' | 'destination'): readonly Match[] {
  return native ? [TCP, match(of, probe)] : [match(of, probe), TCP, WITH_TCP];
}

function inbound(context: PodContext): readonly Step[] {
  const { family, tproxy, ingress, loopback } = context;
  const elsewhere = not(match('destination', loopback));
  const probe = (table: string): Step =>
    rule(
      table,
      'PREROUTING',
      probeMatches(context, 'source'),
      ACCEPT,
      'probe-in',
      'Health checks of the kubelet reach the application as they are.',
    );
  if (!tproxy) {
    if (ingress) return [];
    const plain = [elsewhere, TCP, not(match('destination-port', port(TUNNEL_PORT))), not(BY_ZTUNNEL)];
    return [
      probe('nat'),
      rule(
        'nat',
        'PREROUTING',
        plain,
        redirect(PLAINTEXT_PORT),
        'inbound',
        `What arrives without a tunnel goes to ztunnel on ${PLAINTEXT_PORT}.`,
      ),
    ];
  }
  const toProxy = (to: number): Target => ({
    kind: 'TPROXY',
    value: { port: to, address: everywhere(family).address, mark: OF_ZTUNNELS_CONNECTION },
  });
  return [
    probe('mangle'),
    rule(
      'mangle',
      'PREROUTING',
      [elsewhere, FROM_LOOPBACK_INTERFACE, TCP],
      ACCEPT,
      'own-calls-in',
      'Calls of the pod to itself arrive as they are.',
    ),
    rule(
      'mangle',
      'PREROUTING',
      [TCP, match('destination-port', port(TUNNEL_PORT)), not(BY_ZTUNNEL)],
      toProxy(TUNNEL_PORT),
      'tunnel',
      `Tunnels (HBONE) on port ${TUNNEL_PORT} are handed to ztunnel.`,
    ),
    rule(
      'mangle',
      'PREROUTING',
      [TCP, match('conntrack-state', ['RELATED', 'ESTABLISHED'])],
      ACCEPT,
      'known',
      'Packets of known connections go on.',
    ),
    rule(
      'mangle',
      'PREROUTING',
      [elsewhere, TCP, not(BY_ZTUNNEL)],
      toProxy(PLAINTEXT_PORT),
      'inbound',
      `Other connections are handed to ztunnel on ${PLAINTEXT_PORT}.`,
    ),
  ];
}

function virtualInterfaces({ interfaces }: PodContext): readonly Step[] {
  return interfaces.flatMap((name) => [
    rule(
      'nat',
      'PREROUTING',
      [match('in-interface', name), TCP],
      redirect(OUTBOUND_PORT),
      `reroute.${name}`,
      `What a virtual machine sends through ${name} counts as outbound.`,
    ),
    rule(
      'nat',
      'PREROUTING',
      [match('in-interface', name), TCP],
      RETURN,
      `reroute-return.${name}`,
      `Nothing else is done to what comes by ${name}.`,
    ),
  ]);
}

function outbound(context: PodContext): readonly Step[] {
  const { loopback } = context;
  const elsewhere = not(match('destination', loopback));
  return [
    rule(
      'nat',
      'OUTPUT',
      probeMatches(context, 'destination'),
      ACCEPT,
      'probe-out',
      'Answers to health checks of the kubelet go back as they are.',
    ),
    ...(context.dns ? dns(context, elsewhere) : []),
    rule('nat', 'OUTPUT', [TCP, MARKED], ACCEPT, 'of-ztunnel', "Answers on ztunnel's connections go back to it."),
    rule('nat', 'OUTPUT', [TO_LOOPBACK_INTERFACE, elsewhere], ACCEPT, 'own-calls-out', 'Calls of the pod to itself are left alone.'),
    rule(
      'nat',
      'OUTPUT',
      [TCP, elsewhere, not(BY_ZTUNNEL)],
      redirect(OUTBOUND_PORT),
      'outbound',
      `What the pod sends goes to ztunnel on ${OUTBOUND_PORT}.`,
    ),
  ];
}

function dns({ has }: PodContext, elsewhere: KnownMatch): readonly Step[] {
  const byOthers = has('ambientDnsTcp') ? [not(BY_ZTUNNEL)] : [];
  const text = (protocol: string): string => `DNS over ${protocol} goes to ztunnel on ${DNS_PORT}.`;
  const udp = rule('nat', 'OUTPUT', [not(TO_LOOPBACK_INTERFACE), ...byOthers, UDP, TO_DNS], redirect(DNS_PORT), 'dns-udp', text('UDP'));
  const tcp = rule('nat', 'OUTPUT', [elsewhere, TCP, TO_DNS, ...byOthers], redirect(DNS_PORT), 'dns-tcp', text('TCP'));
  return has('ambientDnsTcp') ? [udp, tcp] : [udp];
}

/** ztunnel's own queries are tracked apart from those of the application. */
function zones({ native }: PodContext): readonly Step[] {
  const of = (where: KnownMatch, mark: KnownMatch): readonly Match[] => (native ? [UDP, where, mark] : [UDP, mark, where]);
  return [
    rule(
      'raw',
      'OUTPUT',
      of(TO_DNS, BY_ZTUNNEL),
      zone(1),
      'zone-query',
      "ztunnel's own queries are tracked apart from those of the application.",
    ),
    rule('raw', 'PREROUTING', of(FROM_DNS, not(BY_ZTUNNEL)), zone(1), 'zone-answer', "Answers of servers belong to ztunnel's queries."),
  ];
}
