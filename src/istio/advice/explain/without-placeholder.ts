import { namesPlaceholder } from '../../plan/unknown-nameservers.ts';
import type { Problem } from '../../problems.ts';
import type { Explanation } from '../explain.ts';

/** An explanation of a plan that was made with a stand-in for nameservers: without what is not known, and with the reason among its problems. */
export function withoutPlaceholder(explanation: Explanation, missing: readonly Problem[]): Explanation {
  const { facts, plan, rules } = explanation;
  const { nameservers: _, ...known } = facts;
  const listed = rules.filter(({ text, settings }) => !(namesPlaceholder(text) && settings.includes('dns.capture')));
  return { ...explanation, facts: known, plan: { ...plan, problems: [...plan.problems, ...missing] }, rules: listed };
}
