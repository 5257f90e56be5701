/**
 * Proxies beside Istio's, found in the rules without a list of products: a port of this machine that rules send traffic to,
 * and the user, group or mark whom the same chains let pass, for a proxy whose own calls came back to it would never end.
 */

import { parseNetwork } from '../../netfilter/address/network.ts';
import type { OwnerRange } from '../../netfilter/numbers.ts';
import type { Target } from '../../netfilter/rule/target.ts';
import type { Chain, Rule, Ruleset, Table } from '../../netfilter/rule.ts';
import { matchesOf } from '../found/ownership/rule-values.ts';
import type { Owner } from './pod.ts';
import type { OtherProxy } from './verdict.ts';

/** Whom a chain lets pass. */
interface LetThrough {
  readonly uid?: number;
  readonly gid?: number;
  readonly mark?: number;
}

/** A rule that sends traffic to a port of this machine. */
interface Sent {
  readonly port: number;
  readonly chain: string;
  readonly letThrough: readonly LetThrough[];
}

/** Where Istio's own proxy and its agent listen, and who that proxy is. */
export interface OwnProxy {
  readonly ports: readonly number[];
  readonly isOwner: (owner: Owner) => boolean;
}

/** The other proxies in the rules of both families. */
export function otherProxiesIn(rulesets: readonly Ruleset[], own: OwnProxy): readonly OtherProxy[] {
  const isOther = ({ port }: Sent): boolean => !own.ports.includes(port);
  const sent = (table: string, hook: string): readonly Sent[] =>
    rulesets.flatMap(({ tables }) => tables.filter(({ name }) => name === table).flatMap((one) => sentFrom(one, hook))).filter(isOther);
  const found = new Map<string, { chains: string[]; ports: Set<number>; one: LetThrough }>();
  for (const { port, chain, letThrough } of sent('nat', 'OUTPUT')) {
    const one = letThrough.find(({ uid, gid, mark }) => mark !== undefined || !own.isOwner({ uid, gid }));
    if (one === undefined) continue;
    const proxy = found.get(keyOf(one)) ?? { chains: [], ports: new Set(), one };
    proxy.chains.push(chain);
    proxy.ports.add(port);
    found.set(keyOf(one), proxy);
  }
  // Rules for what arrives need not ask who sends it: they are told by the chains that the same program made.
  const inbound = [...sent('nat', 'PREROUTING'), ...sent('mangle', 'PREROUTING')];
  for (const { port, chain } of inbound) {
    const proxies = [...found.values()];
    const kin = proxies.find(({ chains }) => chains.some((name) => stemOf(name) === stemOf(chain)));
    const [only] = proxies.length === 1 ? proxies : [];
    (kin ?? only)?.ports.add(port);
  }
  return [...found.values()].map(({ ports, one: { uid, gid, mark } }) => ({
    ports: [...ports],
    owner: { uid, gid },
    ...(mark !== undefined && { mark }),
  }));
}

function keyOf({ uid, gid, mark }: LetThrough): string {
  return [uid, gid, mark].join(' ');
}

/** `PROXY_INIT` of `PROXY_INIT_OUTPUT`. */
function stemOf(chain: string): string {
  return chain.replace(/[-_][^-_]*$/, '');
}

// A kernel takes no deeper nesting of jumps.
const DEEPEST = 16;

/** What a built-in chain leads to, with whom the chains on the way there let pass. */
function sentFrom({ chains }: Table, hook: string): readonly Sent[] {
  const byName = new Map(chains.map((chain) => [chain.name, chain]));
  const visited = new Set<Chain>();
  const walk = (chain: Chain, before: readonly LetThrough[], depth: number): readonly Sent[] => {
    visited.add(chain);
    let letThrough = before;
    return chain.rules.flatMap((rule): readonly Sent[] => {
      const passing = passes(rule);
      if (passing !== undefined) {
        letThrough = [...letThrough, passing];
        return [];
      }
      const matches = [...letThrough, ...excepted(rule)];
      const port = localPort(rule.target);
      if (port !== undefined) return [{ port, chain: chain.name, letThrough: matches }];
      const next = rule.target.kind === 'jump' ? byName.get(rule.target.chain) : undefined;
      return next === undefined || visited.has(next) || depth > DEEPEST ? [] : walk(next, matches, depth + 1);
    });
  };
  const first = byName.get(hook);
  return first === undefined ? [] : walk(first, [], 0);
}

/** A rule that lets somebody pass whatever he calls: by one owner, or by a mark. */
function passes(rule: Rule): LetThrough | undefined {
  const { matches, target } = rule;
  if (target.kind !== 'verdict' || (target.verdict !== 'RETURN' && target.verdict !== 'ACCEPT')) return undefined;
  if (matches.some(({ kind }) => !BESIDE.includes(kind) && !IDENTIFYING.includes(kind))) return undefined;
  return whom(rule, false)[0];
}

const IDENTIFYING: readonly string[] = ['uid-owner', 'gid-owner', 'mark'];
const BESIDE: readonly string[] = ['protocol', 'out-interface', 'comment'];

/** Whom a rule itself excepts: `! --uid-owner 7777`. */
function excepted(rule: Rule): readonly LetThrough[] {
  return whom(rule, true);
}

function whom(rule: Rule, negated: boolean): readonly LetThrough[] {
  return matchesOf(rule).flatMap((match): readonly LetThrough[] => {
    if (match.negated !== negated) return [];
    if (match.kind === 'mark') return match.value.value === 0 ? [] : [{ mark: match.value.value }];
    if (match.kind !== 'uid-owner' && match.kind !== 'gid-owner') return [];
    const id = idOf(match.value);
    return id === undefined ? [] : [match.kind === 'uid-owner' ? { uid: id } : { gid: id }];
  });
}

function idOf(range: OwnerRange): number | undefined {
  return 'first' in range ? range.first : undefined;
}

function localPort(target: Target): number | undefined {
  if (target.kind === 'REDIRECT')
    return 'first' in target.value && target.value.first === target.value.last ? target.value.first : undefined;
  if (target.kind === 'TPROXY') return target.value.port === 0 ? undefined : target.value.port;
  if (target.kind !== 'DNAT') return undefined;
  const [, address = '', port = ''] = /^\[?([^[\]]*?)\]?:(\d+)$/.exec(target.value.to) ?? [];
  const network = parseNetwork(address);
  const loopback = network !== null && (network.address.startsWith('127.') || network.address === '::1');
  return loopback ? Number(port) : undefined;
}
