/** Saves as tests compare them: made from the text alone, so that nothing of ours takes part. */

import type { Namespace } from './namespace.ts';

/** The normal form of a save: no lines of comment, no counters, tables in one order, none that is empty; and without the comments of rules, where those are no question. */
export function normalSave(save: string, comments = true): string {
  const tables = new Map<string, string>();
  for (const [, name = '', body = ''] of save.replace(/^#.*\n/gm, '').matchAll(/^\*(\w+)\n([^]*?)^COMMIT\n/gm)) {
    if (!/^-A|^:\S+ - /m.test(body)) continue;
    const lines = body.replace(/ \[\d+:\d+\]$/gm, '');
    tables.set(name, `*${name}\n${comments ? lines : lines.replace(/ -m comment --comment ("[^"]*"|\S+)/g, '')}COMMIT\n`);
  }
  return ['mangle', 'raw', 'filter', 'nat'].map((name) => tables.get(name) ?? '').join('');
}

/** The rules of IPv4 in normal form. */
export async function saved({ run }: Namespace, backend = 'nft'): Promise<string> {
  return normalSave((await run(`iptables-${backend}-save`)).stdout);
}

/** The rules of a backend in normal form, and the routing with all of lo's addresses or what `only` leaves of them, as the tools show them. */
export async function rulesAndRouting({ run }: Namespace, backend: string, only = 'cat'): Promise<string> {
  const { stdout } = await run(`iptables-${backend}-save; echo ip6:; ip6tables-${backend}-save; echo routing:
    for f in -4 -6; do printf 'rule show\\nroute show table 133\\n' | ip $f -force -batch - 2>/dev/null; done; ip -6 addr show dev lo | ${only} || true`);
  const [rules = '', routing = ''] = stdout.split('routing:\n');
  const [ip = '', ip6 = ''] = rules.split('ip6:\n');
  return `${normalSave(ip)}ip6:\n${normalSave(ip6)}routing:\n${routing}`;
}
