/** Whose outbound traffic is the proxy's own, and which groups are captured at all. */

import type { Network } from '../../../netfilter/address/network.ts';
import { port, printOwnerRange } from '../../../netfilter/numbers.ts';
import type { KnownMatch } from '../../../netfilter/rule/match.ts';
import { match, not } from '../../../netfilter/rule/match.ts';
import type { SettingValues } from '../../settings/settings.ts';
import type { Owner } from './parts.ts';
import { jump, RETURN, TCP, TO_DNS, TO_LOOPBACK_INTERFACE } from './parts.ts';
import type { Concern, Context, Step } from './step.ts';
import { append } from './step.ts';

/** The proxy's users, then its groups. */
export function proxyOwners(values: SettingValues): readonly Owner[] {
  return [
    ...values['proxy.uids'].map((owner): Owner => ({ kind: 'uid-owner', owner, name: printOwnerRange(owner), setting: 'proxy.uids' })),
    ...values['proxy.gids'].map((owner): Owner => ({ kind: 'gid-owner', owner, name: printOwnerRange(owner), setting: 'proxy.gids' })),
  ];
}

/** `-m owner --uid-owner U` or `--gid-owner G`. */
export function ownedBy({ kind, owner }: Owner): KnownMatch {
  return match(kind, owner);
}

/** How an owner is called in a rule's id: `uid.1337`. */
export function ownerId({ kind, name }: Owner): string {
  return `${kind === 'uid-owner' ? 'uid' : 'gid'}.${name}`;
}

/** Calls of the pod to itself, and what the proxy sends. */
export const proxyTraffic: Concern = (context) => {
  const owners = proxyOwners(context.values);
  if (context.has('ownerTriples')) return owners.flatMap((owner) => triple(context, owner));
  return [...ownCalls(context), ...owners.map(fromProxy)];
};

function fromProxy(owner: Owner): Step {
  return append('nat', 'ISTIO_OUTPUT', [ownedBy(owner)], RETURN, {
    id: `nat.proxy-out.${ownerId(owner)}`,
    text: 'What the proxy itself sends goes out: capturing it would be a loop.',
    settings: [owner.setting],
  });
}

/** One rule for every owner: until 1.4 any call over lo to another address than loopback came back in. */
function ownCalls({ family, switches, has, loopback }: Context): readonly Step[] {
  if (family === 'ip' && has('loopbackSwitch') && !switches.redirectsOwnCalls) return [];
  const chain = has('passthroughAddress') ? 'ISTIO_IN_REDIRECT' : 'ISTIO_REDIRECT';
  return [
    append('nat', 'ISTIO_OUTPUT', [not(match('destination', loopback)), TO_LOOPBACK_INTERFACE], jump(chain), {
      id: 'nat.own-calls',
      text: 'A call of the pod to its own address goes through the proxy.',
      settings: [],
    }),
  ];
}

function triple(context: Context, owner: Owner): readonly Step[] {
  const { dns, loopback } = context;
  const notDns = dns !== 'off' && context.has('dnsByRedirect') ? [TCP, not(TO_DNS)] : [];
  const backIn = append(
    'nat',
    'ISTIO_OUTPUT',
    [TO_LOOPBACK_INTERFACE, not(match('destination', loopback)), ...backInPorts(context, owner), ownedBy(owner)],
    jump('ISTIO_IN_REDIRECT'),
    {
      id: `nat.proxy-to-own-pod.${ownerId(owner)}`,
      text: 'The proxy calling its own pod by a service address comes back in through the inbound port, so that policy applies.',
      settings: [owner.setting, 'proxy.tunnelPort', 'dns.capture', 'outbound.loopback'],
    },
  );
  const appToItself = append('nat', 'ISTIO_OUTPUT', [TO_LOOPBACK_INTERFACE, ...notDns, not(ownedBy(owner))], RETURN, {
    id: `nat.app-to-itself.${ownerId(owner)}`,
    text: 'An application calling itself over lo is left alone.',
    settings: [owner.setting, 'outbound.includeRanges'],
  });
  return [backIn, ...(loopbackCaptured(context) ? [] : [appToItself]), fromProxy(owner)];
}

/** Ports that the proxy's calls to its own pod may use without coming back in. */
function backInPorts({ values, has, dns }: Context, owner: Owner): readonly KnownMatch[] {
  const tunnel = has('tunnelPortException') ? values['proxy.tunnelPort'] : null;
  // The group's rule never got the exception for DNS.
  const exceptDns = dns !== 'off' && has('dnsByRedirect') && owner.kind === 'uid-owner';
  if (tunnel !== null && exceptDns) return [TCP, not(match('destination-ports', [port(53), port(tunnel)]))];
  if (tunnel !== null) return [TCP, not(match('destination-port', port(tunnel)))];
  return exceptDns ? [TCP, not(TO_DNS)] : [];
}

/** Whether the included ranges ask for loopback itself, so that calls over lo must not be let through first. */
function loopbackCaptured({ family, values, has }: Context): boolean {
  const ranges = values['outbound.includeRanges'];
  if (ranges === '*' || !has('loopbackRanges') || (family === 'ip6' && !has('loopbackRangesBothFamilies'))) return false;
  return ranges.some(isLoopback);
}

/** Go's IsLoopback on the address of the range: 127.0.0.0/8, or exactly ::1. */
export function isLoopback({ family, address }: Network): boolean {
  return family === 'ip' ? address.startsWith('127.') : address === '::1';
}

/** Groups that are left out, then the groups that everything else is limited to. */
export const ownerGroups: Concern = ({ values, has }) => {
  if (!has('ownerGroups')) return [];
  return groupMatches(values).map(({ matches, id, text, setting }) =>
    append('nat', 'ISTIO_OUTPUT', matches, RETURN, { id: `nat.${id}`, text, settings: [setting] }),
  );
};

interface GroupMatch {
  readonly matches: readonly KnownMatch[];
  readonly id: string;
  readonly text: string;
  readonly setting: 'outbound.ownerGroups' | 'outbound.excludeOwnerGroups';
}

/** What the groups ask, for the rules of TCP and those of DNS alike. */
export function groupMatches(values: SettingValues): readonly GroupMatch[] {
  const excluded = values['outbound.excludeOwnerGroups'].map((group): GroupMatch => {
    const name = printOwnerRange(group);
    return {
      matches: [match('gid-owner', group)],
      id: `exclude-group.${name}`,
      text: `Group ${name} is left alone.`,
      setting: 'outbound.excludeOwnerGroups',
    };
  });
  const groups = values['outbound.ownerGroups'];
  // program.go: where some groups are included, those that are left out are left out anyway.
  if (groups === '*') return excluded;
  const others: GroupMatch = {
    matches: groups.map((group) => not(match('gid-owner', group))),
    id: 'other-groups',
    text: groups.length === 0 ? 'No group is captured.' : 'Only the listed groups are captured.',
    setting: 'outbound.ownerGroups',
  };
  return [others];
}
