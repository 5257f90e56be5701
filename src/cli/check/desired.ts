/** What the rules of a side are compared with: the settings that were given, or those that the rules themselves tell of. */

import type { AmbientIdentification } from '../../istio/found/identify/ambient.ts';
import { agentRules } from '../../istio/found/identify/ambient.ts';
import type { Identification } from '../../istio/found/identify.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import { observeAll } from '../../netfilter/observation.ts';
import { hasSettings } from '../../sources/operand-settings.ts';
import { planName } from '../../sources/operands.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { planInput } from '../../sources/plan-input.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import { agentName } from '../identify/agent-text.ts';

export interface Expected {
  readonly ruleSource: RuleSource;
  /** Whether a user said so. */
  readonly given: boolean;
}

/**
 * The rules that a side should have; undefined where nobody said so and it holds none of Istio. What a text does not
 * tell of its pod (nameservers, whether it has IPv6) is what its rules tell. Throws a ProblemError for settings that
 * can't be used.
 */
export async function expectedOf(
  ruleSource: RuleSource,
  given: PlanOptions,
  { answers: [likeliest], beforeKnown, agent }: Identification,
): Promise<Expected | undefined> {
  if (hasSettings(given) || usesMesh(given)) {
    const facts: Facts = { ...likeliest?.facts, ...ruleSource.facts };
    const { plan, notes, of } = await planInput(given, facts);
    const name = of === undefined ? planName(plan, { kind: 'settings' }, given) : `Istio ${plan.release}, ${of}`;
    return {
      ruleSource: {
        name,
        seen: observeAll(plan),
        plan,
        problems: plan.problems,
        notes: ruleSource.plan === undefined && of === undefined ? [] : notes,
      },
      given: true,
    };
  }
  if (likeliest === undefined && agent.length > 0) return { ruleSource: agentSource(agent), given: false };
  // What differs from another program's rules is no drift.
  if (likeliest === undefined || beforeKnown) return undefined;
  const { plan } = likeliest;
  const name = `Istio ${plan.release} with these settings`;
  return { ruleSource: { name, seen: observeAll(plan), plan, problems: [], notes: [] }, given: false };
}

/** What the node agent makes, of every backend in which it has rules. */
function agentSource(agent: readonly AmbientIdentification[]): RuleSource {
  const rules = agentRules(agent) ?? { ip: { family: 'ip', tables: [] }, ip6: { family: 'ip6', tables: [] } };
  const names = agent.flatMap(({ answers, where }) =>
    answers.slice(0, 1).map(({ plan }) => agentName({ releases: [plan.release] }, where)),
  );
  return { name: `${names.join(' and ')} with these knobs`, seen: observeAll(rules), problems: [], notes: [] };
}

/** What a mesh is installed with says what a default pod in it should have. */
function usesMesh({ manifests }: PlanOptions): boolean {
  return manifests !== undefined && (manifests.values.length > 0 || manifests.installer !== undefined);
}
