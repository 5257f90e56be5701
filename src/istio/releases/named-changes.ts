/** The one table of named changes. */

import { ARGUMENT_CHANGES } from './argument-changes.ts';
import type { Change } from './change.ts';
import { INJECTION_CHANGES } from './injection-changes.ts';
import { NATIVE_CHANGES } from './native-changes.ts';
import { POD_CHANGES } from './pod-changes.ts';
import { RULE_CHANGES } from './rule-changes.ts';

export const CHANGES = {
  ...RULE_CHANGES,
  ...ARGUMENT_CHANGES,
  ...INJECTION_CHANGES,
  ...POD_CHANGES,
  ...NATIVE_CHANGES,
} as const satisfies Record<string, Change>;

export type ChangeName = keyof typeof CHANGES;

export const CHANGE_NAMES: readonly ChangeName[] = Object.keys(CHANGES) as ChangeName[];
