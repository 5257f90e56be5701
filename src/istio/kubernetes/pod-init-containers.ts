/** The init containers of a workload: as they were found, or as a release makes them. */

import { profileOf } from '../releases/profile.ts';
import type { ContainerLine } from './injection/init-containers.ts';
import { initContainersOf as made, observedContainer } from './injection/init-containers.ts';
import type { Mesh } from './mesh/mesh.ts';
import type { WorkloadInjection } from './workload-injection.ts';

export type { ContainerLine } from './injection/init-containers.ts';

/** `nodes` is the version of the oldest kubelet, where that is known. */
export function initContainersOf(
  { injection, workload, release, found }: WorkloadInjection,
  mesh: Mesh,
  nodes?: string,
): readonly ContainerLine[] {
  return found ? workload.pod.initContainers.map(observedContainer) : made(injection, workload, mesh, profileOf(release.value), nodes);
}

const PULLED = 'docker.io/istio';

/** With an image that can be pulled, and variables as Kubernetes has them. */
export function pastedContainer({ image, env, ...rest }: ContainerLine, release: string): object {
  const { name, command, args, ...others } = rest;
  return {
    name,
    ...(image === undefined ? {} : { image: image.replace(/^HUB\//, `${PULLED}/`).replace(/:RELEASE(?=-|$)/, `:${release}`) }),
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(env === undefined ? {} : { env: env.map((one) => ('from' in one ? { name: one.name, valueFrom: one.from } : one)) }),
    ...others,
  };
}
