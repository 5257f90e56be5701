/** The policy routing that a log or a page shows: the commands that set it up, or what `ip rule` and `ip route` list. */

import type { Family } from '../../netfilter/family.ts';
import { parseMasked } from '../../netfilter/numbers.ts';
import type { Because } from '../../netfilter/rule.ts';
import type { LocalRoute, PolicyRule, Routing } from '../plan/routing.ts';

const because: Because = { text: 'The source shows it.', settings: [] };

// `ip -f inet rule add fwmark 1337 lookup 133`, as istio-iptables and its shell programs log it.
const COMMAND = /\bip (?:-(?:f (inet6?)|([46])) )?(rule|route) (?:add|replace) (.*)$/;
// `32765:	from all fwmark 0x539 lookup 133`
const LISTED_RULE = /^\s*\d+:\s+(from all .*)$/;
const LISTED_ROUTE = /^\s*(local (?:default|0\.0\.0\.0\/0|::\/0) dev lo .*)$/;

/** Undefined where the text shows none: that says nothing of what is there. */
export function routingIn(text: string): Pick<Routing, 'rules' | 'routes'> | undefined {
  const lines = text.split('\n');
  const rules = lines.flatMap((line) => readRule(line) ?? []);
  const routes = lines.flatMap((line) => readRoute(line) ?? []);
  return rules.length + routes.length === 0 ? undefined : { rules, routes };
}

function wordsOf(line: string, what: 'rule' | 'route', listed: RegExp): { readonly family: Family; readonly words: string } | undefined {
  const [, named, short, kind, words = ''] = COMMAND.exec(line) ?? [];
  if (kind === what) return { family: named === 'inet6' || short === '6' ? 'ip6' : 'ip', words };
  const own = listed.exec(line)?.[1];
  return own === undefined ? undefined : { family: own.includes('::') ? 'ip6' : 'ip', words: own };
}

function readRule(line: string): PolicyRule | undefined {
  const found = wordsOf(line, 'rule', LISTED_RULE);
  const [, markText = '', table] = /\bfwmark (\S+) (?:lookup|table) (\d+)\s*$/.exec(found?.words.trimEnd() ?? '') ?? [];
  const mark = parseMasked(markText);
  return found === undefined || mark === null || table === undefined
    ? undefined
    : { family: found.family, mark: mark.value, table: Number(table), because };
}

function readRoute(line: string): LocalRoute | undefined {
  const found = wordsOf(line, 'route', LISTED_ROUTE);
  const table = /^local (?:default|0\.0\.0\.0\/0|::\/0) dev lo (?:\S+ )*?table (\d+)\b/.exec(found?.words ?? '')?.[1];
  return found === undefined || table === undefined ? undefined : { family: found.family, device: 'lo', table: Number(table), because };
}
