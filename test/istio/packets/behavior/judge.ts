/** The answer for all packets, held to the simulator of single ones. */

import { expect } from 'vitest';
import { classesFor } from '../../../../src/istio/packets/behavior/classes.ts';
import { operandOf } from '../../../../src/istio/packets/behavior/operand.ts';
import type { BehaviorComparison, BehaviorRegion } from '../../../../src/istio/packets/behavior.ts';
import { compareBehavior } from '../../../../src/istio/packets/behavior.ts';
import type { PodNetwork } from '../../../../src/istio/packets/pod-network.ts';
import { regionHas } from '../../../../src/netfilter/behavior/region.ts';
import type { Family } from '../../../../src/netfilter/family.ts';
import { FAMILIES } from '../../../../src/netfilter/family.ts';
import type { Packet } from '../../../../src/netfilter/packet.ts';
import { printSave } from '../../../../src/netfilter/print.ts';
import { simulatorFor } from '../../../../src/netfilter/trace.ts';
import { randomFrom } from '../../../netfilter/mutations.ts';
import type { World } from '../biased-packets.ts';
import { biasedPacket, isStranded, sentBy, worldOf } from '../biased-packets.ts';

export type Scenes = readonly [PodNetwork, PodNetwork];

interface Judged {
  readonly world: World;
  readonly ends: (packet: Packet) => readonly [string, string];
}

/** The single-packet simulator on both sides: what it says of a packet, in the words of a comparison. */
function judge(podNetworks: Scenes, family: Family): Judged {
  const operands = podNetworks.map((podNetwork) => operandOf(podNetwork, family)) as unknown as Parameters<typeof worldOf>[0];
  const world = worldOf(operands);
  const one = operands.map(({ ruleset }, index) => {
    const sender = world.hosts[index];
    if (sender === undefined) throw new Error('a side without a host');
    const simulator = simulatorFor(ruleset, sender.host);
    const classOf = classesFor((podNetworks[index] ?? podNetworks[0]).ports, 'delivery');
    return (packet: Packet): string => classOf({ end: simulator.end(sentBy(sender, packet)) }).words;
  });
  return { world, ends: (packet) => [one[0]?.(packet) ?? '', one[1]?.(packet) ?? ''] };
}

const holding = (regions: readonly BehaviorRegion[], packet: Packet): readonly BehaviorRegion[] =>
  regions.filter((region) => region.regions.some((part) => regionHas(part, packet)));

/** Packets by the simulator, against the answer for all packets. Says how many ended differently, and what the answer is. */
export function expectNoContradiction(
  podNetworks: Scenes,
  packets: number,
  seed: number,
  families: readonly Family[] = FAMILIES,
): { readonly differing: number; readonly answer: BehaviorComparison['answer'] } {
  const answer = compareBehavior(...podNetworks, { most: Number.POSITIVE_INFINITY });
  const random = randomFrom(seed);
  let differing = 0;
  for (const family of families) {
    const { world, ends } = judge(podNetworks, family);
    const rules = (): string => podNetworks.map(({ plan }) => `${plan.release}\n${printSave(plan[family])}`).join('\n');
    for (const region of answer.different.filter(({ example }) => example.family === family)) {
      const said = [region.left.words, region.right.words].map((words, operand) =>
        words === 'unknown' ? ends(region.example)[operand] : words,
      );
      expect(ends(region.example), `${JSON.stringify(region.example)}\n${rules()}`).toEqual(said);
      expect(holding([region], region.example)).toHaveLength(1);
    }
    for (let count = 0; count < packets / families.length; count += 1) {
      const packet = biasedPacket(world, random);
      if (world.hosts.some((host) => isStranded(host, packet))) continue;
      const [left, right] = ends(packet);
      if (left === right || left.startsWith('unknown') || right.startsWith('unknown')) continue;
      differing += 1;
      // What no host sends away leaves by no interface: regions know it by lo.
      const stays = world.hosts.every((host) => sentBy(host, packet).outInterface === undefined);
      const found = holding([...answer.different, ...answer.unclear], stays ? { ...packet, outInterface: undefined } : packet);
      const fits = ({ left: one, right: other }: BehaviorRegion): boolean =>
        [left, 'unknown'].includes(one.words) && [right, 'unknown'].includes(other.words);
      if (!found.some(fits)) expect.fail(`${JSON.stringify(packet)}: ${left}, ${right}; ${answer.answer}\n${rules()}`);
    }
  }
  return { differing, answer: answer.answer };
}
