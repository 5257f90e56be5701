/** The option that chooses one of the workloads that `-f` holds, for commands that look at one. */

import type { Options } from 'yargs';
import type { WorkloadOption } from '../../sources/options.ts';
import { last } from '../options.ts';

/** For commands that take one plan. */
export const WORKLOAD_OPTIONS: Readonly<Record<string, Options>> = {
  workload: {
    type: 'string',
    requiresArg: true,
    describe: 'The one of several workloads: KIND/NAMESPACE/NAME, KIND/NAME or NAME',
    group: 'Manifests:',
  },
};

/** The value that a command line gave. */
export function workloadOption(parsed: Readonly<Record<string, unknown>>): WorkloadOption {
  const workload = last(parsed, 'workload');
  return workload === undefined ? {} : { workload };
}
