/** Rules of others in front of ours. */

import type { Family } from '../../../netfilter/family.ts';
import type { Observation } from '../../../netfilter/observation.ts';
import { printWholeRule } from '../../../netfilter/print.ts';
import type { Rule, Table } from '../../../netfilter/rule.ts';
import { makerOf } from '../../found/foreign.ts';
import type { Check, Found } from './subject.ts';
import { builtInChains, jumpOf, leadsTo, placeText, subjectOf, tablesOf } from './subject.ts';

/** Rules of others before the first jump of ours that keep packets from it. */
export const foreignFirst: Check = (subject) =>
  tablesOf(subject)
    .filter(({ table }) => table.name !== 'filter')
    .flatMap(({ family, table }) => {
      const own = subject.own[family].get(table.name);
      const takes = takingIn(table);
      return builtInChains(table).flatMap((chain): readonly Found[] => {
        const first = chain.rules.findIndex((rule) => leadsTo(own, rule));
        const jump = chain.rules[first];
        if (jump === undefined) return [];
        return chain.rules.slice(0, first).flatMap((rule, index): readonly Found[] => {
          if (subject.ownership[family].rules.has(rule) || !takes(rule)) return [];
          const text = printWholeRule(rule);
          const args = {
            position: `${index + 1}`,
            where: placeText(family, table.name, chain.name),
            chain: jumpOf(jump),
            rule: text,
            ...ownerOf(makerOf(rule, chain.name, own)),
          };
          return [{ code: 'foreign-first', args, family, table: table.name, chain: chain.name, rule: text }];
        });
      });
    });

/** Tables in which rules of others take packets before ours see them. */
export function capturedFirst(seen: Observation): (family: Family, table: Table) => boolean {
  const found = foreignFirst(subjectOf({ seen }));
  return (family, { name }) => found.some((one) => one.family === family && one.table === name);
}

/** Nobody here knows what rules of others are for: they are no matter of a command. */
function ownerOf(maker: string | undefined): { readonly whose: string; readonly fix: string } {
  return maker === undefined
    ? { whose: "not one of Istio's", fix: 'ask who put it there: what it takes does not reach the proxy while it stands before the jump' }
    : {
        whose: `made by ${maker}`,
        fix: `leave it: it belongs to ${maker}, and what it takes goes past the proxy as long as ${maker} needs it`,
      };
}

// Targets after which no other rule of the table sees the packet.
const FINAL = ['DNAT', 'SNAT', 'REDIRECT', 'MASQUERADE', 'NETMAP', 'TPROXY', 'NFQUEUE', 'REJECT', 'SYNPROXY'];

// A text may nest chains without end; the kernel refuses far fewer calls within calls.
const DEEPEST = 100;

/** Whether some packet that meets a rule of a built-in chain meets no later rule of it. */
function takingIn({ chains }: Table): (rule: Rule) => boolean {
  const rules = new Map(chains.map((chain) => [chain.name, chain.rules]));
  // A chain that is being looked at takes nothing by leading to itself.
  const known = new Map<string, boolean>();
  const chainCaptures = (chain: string, depth: number): boolean => {
    const before = known.get(chain);
    if (before !== undefined || depth > DEEPEST) return before ?? false;
    known.set(chain, false);
    // A RETURN leads back to the chain it was called from.
    const found = (rules.get(chain) ?? []).some((rule) => !isReturn(rule) && takes(rule, depth + 1));
    known.set(chain, found);
    return found;
  };
  const takes = (rule: Rule, depth: number): boolean => {
    const { target } = rule;
    if (target.kind === 'verdict') return true;
    if (target.kind === 'jump') return chainCaptures(target.chain, depth);
    return FINAL.includes(target.kind === 'opaque' ? target.name : target.kind);
  };
  return (rule) => takes(rule, 0);
}

function isReturn({ target }: Rule): boolean {
  return target.kind === 'verdict' && target.verdict === 'RETURN';
}
