/** DNS capture of 1.6 to 1.8: UDP only, IPv4 only, every server, switched on by the environment. */

import { port } from '../../../netfilter/numbers.ts';
import type { KnownMatch } from '../../../netfilter/rule/match.ts';
import { match } from '../../../netfilter/rule/match.ts';
import { ownedBy, ownerId, proxyOwners } from './owners.ts';
import type { Owner } from './parts.ts';
import { RETURN, redirect, TO_DNS, UDP } from './parts.ts';
import type { Concern, Step } from './step.ts';
import { append } from './step.ts';

const QUERY: readonly KnownMatch[] = [UDP, TO_DNS];

/** Queries that don't come from the agent go to its port on 127.0.0.1. */
export const legacyDns: Concern = ({ family, values, switches, has, dns }) => {
  if (dns === 'off' || family === 'ip6') return [];
  const owners = proxyOwners(values);
  // The first agent had this port alone, however the capture was requested.
  const agent = has('dnsCapture15013') ? 15013 : switches.dnsPort;
  const reason = { text: `DNS over UDP goes to the agent on ${agent}.`, settings: ['dns.capture'] } as const;
  if (has('dnsCapture15013')) {
    // Group 0 is left out here: it stands for root beside the proxy, and root's queries were to be captured.
    const groups = owners.filter((owner) => owner.kind === 'gid-owner' && owner.name !== '0');
    return [...groups.map(fromAgent), append('nat', 'OUTPUT', QUERY, redirect(agent), { ...reason, id: 'nat.dns-udp' })];
  }
  if (!has('dnsByAddress')) return [];
  return [
    ...owners.map(fromAgent),
    append('nat', 'OUTPUT', QUERY, { kind: 'DNAT', value: { to: `127.0.0.1:${agent}` } }, { ...reason, id: 'nat.dns-udp' }),
    append(
      'nat',
      'POSTROUTING',
      [UDP, match('destination-port', port(agent))],
      { kind: 'SNAT', value: { to: '127.0.0.1' } },
      {
        ...reason,
        id: 'nat.dns-udp-source',
        text: 'Queries to the agent come from 127.0.0.1, so that its answers find their way back.',
      },
    ),
  ];
};

function fromAgent(owner: Owner): Step {
  return append('nat', 'OUTPUT', [...QUERY, ownedBy(owner)], RETURN, {
    id: `nat.dns-from-proxy.${ownerId(owner)}`,
    text: 'Queries of the agent itself go to the server.',
    settings: ['dns.capture', owner.setting],
  });
}
