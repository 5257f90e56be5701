/** DNS capture since 1.9: to the agent on 15053, over TCP and UDP, in conntrack zones of its own. */

import type { Network } from '../../../netfilter/address/network.ts';
import { port } from '../../../netfilter/numbers.ts';
import type { KnownMatch } from '../../../netfilter/rule/match.ts';
import { match } from '../../../netfilter/rule/match.ts';
import type { Target } from '../../../netfilter/rule/target.ts';
import { groupMatches, ownedBy, ownerId, proxyOwners } from './owners.ts';
import { FROM_DNS, jump, RETURN, redirect, TCP, TO_DNS, UDP, zone } from './parts.ts';
import type { Concern, Context, Reason, Step } from './step.ts';
import { append } from './step.ts';

/** Queries on their way to a server, and the agent's answers to the application. */
const APP_ZONE = 2;
/** The agent's own queries, and the answers of a server. */
const AGENT_ZONE = 1;

/** Whom a captured query was meant for: one server, or anyone. */
interface Server {
  readonly name: string;
  readonly to: readonly KnownMatch[];
  readonly from: readonly KnownMatch[];
}

function serversAsMatches({ dns, servers, has }: Context): readonly Server[] {
  if (dns === 'all') return [{ name: 'all', to: [], from: [] }];
  // Until 1.20 the zone of an answer was looked up by its destination, which is the pod itself.
  const from = (server: Network): KnownMatch => match(has('dnsZoneBySource') ? 'source' : 'destination', server);
  return servers.map((server) => ({ name: server.address, to: [match('destination', server)], from: [from(server)] }));
}

function because(id: string, text: string): Reason {
  return { id, text, settings: ['dns.capture'] };
}

/** In ISTIO_OUTPUT, before loopback is let through: resolv.conf may name 127.0.0.53. */
export const dnsInOutput: Concern = (context) =>
  isRedirected(context) && !context.has('dnsChain') ? dnsOver(TCP, context, 'ISTIO_OUTPUT') : [];

function isRedirected({ dns, has }: Context): boolean {
  return dns !== 'off' && has('dnsByRedirect');
}

/** The same since DNS has a chain of its own, in the parts that the program makes for one family after the other. */
export const dnsInChain: readonly Concern[] = [
  whereInChain(jumpsToDns),
  whereInChain((context) => dnsOver(TCP, context, 'ISTIO_OUTPUT_DNS')),
  whereInChain((context) => dnsOver(UDP, context, 'ISTIO_OUTPUT_DNS')),
  whereInChain((context) => ownerZones(context, 'ISTIO_OUTPUT_DNS')),
  whereInChain(jumpToAnswers),
  whereInChain((context) => serverZones(context, 'ISTIO_OUTPUT_DNS', 'ISTIO_INBOUND')),
];

function whereInChain(part: Concern): Concern {
  return (context) => (isRedirected(context) && context.has('dnsChain') ? part(context) : []);
}

/** The native program jumps for whatever servers there are, those of a family that is off included. */
function matchesAny(context: Context): boolean {
  return serversAsMatches(context).length > 0 || (context.native && context.anyServer);
}

function jumpsToDns(context: Context): readonly Step[] {
  const reasons = {
    raw: because('raw.jump-dns', 'DNS gets conntrack zones in a chain of its own.'),
    nat: because('nat.jump-dns', 'DNS is captured in a chain of its own.'),
  };
  return [
    append('raw', 'OUTPUT', [], jump('ISTIO_OUTPUT_DNS'), reasons.raw),
    ...(matchesAny(context) ? [append('nat', 'ISTIO_OUTPUT', [], jump('ISTIO_OUTPUT_DNS'), reasons.nat)] : []),
  ];
}

function jumpToAnswers(context: Context): readonly Step[] {
  const reason = because('raw.jump-inbound', 'Answers of servers get their zone in a chain of their own.');
  return matchesAny(context) ? [append('raw', 'PREROUTING', [], jump('ISTIO_INBOUND'), reason)] : [];
}

