/** Every distinct outcome of the golden cases as text, with all releases that have it in any case. */

import { CASES, expand } from './golden.ts';

export interface GoldenText {
  /** `dns-tproxy at 1.11.0`, the first case that has it. */
  readonly name: string;
  /** What iptables-save and ip6tables-save print, as the golden files have it. */
  readonly ip: string;
  readonly ip6: string;
  readonly releases: readonly string[];
}

/** Those that are no refusal. */
export const GOLDEN_TEXTS: readonly GoldenText[] = [
  ...CASES.flatMap(({ name, outcomes }) =>
    outcomes
      .filter(({ error }) => error !== true)
      .map(({ ip, ip6, releases }): GoldenText => {
        const all = expand(releases);
        return { name: `${name} at ${all[0]}`, ip, ip6, releases: all };
      }),
  )
    .reduce((texts, one) => {
      const key = `${one.ip}\f${one.ip6}`;
      const before = texts.get(key);
      return texts.set(key, before === undefined ? one : { ...before, releases: [...new Set([...before.releases, ...one.releases])] });
    }, new Map<string, GoldenText>())
    .values(),
];

/** A terminal on which both programs were run. */
export function terminalOf({ ip, ip6 }: Pick<GoldenText, 'ip' | 'ip6'>): string {
  return `$ iptables-save\n${ip}$ ip6tables-save\n${ip6}`;
}
