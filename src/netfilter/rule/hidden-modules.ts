/** Of a match that iptables-nft keeps in a form of its own nft shows the name of the module, and not what is asked. */

import type { Rule } from '../rule.ts';
import type { Match } from './match.ts';
import { MATCH_OPTIONS } from './options.ts';

/** In place of a name that nft does not tell (`"xt": null`, before 1.0.5). */
export const UNNAMED = '?';

/** The modules of which a rule shows the name alone; a comment asks nothing. */
export function hiddenModules({ matches }: Rule): readonly string[] {
  return matches.flatMap((match) => (match.kind === 'opaque' ? (/^xt match "([^"]*)"$/.exec(match.text)?.[1] ?? []) : []));
}

/** The rule with the names of these modules in place of what it asks of them. */
export function withoutMatchesOf(rule: Rule, modules: ReadonlySet<string>): Rule {
  if (modules.size === 0) return rule;
  const protocol = rule.matches.flatMap((match) => (match.kind === 'protocol' ? [match.value] : []))[0] ?? '';
  const hidden = new Set<string>();
  const matches = rule.matches.filter((match) => {
    const names = namesOf(match, protocol).filter((name) => modules.has(name));
    for (const name of names) hidden.add(modules.has(UNNAMED) ? UNNAMED : name);
    return names.length === 0;
  });
  return { ...rule, matches: [...matches, ...[...hidden].sort().map((name): Match => ({ kind: 'opaque', text: `xt match "${name}"` }))] };
}

/** What nft may call a match: its module, under each of its names, or nothing at all. */
function namesOf(match: Match, protocol: string): readonly string[] {
  if (match.kind === 'unknown' || match.kind === 'comment') return [];
  if (match.kind === 'opaque') {
    const [, module] = /^(?:xt match "|-m )([^"\s]+)/.exec(match.text) ?? [];
    return module === undefined ? [] : [module, UNNAMED];
  }
  const { module } = MATCH_OPTIONS[match.kind];
  if (module === 'header') return [];
  return [...(module === 'protocol' ? [protocol] : (ALIASES[module] ?? [module])), UNNAMED];
}

const ALIASES: Readonly<Record<string, readonly string[]>> = { state: ['state', 'conntrack'], conntrack: ['conntrack', 'state'] };
