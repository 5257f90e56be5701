/** Which kernel this is, and what tells whether this process is in a container. */

import { existsSync } from 'node:fs';
import { system } from '../system.ts';
import type { Aspect } from './aspect.ts';
import { fine, warning } from './aspect.ts';

/** The kernel's release, as uname -r prints it. */
export function kernelRelease(): string | undefined {
  return system.readText('/proc/sys/kernel/osrelease')?.trim();
}

export function kernelAspect(): Aspect {
  return fine('kernel', `Linux ${kernelRelease() ?? 'of an unknown release'}`);
}

/** What of this process's surroundings speaks of a container. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
  /** /proc/self/cgroup and /proc/1/cgroup. */
  readonly cgroups: string;
  /** /proc/self/uid_map. */
  readonly uidMap: string | undefined;
}

function surroundings(): Surroundings {
  return {
    environment: process.env,
    exists: existsSync,
    cgroups: `${system.readText('/proc/self/cgroup') ?? ''}${system.readText('/proc/1/cgroup') ?? ''}`,
    uidMap: system.readText('/proc/self/uid_map'),
  };
}

export function containerAspect(around: Surroundings = surroundings()): Aspect {
  const hints = containerHints(around);
  const where = hints.length === 0 ? 'no sign of one' : `in one, by ${hints.join(', ')}`;
  return hasOwnUsers(around)
    ? warning(
        'container',
        `${where}; in a user namespace, whose capabilities count only for network namespaces that it owns`,
        'if the kernel refuses rules, run without a user namespace (in a pod: hostUsers: true), or from the node with pid:N',
      )
    : fine('container', where);
}

/** The signs by which a container is told, in the order of their worth. */
export function containerHints({ environment, exists, cgroups }: Surroundings): readonly string[] {
  const runtime = /kubepods|docker|containerd|libpod|crio|lxc/.exec(cgroups)?.[0];
  return [
    ...(environment['KUBERNETES_SERVICE_HOST'] === undefined ? [] : ['KUBERNETES_SERVICE_HOST']),
    ...['/.dockerenv', '/run/.containerenv'].filter(exists),
    ...(environment['container'] === undefined ? [] : [`container=${environment['container']}`]),
    ...(runtime === undefined ? [] : [`cgroup ${runtime}`]),
  ];
}

// The first user namespace maps every id to itself.
function hasOwnUsers({ uidMap }: Surroundings): boolean {
  return uidMap !== undefined && uidMap.trim() !== '' && !/^\s*0\s+0\s+4294967295\s*$/.test(uidMap);
}
