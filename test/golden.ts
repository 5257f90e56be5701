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

/** The cases of a folder, each called as its file is. */
export function casesIn<C extends { readonly name: string }>(folder: URL): readonly C[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => ({ name: file.replace('.yaml', ''), ...(load(readFileSync(new URL(file, folder), 'utf8')) as object) }) as C);
}

/** A folder of golden data, or the one that a variable of the environment names in its place. */
export function goldenFolder(name: string, variable: string): URL {
  const given = process.env[variable];
  return given === undefined ? new URL(`${name}/`, folder) : new URL(`file://${given}/`);
}

export const CASES: readonly GoldenCase[] = casesIn(new URL('istio-iptables/', folder));

/** The releases of ranges such as `1.9.6 - 1.9.9` or `1.20.0`, both ends included. */
export function expand(ranges: readonly string[], order = RELEASES): readonly string[] {
  return ranges.flatMap((range) => {
    const [first = '', last = first] = range.split(' - ');
    const from = order.indexOf(first);
    const to = order.indexOf(last);
    if (from < 0 || to < from) throw new Error(`bad range ${range}`);
    return order.slice(from, to + 1);
  });
}

/** The releases at which something holds, as spans. */
export function spansOf(releases: readonly string[], holds: (release: string) => boolean): string {
  const yes = releases.map(holds);
  const starts = releases.filter((_, index) => yes[index] === true && yes[index - 1] !== true);
  const ends = releases.filter((_, index) => yes[index] === true && yes[index + 1] !== true);
  return starts.map((start, index) => `${start} - ${ends[index]}`).join(', ');
}

/** A text that golden files keep: what a capture is called in golden/captures. */
export function capture(file: string): string {
  return readFileSync(new URL(`captures/${file}`, folder), 'utf8');
}
