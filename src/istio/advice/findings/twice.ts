/** Rules that stand twice: a program that adds its rules has run again. */

import { printWholeRule } from '../../../netfilter/print.ts';
import type { Chain } from '../../../netfilter/rule.ts';
import type { Check, Found } from './subject.ts';
import { builtInChains, iptablesCommand, jumpOf, leadsTo, placeText, tablesOf } from './subject.ts';

/** Equal jumps to one chain of ours: no release makes two. */
export const duplicateJumps: Check = (subject) =>
  tablesOf(subject).flatMap(({ family, table }) =>
    builtInChains(table).flatMap((chain): readonly Found[] => {
      const jumps = new Map<string, { readonly to: string; count: number }>();
      for (const rule of chain.rules.filter((one) => leadsTo(subject.own[family].get(table.name), one))) {
        const text = printWholeRule(rule);
        const seen = jumps.get(text);
        if (seen === undefined) jumps.set(text, { to: jumpOf(rule), count: 1 });
        else seen.count += 1;
      }
      return [...jumps]
        .filter(([, { count }]) => count > 1)
        .map(([rule, { to, count }]): Found => {
          const args = {
            chain: to,
            count: `${count}`,
            where: placeText(family, table.name, chain.name),
            command: iptablesCommand(subject, family, table.name, `-D ${chain.name} ${rule}`),
          };
          return { code: 'duplicate-jump', args, family, table: table.name, chain: chain.name, rule };
        });
    }),
  );

/** Rules of our chains that stand there twice; early releases made some of theirs twice by themselves. */
export const madeTwice: Check = (subject) =>
  tablesOf(subject).flatMap(({ family, table }): readonly Found[] => {
    const own = subject.own[family].get(table.name);
    const planned = subject.made?.[family].tables.find(({ name }) => name === table.name);
    const chains = table.chains
      .filter(({ name }) => own?.has(name))
      .filter((chain) => {
        const meant = twiceIn(planned?.chains.find(({ name }) => name === chain.name));
        return [...twiceIn(chain)].some((rule) => !meant.has(rule));
      })
      .map(({ name }) => name);
    if (chains.length === 0) return [];
    const args = { chains: chains.join(', '), where: placeText(family, table.name), option: subject.option };
    return [{ code: 'made-twice', args, family, table: table.name }];
  });

function twiceIn(chain: Chain | undefined): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const text of (chain?.rules ?? []).map(printWholeRule)) (seen.has(text) ? twice : seen).add(text);
  return twice;
}
