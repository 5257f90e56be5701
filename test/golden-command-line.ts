/** The golden command lines, and what docs/apply.md says of those that this program answers in another way. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { casesIn } from '../src/cli/conform/cases.ts';
import type { GoldenCase } from '../src/istio/found/conformance/golden-case.ts';
import { position, readSpans } from '../src/istio/releases/known.ts';

const folder = (name: string): string => fileURLToPath(new URL(`../golden/${name}`, import.meta.url));

/** Command lines through real programs of ten releases. */
export const COMMAND_LINES: readonly GoldenCase[] = casesIn(folder('command-line'));

/** Arguments through the rule generators of all releases, once for each backend. */
export const RULE_CASES: readonly GoldenCase[] = casesIn(folder('istio-iptables'));

/** A row of the table of docs/apply.md. */
export interface Intended {
  /** `value-t-0`, `twice*` */
  readonly names: readonly string[];
  readonly isOf: (name: string, release: string) => boolean;
}

const page = readFileSync(fileURLToPath(new URL('../docs/apply.md', import.meta.url)), 'utf8');

/** The differences that are intended. */
export const INTENDED: readonly Intended[] = page
  .split(/^## /m)
  .filter((section) => section.startsWith('Where Istio does something else'))
  .flatMap((section) => section.split('\n').filter((line) => /^\| `/.test(line)))
  .map((line) => {
    const [cases = '', releases = ''] = line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim());
    const names = [...cases.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    const spans = releases === 'all' ? undefined : readSpans(releases);
    const isOfNames = (name: string): boolean =>
      names.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one));
    const isOfSpans = (release: string): boolean =>
      spans === undefined || spans.some(([first, last]) => first <= position(release) && position(release) <= last);
    return { names, isOf: (name, release) => isOfNames(name) && isOfSpans(release) };
  });
