/** Outbound capture: from OUTPUT through the exceptions to ISTIO_REDIRECT. */

import type { Network } from '../../../netfilter/address/network.ts';
import { printNetwork } from '../../../netfilter/address/network.ts';
import { printPortRange } from '../../../netfilter/numbers.ts';
import type { KnownMatch } from '../../../netfilter/rule/match.ts';
import { match } from '../../../netfilter/rule/match.ts';
import { rerouteAll } from './interfaces.ts';
import { jump, RETURN, TCP, TO_LOOPBACK_INTERFACE, UDP } from './parts.ts';
import type { Concern, Context, Step } from './step.ts';
import { append, insert } from './step.ts';

/** The jump from OUTPUT, excluded ports, and what the proxy sends to its own pod. */
export const outboundStart: Concern = (context) => {
  const { has, passthrough } = context;
  const start = append('nat', 'OUTPUT', has('outputAllProtocols') ? [] : [TCP], jump('ISTIO_OUTPUT'), {
    id: 'nat.jump-outbound',
    text: 'What the pod sends goes through ISTIO_OUTPUT.',
    settings: [],
    trace: 'JumpOutbound',
  });
  const fromProxy = append('nat', 'ISTIO_OUTPUT', [TO_LOOPBACK_INTERFACE, match('source', passthrough)], RETURN, {
    id: 'nat.proxy-to-app',
    text: `The proxy delivers to the application from ${passthrough.address}: captured, it would be a loop.`,
    settings: [],
  });
  return [start, ...excludedPorts(context), ...(has('passthroughAddress') ? [fromProxy] : [])];
};

function excludedPorts({ values, has }: Context): readonly Step[] {
  if (!has('excludeOutboundPorts')) return [];
  const protocols = has('excludeOutboundUdp') ? [TCP, UDP] : [TCP];
  return values['outbound.excludePorts'].flatMap((range) =>
    protocols.map((protocol) =>
      append('nat', 'ISTIO_OUTPUT', [protocol, match('destination-port', range)], RETURN, {
        id: `nat.exclude-outbound-${protocol.value}-port.${printPortRange(range)}`,
        text: `Outbound port ${printPortRange(range)} is left alone.`,
        settings: ['outbound.excludePorts'],
      }),
    ),
  );
}

/** Loopback, then excluded ranges. */
export const outboundExceptions: Concern = ({ family, values, has, loopback, native }) => {
  const ranges = family === 'ip' || has('ranges6') ? inFamily(values['outbound.excludeRanges'], family) : [];
  return [
    append('nat', 'ISTIO_OUTPUT', [match('destination', loopback)], RETURN, {
      id: 'nat.loopback',
      text: 'Traffic to loopback stays in the pod.',
      settings: ['outbound.loopback'],
    }),
    ...ranges.map((range) =>
      append('nat', 'ISTIO_OUTPUT', toRange(range, native), RETURN, {
        id: `nat.exclude-range.${printNetwork(range)}`,
        text: `Destinations in ${printNetwork(range)} are left alone.`,
        settings: ['outbound.excludeRanges'],
      }),
    ),
  ];
};

// The kernel keeps no trace of `-d 0.0.0.0/0`: a save has none, and so has a plan. In a table of both families it says which.
function toRange(range: Network, native: boolean): readonly KnownMatch[] {
  return range.prefix === 0 && !native ? [] : [match('destination', range)];
}

function inFamily(ranges: readonly Network[], family: string): readonly Network[] {
  return ranges.filter((range) => range.family === family);
}

/** Ports that are captured whatever the destination. */
export const includedPorts: Concern = ({ family, values, has }) => {
  if (!has(family === 'ip' ? 'includeOutboundPorts' : 'includeOutboundPorts6')) return [];
  return values['outbound.includePorts'].map((range) =>
    append('nat', 'ISTIO_OUTPUT', [TCP, match('destination-port', range)], jump('ISTIO_REDIRECT'), {
      id: `nat.include-outbound-port.${printPortRange(range)}`,
      text: `Outbound port ${printPortRange(range)} is captured.`,
      settings: ['outbound.includePorts'],
    }),
  );
};

/** Destinations that are captured; what enters by rerouted interfaces follows them. */
export const includedRanges: Concern = (context) => {
  const { family, values, has } = context;
  const included = values['outbound.includeRanges'];
  if (included === '*') {
    const all = append('nat', 'ISTIO_OUTPUT', [], jump('ISTIO_REDIRECT'), {
      id: 'nat.include-all',
      text: 'Everything else is captured.',
      settings: ['outbound.includeRanges'],
    });
    return [all, ...rerouteAll(context)];
  }
  const ranges = family === 'ip' || has('ranges6') ? inFamily(included, family) : [];
  if (ranges.length === 0) return [];
  const rest = append('nat', 'ISTIO_OUTPUT', [], RETURN, {
    id: 'nat.other-ranges',
    text: 'Other destinations are left alone.',
    settings: ['outbound.includeRanges'],
  });
  return [...ranges.flatMap((range) => includedRange(context, range)), ...(has('returnAfterRanges') ? [rest] : [])];
};

function includedRange({ values, has, native }: Context, range: Network): readonly Step[] {
  const to = toRange(range, native);
  const name = printNetwork(range);
  const interfaces = has('rerouteInterfaces') ? values['interfaces.reroute'] : [];
  return [
    ...interfaces.map((device) =>
      insert(1, 'nat', 'PREROUTING', [match('in-interface', device), ...to], jump('ISTIO_REDIRECT'), {
        id: `nat.reroute.${device}.${name}`,
        text: `What a virtual machine sends through ${device} to ${name} is captured.`,
        settings: ['interfaces.reroute', 'outbound.includeRanges'],
        trace: 'KubevirtCommand',
      }),
    ),
    append('nat', 'ISTIO_OUTPUT', to, jump('ISTIO_REDIRECT'), {
      id: `nat.include-range.${name}`,
      text: `Destinations in ${name} are captured.`,
      settings: ['outbound.includeRanges'],
    }),
  ];
}
