import { badOption } from '../istio/bad-option.ts';
import { spansText } from '../istio/releases/spans-text.ts';
import { observeAll } from '../netfilter/observation.ts';
import type { DiffOperand } from './operand.ts';
import type { RuleSource } from './rule-source.ts';

/** What `identify` finds for rules. Throws a ProblemError where none of them are those of a sidecar. */
export async function inferredOperand(found: RuleSource): Promise<DiffOperand> {
  const { identify } = await import('../istio/found/identify.ts');
  const { outcome, answers } = identify(found.seen);
  const [likeliest] = answers;
  if (likeliest === undefined)
    throw badOption(found.name, 'has no rules of an Istio sidecar; name the other operand, as in diff FILE @1.23');
  const { plan, releases } = likeliest;
  const words =
    outcome === 'exact'
      ? 'makes exactly the rules of Istio on the left'
      : outcome === 'unknown'
        ? 'the nearest to what could be read on the left'
        : 'the nearest to the rules of Istio on the left, which no release makes';
  return {
    name: `Istio ${spansText(releases)}, inferred: ${words}`,
    seen: observeAll(plan),
    plan,
    problems: plan.problems,
    notes: [],
    inferred: outcome === 'exact' ? 'exact' : 'nearest',
  };
}
