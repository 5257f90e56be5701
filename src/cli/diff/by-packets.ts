/** `diff --by packets`: two sides by what happens to all packets, as far as both show what they hold. */

import { identify } from '../../istio/found/identify.ts';
import { planFromSettings } from '../../istio/kubernetes/plan-from-settings.ts';
import type { BehaviorComparison } from '../../istio/packets/behavior.ts';
import { compareBehavior } from '../../istio/packets/behavior.ts';
import type { PodNetwork } from '../../istio/packets/pod-network.ts';
import { hiddenIn, podNetworkOfPlan, whereConditionsHold } from '../../istio/packets/pod-network.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import type { DiffOperand } from '../../sources/operand.ts';
import type { ComparedOperand, Comparison, Scope } from './comparison.ts';
import { compareOperands } from './comparison.ts';

export interface PacketComparison {
  /** The same sides rule by rule: their names, what was left out, and what was not compared. */
  readonly rules: Comparison;
  readonly behavior: BehaviorComparison;
}

/** Compares two sides for all packets. `given` is what is known of the pod. */
export function comparePackets(left: DiffOperand, right: DiffOperand, scope: Scope, given: Facts): PacketComparison {
  // A rule that takes packets before Istio's see them makes the difference, whoever made it.
  const rules = compareOperands(left, right, { ...scope, all: scope.all || 'taking' });
  const facts = { ...left.facts, ...right.facts, ...given };
  const [a, b] = [podNetworkOf(rules.left, facts), podNetworkOf(rules.right, facts)];
  return { rules, behavior: compareBehavior(a, b, { facts, ...(scope.family === undefined ? {} : { family: scope.family }) }) };
}

/** What was compared of a side; rules that were found have the routing and the proxy of who is thought to have made them. */
function podNetworkOf({ plan, seen, compared }: ComparedOperand, facts: Facts): PodNetwork {
  const made = plan ?? identify(seen).answers[0]?.plan ?? planFromSettings({});
  const network = whereConditionsHold(podNetworkOfPlan({ ...made, ...compared }, { facts }));
  return plan === undefined ? { ...network, unseen: hiddenIn(seen) } : network;
}