/** After the included ranges, until DNS got its chain: UDP never entered ISTIO_OUTPUT before 1.23. */
export const dnsAfterRanges: Concern = (context) => {
  const { dns, has } = context;
  if (dns === 'off' || !has('dnsByRedirect') || has('dnsChain')) return [];
  const own = has('dnsUdpInOutput');
  const chain = own ? 'ISTIO_OUTPUT' : 'OUTPUT';
  const jumps = ['nat', 'raw'].map((table) =>
    append(table, 'OUTPUT', [UDP], jump('ISTIO_OUTPUT'), {
      ...because(`${table}.jump-outbound-udp`, 'UDP goes through ISTIO_OUTPUT, for DNS.'),
      trace: 'JumpOutbound',
    }),
  );
  return [
    ...(own ? jumps : []),
    ...notFromProxy(context, chain),
    ...dnsOver(UDP, context, chain),
    ...(needsZones(context) ? [...ownerZones(context, chain), ...serverZones(context, chain, 'PREROUTING')] : []),
  ];
};

function needsZones({ has, switches }: Context): boolean {
  return has('dnsZones') || (has('dnsZonesByEnvironment') && switches.dnsZones);
}

function dnsOver(protocol: KnownMatch, context: Context, chain: string): readonly Step[] {
  const name = String(protocol.value);
  const agent = context.switches.dnsPort;
  return serversAsMatches(context).map((server) => {
    const reason = because(
      `nat.dns-${name}.${server.name}`,
      `DNS over ${name.toUpperCase()} to ${server.name} goes to the agent on ${agent}.`,
    );
    return append('nat', chain, [...server.to, protocol, TO_DNS], redirect(agent), reason);
  });
}

/** The agent's own queries, and those of groups that are not captured, go to the server. */
function notFromProxy({ values, has }: Context, chain: string): readonly Step[] {
  const owners = proxyOwners(values).map((owner) =>
    append('nat', chain, [UDP, TO_DNS, ownedBy(owner)], RETURN, {
      id: `nat.dns-from-proxy.${ownerId(owner)}`,
      text: 'Queries of the agent itself go to the server.',
      settings: ['dns.capture', owner.setting],
    }),
  );
  const groups = has('ownerGroups') ? groupMatches(values) : [];
  return [
    ...owners,
    ...groups.map(({ matches, id, text, setting }) =>
      append('nat', chain, [UDP, TO_DNS, ...matches], RETURN, { id: `nat.dns-${id}`, text, settings: [setting] }),
    ),
  ];
}

function ownerZones({ values, switches }: Context, chain: string): readonly Step[] {
  const fromAgent = match('source-port', port(switches.dnsPort));
  return proxyOwners(values).flatMap((owner) => [
    inZone(
      chain,
      [UDP, TO_DNS, ownedBy(owner)],
      AGENT_ZONE,
      `query-of-agent.${ownerId(owner)}`,
      'Queries of the agent are tracked apart from those of the application.',
    ),
    inZone(
      chain,
      [UDP, fromAgent, ownedBy(owner)],
      APP_ZONE,
      `answer-of-agent.${ownerId(owner)}`,
      'Answers of the agent belong to the queries of the application.',
    ),
  ]);
}

function serverZones(context: Context, chain: string, inbound: string): readonly Step[] {
  return serversAsMatches(context).flatMap((server) => [
    inZone(
      chain,
      [UDP, TO_DNS, ...server.to],
      APP_ZONE,
      `query-of-app.${server.name}`,
      `Queries of the application to ${server.name} are tracked apart from those of the agent.`,
    ),
    inZone(
      inbound,
      [UDP, FROM_DNS, ...server.from],
      AGENT_ZONE,
      `answer-of-server.${server.name}`,
      `Answers of ${server.name} belong to the queries of the agent.`,
    ),
  ]);
}

function inZone(chain: string, matches: readonly KnownMatch[], number: number, id: string, text: string): Step {
  const target: Target = zone(number);
  return append('raw', chain, matches, target, because(`raw.zone-${id}`, text));
}
