/** Sides of a diff, made of texts without a file. */

import type { Comparison } from '../../../src/cli/diff/comparison.ts';
import { compareOperands } from '../../../src/cli/diff/comparison.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import type { Family } from '../../../src/netfilter/family.ts';
import { observeAll, observeText } from '../../../src/netfilter/observation.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import type { Ruleset } from '../../../src/netfilter/rule.ts';
import type { DiffOperand } from '../../../src/sources/operand.ts';

/** The rules of a text, of which all is seen that it shows. */
export function textSource(text: string, name = 'saved.txt'): DiffOperand {
  return { name, seen: observeText(readRules(text)), problems: [], notes: [] };
}

/** The rules of a save of each family; an empty save is a family without rules. */
export function savesSide({ ip, ip6 }: Readonly<Record<Family, string>>, name = 'saves'): DiffOperand {
  return { name, seen: observeAll({ ip: rulesetOf(ip, 'ip'), ip6: rulesetOf(ip6, 'ip6') }), problems: [], notes: [] };
}

/** The rules of a plan. */
export function planSource(plan: CapturePlan): DiffOperand {
  return { name: `Istio ${plan.release}`, seen: observeAll(plan), plan, problems: [], notes: [] };
}

/** The plan of a default pod of a release with some settings. */
export const at = (release: string, sets: readonly string[] = [], addresses: readonly string[] = []): DiffOperand =>
  planSource(
    planFromSettings({ sets, facts: { addresses }, release: { value: release, source: { kind: 'option', option: '--release' } } }),
  );

/** A pod's rules beside those of kube-proxy. */
export const SAVE = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:ISTIO_OUTPUT - [0:0]
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_OUTPUT -d 10.0.0.1/32 -j RETURN
-A ISTIO_OUTPUT -d 10.0.0.2/32 -j RETURN
-A ISTIO_OUTPUT -d 10.0.0.3/32 -j RETURN
-A ISTIO_OUTPUT -d 10.0.0.4/32 -j RETURN
-A ISTIO_OUTPUT -d 10.0.0.5/32 -j RETURN
-A ISTIO_OUTPUT -p tcp -m tcp --dport 80 -j RETURN
-A ISTIO_OUTPUT -d 10.0.0.6/32 -j RETURN
-A KUBE-SERVICES -j RETURN
COMMIT
`;

/** Two texts side by side, without rules of other programs unless all are asked for. */
export const compareTexts = (left: string, right: string, all = false): Comparison =>
  compareOperands(textSource(left, 'before.txt'), textSource(right, 'after.txt'), { all });

function rulesetOf(text: string, family: Family): Ruleset {
  return readRules(text, { family }).rulesets.find((ruleset) => ruleset.family === family) ?? { family, tables: [] };
}
