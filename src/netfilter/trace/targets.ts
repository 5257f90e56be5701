/** What each target does to the packet that matched. */

import type { Ranges, Value } from '../address/ranges.ts';
import { union } from '../address/ranges.ts';
import type { Masked } from '../numbers.ts';
import { ALL_BITS, parseMasked } from '../numbers.ts';
import type { Target, TargetValues } from '../rule/target.ts';
import { isAllowedAt } from '../rule/target-places.ts';
import { isTemplate } from './conntrack.ts';
import { ABSENT, narrowed, WORDS } from './fields.ts';
import { transparentSocketHolds } from './listeners.ts';
import { arrivalAddress } from './prepare-host.ts';
import type { Answer, End, RulePlace } from './result.ts';
import { masqueradeAs, parseTranslation, redirectTo, translateDestination, translateSource } from './translation.ts';
import type { Walk } from './walk.ts';

/** How a walk goes on after a rule: to the next one, out of the table, back to the caller, or not at all. `break`: to the next one, as if this one did not match. */
export type Next = 'continue' | 'accept' | 'return' | 'stop' | 'break';

/** Puts a target to work; jumps are the chain's own business. */
export function perform(walk: Walk, at: RulePlace): Next {
  const { target } = at.rule;
  // Elsewhere nobody knows what it would do.
  if (!isAllowedAt(target.kind, `${walk.chainKind} ${walk.hook}`)) return notUnderstood(walk, at);
  switch (target.kind) {
    case 'none':
    case 'NFLOG':
    case 'jump':
      return 'continue';
    case 'verdict':
      return performVerdict(walk, target.verdict, at);
    case 'REDIRECT':
      return redirect(walk, target.value, at);
    case 'DNAT':
    case 'SNAT': {
      const to = parseTranslation(target.value.to, walk.packet.family);
      if (to === null) return notUnderstood(walk, at);
      if (target.kind === 'DNAT') translateDestination(walk, to, 'dnat', at);
      else translateSource(walk, to);
      return 'accept';
    }
    case 'TPROXY':
      return tproxy(walk, target.value, at);
    case 'MARK':
      setMark(walk, 'mark', xmark(walk.mark, target.value));
      return 'continue';
    case 'CONNMARK':
      return connmark(walk, target);
    case 'CT':
      if (!walk.templated) setZone(walk, target.value.zone);
      return 'continue';
    case 'REJECT':
      return stop(walk, { kind: 'rejected', with: target.value.with, by: at });
    case 'opaque':
      return performOpaque(walk, target, at);
    default:
      target satisfies never;
      return 'continue';
  }
}

function stop(walk: Walk, end: End): Next {
  walk.end = end;
  return 'stop';
}

function drop(walk: Walk, at: RulePlace): Next {
  return stop(walk, { kind: 'dropped', by: { kind: 'rule', ...at } });
}

function performVerdict(walk: Walk, verdict: Extract<Target, { kind: 'verdict' }>['verdict'], at: RulePlace): Next {
  switch (verdict) {
    case 'ACCEPT':
      return 'accept';
    case 'RETURN':
      return 'return';
    case 'DROP':
      return drop(walk, at);
    case 'QUEUE':
      return stop(walk, { kind: 'queued', by: at });
    default:
      verdict satisfies never;
      return 'continue';
  }
}

/** In OUTPUT to loopback; what arrives, to the address of its interface. */
function redirect(walk: Walk, value: TargetValues['REDIRECT'], at: RulePlace): Next {
  const address = walk.hook === 'OUTPUT' ? walk.host.loopbackAddress : addressOfArrival(walk);
  if (address === undefined) return stop(walk, { kind: 'dropped', by: { kind: 'no-address', ...at } });
  redirectTo(walk, address, 'any' in value ? null : value, at);
  return 'accept';
}

/** Where the interface is not known, one of the addresses of all that it may be. */
function addressOfArrival({ host, inInterface, destination }: Walk): Value | Ranges | undefined {
  if (typeof inInterface === 'string') return arrivalAddress(host, inInterface, destination);
  const possible = inInterface.map((name) => arrivalAddress(host, name, destination)).filter((address) => address !== undefined);
  return possible.length === 0 ? host.outside : narrowed(union(possible.map((address) => ({ first: address, last: address }))));
}

/** Hands the packet to a socket without changing its header; where none listens, the packet is dropped. */
function tproxy(walk: Walk, { port, mark }: TargetValues['TPROXY'], at: RulePlace): Next {
  if (walk.native && typeof walk.protocol !== 'object' && walk.protocol !== 6 && walk.protocol !== 17) return 'break';
  if (walk.protocol !== 6 && walk.protocol !== 17) return notUnderstood(walk, at);
  const to = port === 0 ? walk.destinationPort : port;
  if (typeof to === 'object') return notUnderstood(walk, at);
  const holds = transparentSocketHolds(walk, Number(to));
  // xt_TPROXY drops what nobody listens for; nft_tproxy goes on with the next rule.
  if (holds === 'no' || (holds === 'maybe' && !listens(walk, Number(to), at)))
    return walk.native ? 'break' : stop(walk, { kind: 'dropped', by: { kind: 'no-listener', port: Number(to), ...at } });
  setMark(walk, 'mark', xmark(walk.mark, mark));
  walk.sentBy = { how: 'tproxy', by: at, port: Number(to) };
  return 'accept';
}

