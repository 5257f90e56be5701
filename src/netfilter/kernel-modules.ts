import type { Family } from './family.ts';

// A match or target whose module is not `xt_` and its name in small letters.
const NAMES: Readonly<Record<string, string>> = {
  REDIRECT: 'xt_REDIRECT',
  TPROXY: 'xt_TPROXY',
  CT: 'xt_CT',
  DNAT: 'xt_nat',
  NFLOG: 'xt_NFLOG',
  MARK: 'xt_mark',
  CONNMARK: 'xt_connmark',
  TRACE: 'xt_TRACE',
  LOG: 'xt_LOG',
};

// Built into every kernel's tables: verdicts, and the matches of the header and of tcp and udp.
const BUILT_IN = new Set(['ACCEPT', 'DROP', 'RETURN', 'tcp', 'udp']);

/** The modules of a table's block: the table itself, then its matches and targets in order. */
export function modulesFor(table: string, rules: readonly string[], family: Family, legacy: boolean): readonly string[] {
  const base = legacy
    ? [`${family === 'ip' ? 'iptable' : 'ip6table'}_${table}`]
    : ['nf_tables', 'nft_compat', ...(table === 'nat' ? ['nft_chain_nat'] : [])];
  return [...new Set([...base, ...rules.flatMap(extensionsIn).map(moduleOf)])];
}

/** The matches and targets a rule's text asks for; jumps to chains are no targets. */
function extensionsIn(rule: string): readonly string[] {
  // A rule out of a log may hold anything, and its modules are printed in a command.
  const matches = [...rule.matchAll(/ -m ([\w-]+)(?=\s|$)/g)].map(([, name = '']) => name);
  const targets = [...rule.matchAll(/ -j ([A-Z]+)(?=\s|$)/g)].map(([, name = '']) => name);
  return [...matches, ...targets].filter((name) => !BUILT_IN.has(name));
}

function moduleOf(extension: string): string {
  return NAMES[extension] ?? `xt_${extension}`;
}
