/** The words of `--live`; what it does is loaded where it is asked for. */

import { badOption } from '../istio/bad-option.ts';
import { flags, valued } from './option-rows.ts';
import type { Parsed } from './options.ts';
import { CLUSTER_OPTIONS, SETTINGS_OPTIONS, WORKLOAD_OPTIONS } from './options.ts';

const LIVE_OPTIONS = {
  ...flags('Cluster', {
    live: 'The rules that are in the pods now, by kubectl exec: through the audit DaemonSet, an ephemeral container, or a debug pod',
  }),
  ...valued('Cluster', { image: 'With --live: the image tools, for what has to be created' }),
  ...flags('Cluster', {
    yes: 'With --live: create it without a question',
    'dry-run': 'With --live: print the calls of kubectl, and make none that changes anything',
  }),
};

/** Options of commands that look at any SOURCE, in a cluster as well. */
export const SOURCE_OPTIONS = { ...SETTINGS_OPTIONS, ...CLUSTER_OPTIONS, ...LIVE_OPTIONS, ...WORKLOAD_OPTIONS };

/** Whether --live was given. Throws a ProblemError for what goes with it alone. */
export function isLive(parsed: Parsed): boolean {
  if (parsed['live'] === true) return true;
  for (const name of ['image', 'yes', 'dry-run'])
    if (parsed[name] !== undefined && parsed[name] !== false) throw badOption(`--${name}`, 'goes with --live');
  return false;
}
