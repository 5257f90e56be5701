/** Random rulesets, in the forms in which every text of iptables can show them. */

import fc from 'fast-check';
import { parseNetwork } from '../../../src/netfilter/address/network.ts';
import type { Family } from '../../../src/netfilter/family.ts';
import type { Masked, PortRange } from '../../../src/netfilter/numbers.ts';
import { ALL_BITS } from '../../../src/netfilter/numbers.ts';
import type { KnownMatch, Match } from '../../../src/netfilter/rule/match.ts';
import { match, not } from '../../../src/netfilter/rule/match.ts';
import { inKernelOrder } from '../../../src/netfilter/rule/normal.ts';
import type { Target } from '../../../src/netfilter/rule/target.ts';
import type { Chain, Rule, Ruleset, Table } from '../../../src/netfilter/rule.ts';
import { BUILT_IN_CHAINS } from '../../../src/netfilter/rule.ts';

const port = fc.integer({ min: 0, max: 65535 });
const word32 = fc.integer({ min: 0, max: ALL_BITS });
const id = fc.integer({ min: 0, max: ALL_BITS - 1 });

const range = (of: fc.Arbitrary<number>): fc.Arbitrary<{ first: number; last: number }> =>
  fc.oneof(
    of.map((first) => ({ first, last: first })),
    fc.tuple(of, of).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) })),
  );

// iptables shows every port (0:65535) as no match at all.
const ports: fc.Arbitrary<PortRange> = range(port).filter(({ first, last }) => first !== 0 || last !== 65535);
const masked: fc.Arbitrary<Masked> = fc.record({ value: word32, mask: fc.oneof(fc.constant(ALL_BITS), word32) });
const states = fc.subarray(['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'], { minLength: 1 });
const anInterface = fc.constantFrom('lo', 'eth0', 'eth+', 'a-very-long.12', 'cali1234567890a');

