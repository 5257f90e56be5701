import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allPaths } from '../../../src/netfilter/behavior/all-paths.ts';
import { FIRST_QUESTION } from '../../../src/netfilter/behavior/arena.ts';
import { TooLarge } from '../../../src/netfilter/behavior/diagram.ts';
import type { ClassSet } from '../../../src/netfilter/behavior/outcomes.ts';
import { classify } from '../../../src/netfilter/behavior/outcomes.ts';
import type { Prepared } from '../../../src/netfilter/behavior/prepared.ts';
import { prepareOperands } from '../../../src/netfilter/behavior/prepared.ts';
import { firstPackets } from '../../../src/netfilter/behavior/scope.ts';
import type { Family } from '../../../src/netfilter/family.ts';
import { firstPacket } from '../../../src/netfilter/packet.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import type { Ruleset } from '../../../src/netfilter/rule.ts';
import { simulatorFor } from '../../../src/netfilter/trace.ts';
import { property } from '../../property.ts';
import { rounds } from '../../trials.ts';
import { RANDOM_HOST, randomPacket, randomRuleset } from '../random-rules.ts';
import { classOf, END_PORTS, pointOf, possibleEnds, sent } from './ends.ts';

/** The packets of each end, whatever is answered to questions. */
function endsOf(ruleset: Ruleset): { readonly prepared: Prepared; readonly classes: readonly ClassSet[] } {
  const prepared = prepareOperands([{ ruleset, host: RANDOM_HOST }], END_PORTS, 60_000);
  const { arena, operands } = prepared;
  const ended = operands.flatMap((operand) => allPaths(arena, operand, firstPackets(prepared, operand.host)).ended);
  return {
    prepared,
    classes: classify(arena, ended, classOf).map(({ end, set }) => ({ end, set: arena.diagrams.forget(set, FIRST_QUESTION) })),
  };
}

/** On the host that the sets have: with an interface for each pattern of a rule. */
function simulatorOf(ruleset: Ruleset, { operands: [operand] }: Prepared): ReturnType<typeof simulatorFor> {
  return simulatorFor(ruleset, operand?.host.host ?? RANDOM_HOST);
}

describe.each(['ip', 'ip6'] as const)('sets of packets through random rules of %s', (family: Family) => {
  const packets = fc.array(randomPacket(family), { minLength: 100, maxLength: 100 });
  let checked = 0;

  // Every target and match, in places where no kernel loads them as well; the simulator is held to the kernel elsewhere.
  property([randomRuleset(family), packets], { numRuns: rounds(18) })('end where the simulator says of each packet', (ruleset, given) => {
    let found: ReturnType<typeof endsOf>;
    try {
      found = endsOf(ruleset);
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      // Another one in its place.
      return fc.pre(false);
    }
    const { prepared, classes } = found;
    const simulator = simulatorOf(ruleset, prepared);
    for (const one of given) {
      const packet = sent(prepared, one);
      const point = pointOf(prepared, one);
      const ends = classes.filter(({ set }) => prepared.arena.diagrams.has(set, point)).map(({ end }) => end.key);
      // Routes let nobody send it.
      if (ends.length === 0 && packet.source?.startsWith('127.')) continue;
      expect(ends.sort(), `${JSON.stringify(packet)}\n${printSave(ruleset)}`).toEqual([...possibleEnds(simulator.end(packet))].sort());
      checked += 1;
    }
  });

  it('were enough', () => {
    expect(checked).toBeGreaterThan(rounds(1000));
  });
});

// What a fast-check seed of -835730405 found: `l+` is no name of this host, and may be one of a device that it gets.
it.each([
  ['ip', '10.1.2.3-10.1.2.9', '192.168.9.9', '192.168.7.1'],
  ['ip6', '2001:db8::7-2001:db8::9', 'fe80::2', 'fe80::1'],
] as const)(
  'a packet of %s that a rule sends on from here may leave by a device that a pattern names',
  (family, to, source, destination) => {
    const text = `*nat\n:PREROUTING ACCEPT\n-A PREROUTING -j DNAT --to-destination ${to}\nCOMMIT\n*filter\n:FORWARD ACCEPT\n-A FORWARD -o l+ -j DROP\nCOMMIT\n`;
    const ruleset = readRules(text, { family }).rulesets[0] as Ruleset;
    const { prepared, classes } = endsOf(ruleset);
    const packet = firstPacket({
      family,
      ...({ origin: 'remote', protocol: 'udp', mark: 0, socket: false, inInterface: 'eth1' } as const),
      ...{ source, destination, sourcePort: 53, destinationPort: 53 },
    });
    const ends = classes.filter(({ set }) => prepared.arena.diagrams.has(set, pointOf(prepared, packet))).map(({ end }) => end.key);
    expect(ends.sort()).toEqual(['dnat 53', 'dropped', 'forwarded']);
    expect([...possibleEnds(simulatorOf(ruleset, prepared).end(packet))].sort()).toEqual(ends);
  },
);
