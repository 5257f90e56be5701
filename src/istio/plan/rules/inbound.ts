/** Inbound capture: from PREROUTING to the proxy, by REDIRECT in nat or by TPROXY in mangle. */

import { everywhere } from '../../../netfilter/address/network.ts';
import { ALL_BITS, port, printPortRange } from '../../../netfilter/numbers.ts';
import type { Match } from '../../../netfilter/rule/match.ts';
import { match, not } from '../../../netfilter/rule/match.ts';
import type { SettingKey } from '../../settings/settings.ts';
import { ACCEPT, jump, RETURN, setMark, TCP } from './parts.ts';
import type { Concern, Context, Step } from './step.ts';
import { append } from './step.ts';

const INCLUDE: readonly SettingKey[] = ['inbound.includePorts'];

/** Everything of ISTIO_INBOUND; nothing where no inbound port is wanted. */
export const inbound: Concern = (context) => {
  const ports = context.values['inbound.includePorts'];
  if (ports.length === 0 && !context.switches.emptyInboundList) return [];
  const table = context.tproxy ? 'mangle' : 'nat';
  return [
    ...(context.tproxy ? tproxyChains(context) : []),
    append(table, 'PREROUTING', [TCP], jump('ISTIO_INBOUND'), {
      id: `${table}.jump-inbound`,
      text: 'All TCP that arrives goes through ISTIO_INBOUND.',
      settings: INCLUDE,
      trace: 'JumpInbound',
    }),
    ...(ports === '*' ? allPorts(context, table) : listedPorts(context, table)),
  ];
};

function tproxyChains({ family, values, has, loopback }: Context): readonly Step[] {
  const mark = values['tproxy.mark'];
  const to = values[has('tproxyConnmark') ? 'proxy.inboundPort' : 'proxy.port'];
  return [
    append('mangle', 'ISTIO_DIVERT', [], setMark(mark), {
      id: 'mangle.divert-mark',
      text: `Packets of known connections get mark ${mark}, so that routing delivers them here.`,
      settings: ['mode', 'tproxy.mark'],
    }),
    append('mangle', 'ISTIO_DIVERT', [], ACCEPT, {
      id: 'mangle.divert-accept',
      text: 'Packets of known connections need nothing else.',
      settings: ['mode'],
    }),
    append(
      'mangle',
      'ISTIO_TPROXY',
      [TCP, not(match('destination', loopback))],
      { kind: 'TPROXY', value: { port: to, address: everywhere(family).address, mark: { value: mark, mask: ALL_BITS } } },
      {
        id: 'mangle.tproxy',
        text: `New connections are handed to the proxy on ${to} with their addresses unchanged.`,
        settings: ['mode', 'proxy.inboundPort', 'tproxy.mark', 'outbound.loopback'],
      },
    ),
  ];
}

function allPorts(context: Context, table: string): readonly Step[] {
  const { values, has } = context;
  const excluded = values['inbound.excludePorts'].map((range) =>
    append(table, 'ISTIO_INBOUND', [TCP, match('destination-port', range)], RETURN, {
      id: `${table}.exclude-inbound-port.${printPortRange(range)}`,
      text: `Inbound port ${printPortRange(range)} is left alone.`,
      settings: ['inbound.excludePorts'],
      trace: 'ExcludeInboundPort',
    }),
  );
  return [...(has('sshBypass') ? [sshBypass(table)] : []), ...excluded, ...capture(context, table, [TCP], 'all')];
}

function sshBypass(table: string): Step {
  return append(table, 'ISTIO_INBOUND', [TCP, match('destination-port', port(22))], RETURN, {
    id: `${table}.exclude-inbound-ssh`,
    text: 'Releases of this age never capture port 22 where all inbound ports are captured.',
    settings: INCLUDE,
    trace: 'ExcludeInboundPort',
  });
}

function listedPorts(context: Context, table: string): readonly Step[] {
  const { values } = context;
  if (values['inbound.includePorts'] === '*') return [];
  return values['inbound.includePorts'].flatMap((range) =>
    capture(context, table, [TCP, match('destination-port', range)], printPortRange(range), 'IncludeInboundPort'),
  );
}

/** Sends what matches to the proxy. */
function capture(
  { family, has, tproxy, native }: Context,
  table: string,
  matches: readonly Match[],
  which: string,
  trace?: string,
): readonly Step[] {
  const logged = trace === undefined ? {} : { trace };
  const reason = { text: `Inbound ${which === 'all' ? 'traffic' : `port ${which}`} is captured.`, settings: INCLUDE, ...logged };
  if (!tproxy) {
    if (family === 'ip6' && which === 'all' && has('inboundAll6Unfinished')) return [];
    return [append(table, 'ISTIO_INBOUND', matches, jump('ISTIO_IN_REDIRECT'), { ...reason, id: `nat.capture-inbound.${which}` })];
  }
  const known = has('tproxyConntrack') ? match('conntrack-state', ['RELATED', 'ESTABLISHED']) : match('socket', true);
  const divert = append(table, 'ISTIO_INBOUND', native ? [TCP, known, ...matches.slice(1)] : [...matches, known], jump('ISTIO_DIVERT'), {
    ...reason,
    id: `mangle.divert-inbound.${which}`,
  });
  // With a list the rule stood there twice for as long as it asked for a socket; the second never matched anything new.
  const twice = which !== 'all' && !has('tproxyConntrack');
  return [
    divert,
    ...(twice ? [{ ...divert, rule: { ...divert.rule, id: `mangle.divert-inbound-again.${which}` } }] : []),
    append(table, 'ISTIO_INBOUND', matches, jump('ISTIO_TPROXY'), { ...reason, id: `mangle.capture-inbound.${which}` }),
  ];
}
