/** What native nftables mode makes in each release: the cases of golden/nftables, read once. */

import { readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { casesIn, expand, goldenFolder, RELEASES } from './golden.ts';

export interface NativeOutcome {
  readonly releases: readonly string[];
  readonly error?: true;
  readonly nft?: string;
  readonly host?: Readonly<Record<string, readonly string[]>>;
}

export interface NativeCase {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly nameservers: readonly string[];
  readonly outcomes: readonly NativeOutcome[];
}

const folder = goldenFolder('nftables', 'GOLDEN_NFTABLES');

/** The releases with native nftables in their order; the candidate is not among those of the other golden data. */
const ORDER: readonly string[] = [...RELEASES, '1.31.0-rc.0'];

export const NATIVE_CASES: readonly NativeCase[] = casesIn(folder);

/** The releases of ranges such as `1.27.0 - 1.27.3`, both ends included. */
export function expandWithCandidate(ranges: readonly string[]): readonly string[] {
  return expand(ranges, ORDER);
}

/** A file beside the cases. */
export function nativeFile(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

export interface TransitionOutcome {
  readonly releases: readonly string[];
  readonly codes: readonly number[];
  readonly nft: string;
  /** Where a step used iptables. */
  readonly ip?: string;
  readonly ip6?: string;
  readonly host?: Readonly<Record<string, readonly string[]>>;
}

/** Runs one after the other in one namespace. */
export interface Transition {
  readonly name: string;
  readonly before?: string;
  readonly steps: readonly { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }[];
  readonly addresses: readonly string[];
  readonly nameservers: readonly string[];
  readonly outcomes: readonly TransitionOutcome[];
}

export const TRANSITIONS: readonly Transition[] = readdirSync(new URL('transitions/', folder))
  .sort()
  .map((file) => ({
    name: file.replace('.yaml', ''),
    ...(load(readFileSync(new URL(`transitions/${file}`, folder), 'utf8')) as Omit<Transition, 'name'>),
  }));

const page = readFileSync(new URL('../docs/apply.md', import.meta.url), 'utf8');

/** The names of transitions that docs/apply.md says end otherwise here; with a star at the end, all that begin so. */
export const INTENDED_TRANSITIONS: readonly string[] = page
  .split(/^## /m)
  .filter((section) => section.startsWith('Native nftables'))
  .flatMap((section) => section.split('\n').filter((line) => /^\| `/.test(line)))
  .flatMap((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));

/** Whether a name is what one of those stands for. */
export function isNamed(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