// Neither an end of comment nor a quotation mark can be told apart in a listing.
const comment = fc.stringMatching(/^[a-zA-Z0-9 _'\\:!-]{1,40}$/).filter((text) => text.trim() !== '');

function network(family: Family): fc.Arbitrary<KnownMatch> {
  const address = family === 'ip' ? fc.ipV4() : fc.ipV6();
  return fc
    .tuple(address, fc.integer({ min: 1, max: family === 'ip' ? 32 : 128 }), fc.constantFrom('source' as const, 'destination' as const))
    .map(([text, prefix, kind]) => match(kind, parseNetwork(`${text}/${prefix}`) ?? { family, address: '', prefix }));
}

const portMatch = fc.oneof(
  ports.map((value) => match('source-port', value)),
  ports.map((value) => match('destination-port', value)),
);

const severalPorts = fc
  .array(ports, { minLength: 1, maxLength: 7 })
  .chain((value) => fc.constantFrom(match('source-ports', value), match('destination-ports', value), match('either-ports', value)));

const moduleMatch: fc.Arbitrary<KnownMatch> = fc.oneof(
  range(id).map((value) => match('uid-owner', value)),
  range(id).map((value) => match('gid-owner', value)),
  states.map((value) => match('conntrack-state', value)),
  states.map((value) => match('state', value)),
  masked.map((value) => match('mark', value)),
  masked.map((value) => match('connmark', value)),
);

const maybeNot = (of: fc.Arbitrary<KnownMatch>): fc.Arbitrary<KnownMatch> =>
  fc.tuple(of, fc.boolean()).map(([one, negated]) => (negated ? not(one) : one));

function matches(family: Family): fc.Arbitrary<readonly Match[]> {
  const interfaces = fc.oneof(
    anInterface.map((value) => match('in-interface', value)),
    anInterface.map((value) => match('out-interface', value)),
  );
  const header = fc.uniqueArray(maybeNot(fc.oneof(network(family), interfaces)), { selector: ({ kind }) => kind, maxLength: 3 });
  const ofProtocol = fc
    .constantFrom('tcp', 'udp', 'sctp')
    .chain((name) =>
      fc.array(maybeNot(fc.oneof(portMatch, severalPorts)), { maxLength: 3 }).map((found) => [match('protocol', name), ...found]),
    );
  const otherProtocol = maybeNot(fc.constantFrom('icmp', '99', 'tcp').map((name) => match('protocol', name))).map((found) => [found]);
  const rest = fc.array(
    fc.oneof(
      maybeNot(moduleMatch),
      fc.constant(match('socket', true)),
      comment.map((text) => match('comment', text)),
    ),
    { maxLength: 4 },
  );
  return fc.tuple(header, fc.oneof(ofProtocol, otherProtocol, fc.constant([])), rest).map((parts) => inKernelOrder(parts.flat()));
}

function target(family: Family, chains: readonly string[]): fc.Arbitrary<Target> {
  const address = family === 'ip' ? fc.ipV4() : fc.ipV6().map((text) => parseNetwork(text)?.address ?? text);
  const nflog = fc.record({ prefix: fc.stringMatching(/^[a-zA-Z0-9 ."'\\_:-]{0,20}$/), group: port, size: word32 });
  return fc.oneof(
    fc.constantFrom<Target>({ kind: 'none' }, { kind: 'verdict', verdict: 'RETURN' }, { kind: 'verdict', verdict: 'DROP' }),
    fc.record({ kind: fc.constant('jump' as const), chain: fc.constantFrom(...chains), goto: fc.boolean() }),
    fc.oneof(range(port), fc.constant({ any: true as const })).map((value): Target => ({ kind: 'REDIRECT', value })),
    fc.record({ port, address, mark: masked }).map((value): Target => ({ kind: 'TPROXY', value })),
    masked.map((value): Target => ({ kind: 'MARK', value })),
    fc
      .record({
        action: fc.constantFrom('save' as const, 'restore' as const),
        nfmask: fc.constantFrom(ALL_BITS, 255),
        ctmask: fc.constantFrom(ALL_BITS, 255, 15),
      })
      .map((value): Target => ({ kind: 'CONNMARK', value })),
    masked.map((value): Target => ({ kind: 'CONNMARK', value: { action: 'set', ...value } })),
    port.map((zone): Target => ({ kind: 'CT', value: { zone } })),
    fc.constantFrom('tcp-reset', 'icmp-port-unreachable').map((reply): Target => ({ kind: 'REJECT', value: { with: reply } })),
    address.map((to): Target => ({ kind: 'DNAT', value: { to: family === 'ip' ? `${to}:80` : `[${to}]:80` } })),
    address.map((to): Target => ({ kind: 'SNAT', value: { to } })),
    nflog.map((value): Target => ({ kind: 'NFLOG', value })),
  );
}

function rule(family: Family, chains: readonly string[]): fc.Arbitrary<Rule> {
  return fc.record({ matches: matches(family), target: target(family, chains) });
}

const OWN_CHAINS = ['ISTIO_INBOUND', 'ISTIO_OUTPUT', 'a-b.c', 'X'];

function table(family: Family): fc.Arbitrary<Table> {
  return fc.constantFrom('mangle', 'raw', 'filter', 'nat').chain((name) => {
    const rules = fc.array(rule(family, OWN_CHAINS), { maxLength: 4 });
    const builtIn = (BUILT_IN_CHAINS[name] ?? []).map(
      (chain): fc.Arbitrary<Chain> => fc.record({ name: fc.constant(chain), policy: fc.constant('ACCEPT' as const), rules }),
    );
    const own = OWN_CHAINS.map(
      (chain): fc.Arbitrary<Chain> => fc.record({ name: fc.constant(chain), policy: fc.constant('-' as const), rules }),
    );
    return fc.tuple(...builtIn, ...own).map((chains) => ({ name, chains }));
  });
}

/** A ruleset with one to three tables; every chain that a rule jumps to is there. */
export const anyRuleset: fc.Arbitrary<Ruleset> = fc
  .constantFrom<Family>('ip', 'ip6')
  .chain((family) =>
    fc.uniqueArray(table(family), { selector: ({ name }) => name, minLength: 1, maxLength: 3 }).map((tables) => ({ family, tables })),
  );
