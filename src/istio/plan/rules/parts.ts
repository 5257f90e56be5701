/** The matches and targets that Istio's rules are made of, under the names the rules use. */

import type { OwnerRange } from '../../../netfilter/numbers.ts';
import { ALL_BITS, port } from '../../../netfilter/numbers.ts';
import type { KnownMatch } from '../../../netfilter/rule/match.ts';
import { match } from '../../../netfilter/rule/match.ts';
import type { Target } from '../../../netfilter/rule/target.ts';

export const TCP: KnownMatch = match('protocol', 'tcp');
export const UDP: KnownMatch = match('protocol', 'udp');
export const TO_LOOPBACK_INTERFACE: KnownMatch = match('out-interface', 'lo');
export const FROM_LOOPBACK_INTERFACE: KnownMatch = match('in-interface', 'lo');
export const TO_DNS: KnownMatch = match('destination-port', port(53));
export const FROM_DNS: KnownMatch = match('source-port', port(53));

export const ACCEPT: Target = { kind: 'verdict', verdict: 'ACCEPT' };
export const DROP: Target = { kind: 'verdict', verdict: 'DROP' };
export const RETURN: Target = { kind: 'verdict', verdict: 'RETURN' };

/** `-j CHAIN`. */
export function jump(chain: string): Target {
  return { kind: 'jump', chain, goto: false };
}

/** `-j REDIRECT --to-ports PORT`. */
export function redirect(to: number): Target {
  return { kind: 'REDIRECT', value: { first: to, last: to } };
}

/** `-j MARK --set-mark MARK`. */
export function setMark(value: number): Target {
  return { kind: 'MARK', value: { value, mask: ALL_BITS } };
}

/** `-j CT --zone ZONE`. */
export function zone(number: number): Target {
  return { kind: 'CT', value: { zone: number } };
}

/** `-m mark --mark MARK`. */
export function marked(value: number): KnownMatch {
  return match('mark', { value, mask: ALL_BITS });
}

/** An owner: a user or a group. */
export interface Owner {
  readonly kind: 'uid-owner' | 'gid-owner';
  readonly owner: OwnerRange;
  /** The id or name as it is written. */
  readonly name: string;
  readonly setting: 'proxy.uids' | 'proxy.gids';
}
