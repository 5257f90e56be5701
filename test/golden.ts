/** The golden cases, read once. */

import { readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';

/** One outcome of a case: the kernel's state afterwards, or a refusal. */
export interface Outcome {
  readonly releases: readonly string[];
  readonly error?: true;
  readonly ip: string;
  readonly ip6: string;
  readonly host?: Readonly<Record<string, readonly string[]>>;
}

export interface GoldenCase {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly nameservers: readonly string[];
  readonly outcomes: readonly Outcome[];
}

const folder = new URL('../golden/', import.meta.url);

export const RELEASES: readonly string[] = readFileSync(new URL('releases.txt', folder), 'utf8').trim().split('\n');

export const CASES: readonly GoldenCase[] = readdirSync(new URL('istio-iptables/', folder))
  .filter((file) => file.endsWith('.yaml'))
  .sort()
  .map((file) => ({
    name: file.replace('.yaml', ''),
    ...(load(readFileSync(new URL(`istio-iptables/${file}`, folder), 'utf8')) as Omit<GoldenCase, 'name'>),
  }));

/** The releases of ranges such as `1.9.6 - 1.9.9` or `1.20.0`, both ends included. */
export function expand(ranges: readonly string[]): readonly string[] {
  return ranges.flatMap((range) => {
    const [first = '', last = first] = range.split(' - ');
    const from = RELEASES.indexOf(first);
    const to = RELEASES.indexOf(last);
    if (from < 0 || to < from) throw new Error(`bad range ${range}`);
    return RELEASES.slice(from, to + 1);
  });
}

/** A text that golden files keep: what a capture is called in golden/captures. */
export function capture(file: string): string {
  return readFileSync(new URL(`captures/${file}`, folder), 'utf8');
}
