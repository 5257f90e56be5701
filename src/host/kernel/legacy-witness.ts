/** A second look at what legacy holds, rule by number: one program for each chain, so only where a text is not proof enough. */

import type { Family } from '../../netfilter/family.ts';
import { iptables } from '../../netfilter/print.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import { isBuiltIn } from '../../netfilter/rule.ts';
import type { Unseen } from '../../netfilter/unseen.ts';
import type { LastRule } from '../../netfilter/witness/numbered-witness.ts';
import { disputedChain, isThatRule, lastRules } from '../../netfilter/witness/numbered-witness.ts';
import { succeeded } from '../run.ts';
import type { Reading } from './snapshot.ts';

// A program takes 2 ms. kube-proxy has some ten thousand chains on a large node, which would take a minute.
const MOST_CHAINS = 200;
const AT_ONCE = 8;

/**
 * The chains of which the second look shows something else. Built-in chains and Istio's are asked first; where a program
 * does not answer, the text is all there is. A look takes no lock: that is a file which it would make.
 */
export async function legacyDisputes(
  { namespace: { run }, deadline }: Pick<Reading, 'namespace' | 'deadline'>,
  ruleset: Ruleset,
  unread: readonly Unseen[],
): Promise<readonly Unseen[]> {
  const { family } = ruleset;
  const first = ({ table, chain }: LastRule): number => (isBuiltIn(table, chain) || chain.startsWith('ISTIO_') ? 0 : 1);
  const witnesses = [...lastRules(ruleset, unread)].sort((a, b) => first(a) - first(b)).slice(0, MOST_CHAINS);
  const disputed: Unseen[] = [];
  for (let at = 0; at < witnesses.length; at += AT_ONCE) {
    const some = witnesses.slice(at, at + AT_ONCE);
    const ran = await Promise.all(
      some.map(({ table, chain, number }) =>
        run({
          argv: [`${iptables(family)}-legacy`, '-w', '-t', table, '-S', chain, `${number}`],
          env: { XTABLES_LOCKFILE: '/dev/null' },
          deadline,
        }),
      ),
    );
    for (const [index, last] of some.entries()) {
      const answer = ran[index];
      if (answer !== undefined && contradicts(last, answer, family)) disputed.push(disputedChain(family, last));
    }
  }
  return disputed;
}

function contradicts(last: LastRule, ran: Awaited<ReturnType<Reading['namespace']['run']>>, family: Family): boolean {
  if (!succeeded(ran)) return ran.stderr.includes('No chain/target/match by that name');
  return !isThatRule(last, ran.stdout, family);
}
