/** The rules as the page lists them: each with its reason, its settings, its counters, and its line. */

import { FAMILIES, FAMILY_NAMES } from '../../netfilter/family.ts';
import { printRule } from '../../netfilter/print.ts';
import { ruleId } from './rule-id.ts';
import type { Subject } from './subject.ts';

export interface RuleView {
  /** `ip nat ISTIO_OUTPUT 9`. */
  readonly id: string;
  readonly place: number;
  readonly text: string;
  readonly why: string;
  readonly settings: readonly string[];
  /** What the kernel counted, where the text tells: `12 packets, 720 bytes`. */
  readonly counted: string;
  /** 1-based, of the pasted text. */
  readonly line?: number;
}

export interface ChainView {
  /** `IPv4 nat`. */
  readonly table: string;
  readonly name: string;
  /** What becomes of packets that come to its end, of a built-in chain that says it. */
  readonly policy: string;
  readonly rules: readonly RuleView[];
}

/** All chains that have rules, or are jumped to. */
export function chainsOf({ network, plan, kind }: Subject): readonly ChainView[] {
  if (network === undefined) return [];
  return FAMILIES.flatMap((family) =>
    network.plan[family].tables.flatMap(({ name: table, chains }) =>
      chains
        .filter(({ rules }) => rules.length > 0)
        .map(
          ({ name, policy, rules }): ChainView => ({
            table: `${FAMILY_NAMES[family]} ${table}`,
            name,
            policy: policy === 'DROP' ? 'policy DROP' : policy === 'unknown' ? 'policy not shown' : '',
            rules: rules.map((rule, index): RuleView => {
              const nobody = kind === 'rules' && plan !== undefined ? `no rule of Istio ${plan.release} is like it` : '';
              return {
                id: ruleId(family, { table, chain: name, position: index + 1 }),
                place: index + 1,
                text: rule.text ?? printRule(rule),
                why: rule.because?.text ?? nobody,
                settings: rule.because?.settings ?? [],
                counted: rule.counters === undefined ? '' : `${rule.counters.packets} packets, ${rule.counters.bytes} bytes`,
                ...(rule.line !== undefined && { line: rule.line }),
              };
            }),
          }),
        ),
    ),
  );
}