function listens(walk: Walk, port: number, at: RulePlace): boolean {
  const key = `listener ${port}`;
  const before = walk.remembered.get(key);
  if (before !== undefined) return before;
  const answer = walk.oracle.yes({ kind: 'host', fact: 'transparent-socket', at });
  walk.remembered.set(key, answer);
  return answer;
}

/** A mark that is not known stays so; as a new value, for its route has to be looked for again. */
function xmark(now: Value | Ranges, { value, mask }: Masked): Value | Ranges {
  if (mask === ALL_BITS) return value;
  if (mask === 0 && value === 0) return now;
  return typeof now === 'object' ? [...WORDS] : ((Number(now) & ~mask) ^ value) >>> 0;
}

function setMark(walk: Walk, field: 'mark' | 'connmark', value: Value | Ranges): void {
  if (walk[field] === value && typeof value !== 'object') return;
  walk.change(field, value);
  walk.forget(field);
}

/** Between the packet's mark and its flow's; a packet without a flow has nothing to copy. */
function connmark(walk: Walk, { value }: Extract<Target, { readonly kind: 'CONNMARK' }>): Next {
  // What nft reads of a flow that is not there ends the rule: the mark that is copied, and the bits that stay.
  if (walk.connmark === ABSENT || (walk.native && isTemplate(walk)))
    return walk.native && (value.action === 'restore' || keepsBits(value)) ? 'break' : 'continue';
  if (value.action === 'set') setMark(walk, 'connmark', xmark(walk.connmark, value));
  else copyMark(walk, value);
  return 'continue';
}

function keepsBits(value: TargetValues['CONNMARK']): boolean {
  return value.action === 'set' && value.mask !== ALL_BITS;
}

function copyMark(walk: Walk, { action, nfmask, ctmask }: Extract<TargetValues['CONNMARK'], { readonly nfmask: number }>): void {
  const { mark, connmark } = walk;
  const [from, fromMask, to, toMask] = action === 'save' ? [mark, nfmask, connmark, ctmask] : [connmark, ctmask, mark, nfmask];
  const field = action === 'save' ? 'connmark' : 'mark';
  if (typeof from !== 'object') setMark(walk, field, xmark(to, { value: (Number(from) & fromMask) >>> 0, mask: toMask }));
  else if (fromMask !== 0) setMark(walk, field, fromMask === ALL_BITS && toMask === ALL_BITS ? from : [...WORDS]);
}

/** Until conntrack looks the packet up, it has a template, which matches see as a new flow. */
function setZone(walk: Walk, zone: number): void {
  walk.templated = true;
  walk.state = 'NEW';
  walk.connmark = 0;
  if (zone === walk.zone) return;
  walk.changes?.push({ field: 'zone', from: walk.zone, to: zone });
  walk.zone = zone;
}

function dontTrack(walk: Walk): void {
  if (!walk.templated) walk.setState('UNTRACKED');
  walk.templated = true;
}

function performOpaque(walk: Walk, { name, text }: Extract<Target, { kind: 'opaque' }>, at: RulePlace): Next {
  const place = `${walk.chainKind} ${walk.hook}`;
  if (name === 'MASQUERADE' && place === 'nat POSTROUTING') return masquerade(walk, at, text);
  if ((name === 'NOTRACK' || text === 'CT --notrack') && isAllowedAt('CT', place)) {
    dontTrack(walk);
    return 'continue';
  }
  const connmark = name === 'CONNMARK' ? setConnmark(text) : null;
  if (connmark !== null) {
    if (walk.connmark !== ABSENT) setMark(walk, 'connmark', xmark(walk.connmark, connmark));
    return 'continue';
  }
  return walk.native ? performWords(walk, { name, text }, at) : notUnderstood(walk, at);
}

/** Statements of nft, of which only the words are known: they may do anything, and the packet be another one afterwards. */
function performWords(walk: Walk, { name, text }: { readonly name: string; readonly text: string }, at: RulePlace): Next {
  if (name === 'reject') return stop(walk, { kind: 'rejected', with: text.replace(/^reject(?: with)? ?/, ''), by: at });
  return stop(walk, { kind: 'unknown', why: { kind: 'target', at }, outcomes: [] });
}

/** `CONNMARK --set-xmark 0x111/0xfff`: the mark of the flow, whatever that of the packet is. */
function setConnmark(text: string): Masked | null {
  const [, form, value = ''] = /^CONNMARK --set-(x?mark) (\S+)$/.exec(text) ?? [];
  const masked = form === undefined ? null : parseMasked(value);
  return masked === null || form === 'xmark' ? masked : { ...masked, mask: (masked.value | masked.mask) >>> 0 };
}

/** The source becomes an address of the interface that the packet leaves by: its first, as far as is known here. */
function masquerade(walk: Walk, at: RulePlace, words: string): Next {
  // Of lo there may be none that it can take, and then the packet is dropped (nf_nat_masquerade_ipv4).
  if (walk.outInterface === 'lo') return stop(walk, { kind: 'unknown', why: { kind: 'target', at }, outcomes: [] });
  const own = typeof walk.outInterface === 'string' ? arrivalAddress(walk.host, walk.outInterface, walk.destination) : undefined;
  masqueradeAs(walk, own ?? walk.host.outside, words);
  return 'accept';
}

const ANYTHING: readonly Answer[] = ['continue', 'accept', 'drop'];

function notUnderstood(walk: Walk, at: RulePlace): Next {
  const answer = walk.oracle.ask({ kind: 'target', at }, ANYTHING);
  return answer === 'drop' ? drop(walk, at) : answer === 'accept' ? 'accept' : 'continue';
}
