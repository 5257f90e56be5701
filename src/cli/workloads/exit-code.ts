/** The exit code of a command that shows many workloads. */

import type { PlannedGroups } from '../../sources/rule-groups/planned-groups.ts';
import { hasErrors } from '../../sources/rule-groups/planned-groups.ts';
import { BAD_INPUT } from '../result.ts';

/** The exit code of a command that shows what it read: as for one workload, what has no answer is trouble. */
export function exitCodeOf(found: PlannedGroups): number {
  const isLacking = found.groups.some(({ what }) => what.kind === 'trouble' || (what.kind === 'rules' && what.plan.missing !== undefined));
  return hasErrors(found) || isLacking ? BAD_INPUT : 0;
}
