/** Steps to chains: appends and inserts, in the order in which the release's program emits them. */

import type { Family } from '../../netfilter/family.ts';
import { normalForm } from '../../netfilter/rule/normal.ts';
import type { Target } from '../../netfilter/rule/target.ts';
import type { Chain, Rule, Ruleset } from '../../netfilter/rule.ts';
import { isBuiltIn } from '../../netfilter/rule.ts';
import type { Step } from './rules/step.ts';

/** The ruleset that the steps leave behind in an empty namespace, in normal form. */
export function assemble(family: Family, steps: readonly Step[], logged = false): Ruleset {
  const tables = new Map<string, Map<string, Rule[]>>();
  const chain = (table: string, name: string): Rule[] => {
    const chains = tables.get(table) ?? new Map<string, Rule[]>();
    tables.set(table, chains);
    const rules = chains.get(name) ?? [];
    chains.set(name, rules);
    return rules;
  };
  for (const step of logged ? steps.flatMap(withTrace) : steps) {
    const rules = chain(step.table, step.chain);
    if (step.at === undefined) rules.push(step.rule);
    else rules.splice(step.at - 1, 0, isBuiltIn(step.table, step.chain) ? { ...step.rule, place: 'top' } : step.rule);
    if (step.rule.target.kind === 'jump') chain(step.table, step.rule.target.chain);
  }
  return normalForm({
    family,
    tables: [...tables].map(([name, chains]) => ({
      name,
      chains: [...chains].map(
        ([chainName, rules]): Chain => ({ name: chainName, policy: isBuiltIn(name, chainName) ? 'ACCEPT' : '-', rules }),
      ),
    })),
  });
}

// Group and size are constants of Istio's program.
function nflog(prefix: string): Target {
  return { kind: 'NFLOG', value: { prefix, group: 1337, size: 20 } };
}

/** Trace logging: a copy of the rule that logs, before it in the chain; an insert is copied after it, and so ends before it too. */
function withTrace(step: Step): readonly Step[] {
  if (step.trace === undefined) return [step];
  const { id = '', because = { text: '', settings: [] }, matches } = step.rule;
  const copy: Step = {
    ...step,
    rule: { matches, target: nflog(step.trace), id: `${id}.log`, because: { ...because, text: `Logs: ${because.text}` } },
  };
  return step.at === undefined ? [copy, step] : [step, copy];
}
