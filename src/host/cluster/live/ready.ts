/** Waits until a container that was created runs. */

import { setTimeout as pause } from 'node:timers/promises';
import { PODS } from '../../../istio/kubernetes/cluster/resources.ts';
import type { ClusterAccess } from '../access.ts';
import { ClusterFailure } from '../failure.ts';
import { oneObject } from '../list.ts';
import type { KubeObject } from '../object.ts';
import type { ExecPlace } from './remote-namespace.ts';

const PAUSE = 500;
const SECONDS = 60;

interface ContainerStatus {
  readonly name?: string;
  readonly state?: {
    readonly running?: object;
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly message?: string };
  };
}

/** What no patience helps against. */
const HOPELESS = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
];

/** Resolves when it runs. Throws a ClusterFailure where it never will, or not in time. */
export async function untilRuns({ namespace, pod, container }: ExecPlace, access: ClusterAccess): Promise<void> {
  const end = Date.now() + (access.seconds ?? SECONDS) * 1000;
  for (;;) {
    const object = await oneObject(PODS, pod, { namespace }, access);
    const { state = {} } = statusesOf(object).find(({ name }) => name === container) ?? {};
    if (state.running !== undefined) return;
    const { terminated, waiting } = state;
    if (terminated !== undefined)
      throw new ClusterFailure(
        'ended',
        `the container ${container} has ended at once: ${terminated.message ?? terminated.reason ?? `exit code ${terminated.exitCode}`}`,
      );
    if (waiting?.reason !== undefined && HOPELESS.includes(waiting.reason))
      throw new ClusterFailure(
        'other',
        `the container ${container} does not start: ${waiting.reason}${waiting.message === undefined ? '' : `: ${waiting.message}`}`,
      );
    const phase = object.status?.['phase'];
    if (phase === 'Failed' || phase === 'Succeeded')
      throw new ClusterFailure(
        'other',
        `the pod ${namespace}/${pod} has ended: ${String(object.status?.['message'] ?? object.status?.['reason'] ?? phase)}`,
      );
    if (Date.now() > end)
      throw new ClusterFailure(
        'time-out',
        `the container ${container} does not run after ${access.seconds ?? SECONDS} s (--deadline SECONDS gives it longer)${waiting?.reason === undefined ? '' : `: ${waiting.reason}`}`,
      );
    await pause(PAUSE, undefined, { ...(access.signal && { signal: access.signal }) }).catch(() => {
      throw new ClusterFailure('stopped', 'stopped');
    });
  }
}

function statusesOf({ status = {} }: KubeObject): readonly ContainerStatus[] {
  return ['containerStatuses', 'ephemeralContainerStatuses'].flatMap(
    (key) => (status[key] as readonly ContainerStatus[] | undefined) ?? [],
  );
}
