/** Tables of nft in the forms of iptables: what can be said, and a line for each thing that can not. */

import { iptablesNameIn } from '../../istio/plan/native/iptables-names.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { asIptables } from '../../netfilter/nft/as-iptables.ts';
import type { RulesView } from '../../sources/rules-text.ts';

/** The view with rules of iptables alone. Tables that are left out stand in `comments` and `errors`, so that no reader takes the rest for all. */
export function viewAsIptables(view: RulesView): {
  readonly view: RulesView;
  readonly comments: string;
  readonly notes: readonly string[];
  readonly errors: readonly string[];
} {
  const converted = FAMILIES.map((family) => asIptables(view.rules[family], iptablesNameIn));
  const [ip, ip6] = converted.map(({ ruleset }) => ruleset);
  const leftOut = [...new Set(converted.flatMap((one) => one.leftOut))];
  const seams = [...new Set(converted.flatMap((one) => one.seams))];
  return {
    view: { ...view, rules: { ip: ip ?? view.rules.ip, ip6: ip6 ?? view.rules.ip6 } },
    comments: leftOut.map((line) => `# left out: ${line}\n`).join(''),
    notes: seams.map((seam) => `note: ${seam}`),
    errors: leftOut.map((line) => `left out, for iptables has no words for it: ${line}`),
  };
}
