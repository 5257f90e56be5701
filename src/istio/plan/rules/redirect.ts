/** The chains that send a connection to the proxy's two ports, and the tunnel port, which stays away from them. */

import { port } from '../../../netfilter/numbers.ts';
import { match } from '../../../netfilter/rule/match.ts';
import { RETURN, redirect, TCP, TO_DNS } from './parts.ts';
import type { Concern, Context } from './step.ts';
import { append } from './step.ts';

/** The tunnel port reaches the proxy's own listener: always in nat, even where nothing jumps to the chain. */
export const tunnelPort: Concern = ({ values, has }) => {
  if (!has('tunnelPortReturn')) return [];
  const number = values['proxy.tunnelPort'];
  return [
    append('nat', 'ISTIO_INBOUND', [TCP, match('destination-port', port(number))], RETURN, {
      id: 'nat.inbound-tunnel-port',
      text: `Tunnels (HBONE) on port ${number} reach the proxy's listener as they are.`,
      settings: ['proxy.tunnelPort'],
    }),
  ];
};

/** ISTIO_REDIRECT and ISTIO_IN_REDIRECT. */
export const redirectChains: Concern = (context) => {
  const { values, switches, has, dns } = context;
  const outbound = append('nat', 'ISTIO_REDIRECT', [TCP], redirect(values['proxy.port']), {
    id: 'nat.redirect-outbound',
    text: `What is captured outbound goes to the proxy on ${values['proxy.port']}.`,
    settings: ['proxy.port'],
  });
  const inboundPort = effectiveInboundPort(context);
  const inbound = append('nat', 'ISTIO_IN_REDIRECT', [TCP], redirect(inboundPort), {
    id: 'nat.redirect-inbound',
    text: `What is captured inbound goes to the proxy on ${inboundPort}.`,
    settings: ['proxy.inboundPort', 'proxy.port', 'inbound.includePorts'],
    trace: 'InboundCapture',
  });
  const dnsOverTcp = append('nat', 'ISTIO_REDIRECT', [TCP, TO_DNS], redirect(switches.dnsPort), {
    id: 'nat.redirect-dns-tcp',
    text: `Captured DNS over TCP goes to the agent on ${switches.dnsPort}.`,
    settings: ['dns.capture'],
  });
  return dns !== 'off' && has('dnsTcpInRedirect') ? [dnsOverTcp, outbound, inbound] : [outbound, inbound];
};

function effectiveInboundPort({ values, has }: Context): number {
  const listed = values['inbound.includePorts'] !== '*';
  return has('inboundPortForAllOnly') && listed ? values['proxy.port'] : values['proxy.inboundPort'];
}
