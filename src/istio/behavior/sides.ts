/** A scene as a side of a comparison. */

import type { Side } from '../../netfilter/behavior/prepared.ts';
import type { Family } from '../../netfilter/rule.ts';
import type { Scene } from '../scene.ts';
import { hostOf } from '../trace-plan.ts';

/** The pod passes on what is for other machines, unless somebody says that it does not. */
export function sideOf({ plan, facts, state }: Scene, family: Family): Side {
  return { ruleset: plan[family], host: hostOf(plan, facts, { ...state, forwarding: state.forwarding ?? true }) };
}
