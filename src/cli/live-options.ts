/** The words of `--live`; what it does is loaded where it is asked for. */

import type { Options } from 'yargs';
import { badOption } from '../sources/bad-option.ts';

export const LIVE_OPTIONS: Readonly<Record<string, Options>> = {
  live: {
    type: 'boolean',
    default: false,
    describe: 'The rules that are in the pods now, by kubectl exec: through the audit DaemonSet, an ephemeral container, or a debug pod',
    group: 'Cluster:',
  },
  image: { type: 'string', requiresArg: true, describe: 'With --live: the image tools, for what has to be created', group: 'Cluster:' },
  yes: { type: 'boolean', default: false, describe: 'With --live: create it without a question', group: 'Cluster:' },
  'dry-run': {
    type: 'boolean',
    default: false,
    describe: 'With --live: print the calls of kubectl, and make none that changes',
    group: 'Cluster:',
  },
};

type Parsed = Readonly<Record<string, unknown>>;

/** Whether --live was given. Throws a ProblemError for what goes with it alone. */
export function isLive(parsed: Parsed): boolean {
  if (parsed['live'] === true) return true;
  for (const name of ['image', 'yes', 'dry-run'])
    if (parsed[name] !== undefined && parsed[name] !== false) throw badOption(`--${name}`, 'goes with --live');
  return false;
}
