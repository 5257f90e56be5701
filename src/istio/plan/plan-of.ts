/** The plan of what a program was given: of iptables, or a native one where that is asked for. */

import type { Release } from '../releases/known.ts';
import type { Facts } from '../settings/facts.ts';
import type { Settings } from '../settings/settings.ts';
import type { Switches } from '../settings/switches.ts';
import { nativePlanFor } from './native/native-plan.ts';
import type { CapturePlan } from './plan.ts';
import { planFor } from './plan.ts';

/** The drop-in calls `planFor` itself: an init container does not load what it does not need. */
export function planOf(
  { settings, switches }: { readonly settings: Settings; readonly switches: Switches },
  release: Release,
  facts: Facts = {},
): CapturePlan {
  return switches.native ? nativePlanFor(settings, release, facts, switches) : planFor(settings, release, facts, switches);
}
