/** Which releases have which change, in numbers: worked out from the tables, by the build where there is one (scripts/worked-out.mjs). */

import { readSpans } from './known.ts';
import type { ChangeName } from './named-changes.ts';
import { CHANGE_NAMES, CHANGES } from './named-changes.ts';
import { NATIVE_CHANGES } from './native-changes.ts';
import { RULE_CHANGES } from './rule-changes.ts';

/** Of each change, the positions of the first and of the last release of a span, span after span. */
export const SPANS: Readonly<Record<ChangeName, readonly number[]>> = Object.fromEntries(
  CHANGE_NAMES.map((name) => [name, readSpans(CHANGES[name].spans).flat()]),
) as unknown as Record<ChangeName, readonly number[]>;

/** The changes of the rules, and those of native nftables and of the ambient mode. */
export const RULE_CHANGE_NAMES: readonly ChangeName[] = Object.keys(RULE_CHANGES) as ChangeName[];
export const NATIVE_CHANGE_NAMES: readonly ChangeName[] = Object.keys(NATIVE_CHANGES) as ChangeName[];
