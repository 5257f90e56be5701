/** Packets that conntrack can't place, and what the shell program did to IPv6. */

import type { Network } from '../../../netfilter/address/network.ts';
import { match } from '../../../netfilter/rule/match.ts';
import { ACCEPT, DROP, FROM_LOOPBACK_INTERFACE, jump, TCP } from './parts.ts';
import type { Concern, Step } from './step.ts';
import { append } from './step.ts';

const INVALID = match('conntrack-state', ['INVALID']);

/** Drops invalid packets, in a chain of its own from 1.24 on. */
export const droppedInvalid: Concern = ({ values, has, native }) => {
  if (!values.dropInvalid || !has('dropInvalid')) return [];
  // The native rule asks for TCP, and lets invalid packets of other protocols be.
  const invalid = native ? [TCP, INVALID] : [INVALID];
  const reason = {
    text: 'Packets that conntrack calls invalid are dropped: they would pass by the proxy.',
    settings: ['dropInvalid'],
  } as const;
  if (!has('dropChain')) return [append('mangle', 'PREROUTING', invalid, DROP, { ...reason, id: 'mangle.drop-invalid' })];
  return [
    append('mangle', 'PREROUTING', invalid, jump('ISTIO_DROP'), { ...reason, id: 'mangle.jump-drop' }),
    append('mangle', 'ISTIO_DROP', [], DROP, { ...reason, id: 'mangle.drop-invalid' }),
  ];
};

const LOOPBACK_6: Network = { family: 'ip6', address: '::1', prefix: 128 };

/** Until 1.4, a pod without IPv6 rules refused IPv6 that arrived, known connections apart. */
export function rejected6(acceptsLoopback: boolean): readonly Step[] {
  const settings = [] as const;
  const known = append('filter', 'INPUT', [match('state', ['ESTABLISHED'])], ACCEPT, {
    id: 'filter.accept-established',
    text: 'Replies to IPv6 connections of the pod are let in.',
    settings,
  });
  const loopback = append('filter', 'INPUT', [match('destination', LOOPBACK_6), FROM_LOOPBACK_INTERFACE], ACCEPT, {
    id: 'filter.accept-loopback',
    text: 'IPv6 within the pod is let in.',
    settings,
  });
  const rest = append(
    'filter',
    'INPUT',
    [],
    { kind: 'REJECT', value: { with: 'icmp6-port-unreachable' } },
    {
      id: 'filter.reject-ip6',
      text: 'Other IPv6 is rejected: it would pass by the proxy.',
      settings,
    },
  );
  return [known, ...(acceptsLoopback ? [loopback] : []), rest];
}
