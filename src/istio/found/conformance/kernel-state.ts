/** What a run leaves in the kernel of a pod, as golden cases write it: texts, so that nothing of ours takes part in a comparison. */

import type { Family } from '../../../netfilter/family.ts';

/** The two stores of rules of iptables. */
export type Store = 'nft' | 'legacy';

export const STORES: readonly Store[] = ['nft', 'legacy'];

export interface KernelState {
  /** Saves in normal form; an empty text is no rules. */
  readonly rules: Readonly<Record<Store, Readonly<Record<Family, string>>>>;
  /** `ip rule`, `ip -6 route`, ...: the lines of each, where there are any. */
  readonly host: Readonly<Record<string, readonly string[]>>;
  /** Tables of nft's own. */
  readonly native: string;
  /** IPv4 rules of another namespace that the arguments name. */
  readonly other: string;
}

const NO_RULES = { nft: { ip: '', ip6: '' }, legacy: { ip: '', ip6: '' } } as const;

export const EMPTY_STATE: KernelState = { rules: NO_RULES, host: {}, native: '', other: '' };

/** Normal form of a save's text: no comments, no counters, tables in one order, none that is empty. */
export function normalSave(save: string): string {
  const tables = new Map<string, string>();
  for (const [, name = '', body = ''] of save.replace(/^#.*\n/gm, '').matchAll(/^\*(\w+)\n([^]*?)^COMMIT\n/gm)) {
    if (!/^-A|^:\S+ - /m.test(body)) continue;
    tables.set(name, `*${name}\n${body.replace(/ \[\d+:\d+\]$/gm, '')}COMMIT\n`);
  }
  return ['mangle', 'raw', 'filter', 'nat'].map((name) => tables.get(name) ?? '').join('');
}

/** The lines that count of what `ip` lists: policy rules by mark, routes that make packets local, and the address `::6`. */
export function routingLines(listed: Readonly<Record<string, string>>): KernelState['host'] {
  const of = (command: string): readonly string[] => {
    const text = listed[command] ?? '';
    if (command.endsWith('rule'))
      return [...text.matchAll(/^\d+:.*?(?:fwmark (\S+) )?lookup (\d+)/gm)].map(
        ([, mark, table]) => `${mark === undefined ? '' : `fwmark ${Number(mark)} `}lookup ${table}`,
      );
    if (command.endsWith('route')) return [...text.matchAll(/^local default dev lo table \d+/gm)].map(([route]) => route);
    return [...text.matchAll(/inet6 (::6\/128)/g)].map(([, address]) => `${address} dev lo`);
  };
  return Object.fromEntries(
    Object.keys(listed).flatMap((command) => {
      const lines = of(command);
      return lines.length === 0 ? [] : [[command, lines]];
    }),
  );
}

/** Whether two states are the same, all of them. */
export function isSameState(one: KernelState, other: KernelState): boolean {
  return textOf(one) === textOf(other);
}

function textOf({ rules, host, native, other }: KernelState): string {
  const stores = STORES.flatMap((store) => [rules[store].ip, rules[store].ip6]);
  const sorted = Object.keys(host)
    .sort()
    .map((command) => [command, host[command]]);
  return JSON.stringify([stores, sorted, native, other]);
}
