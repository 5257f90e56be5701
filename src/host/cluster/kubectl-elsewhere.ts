/** In the place of kubectl.ts in an executable that asks no cluster. */

import { ClusterFailure } from './failure.ts';

export async function kubectl(): Promise<never> {
  throw new ClusterFailure('no kubectl', 'this executable of an init container asks no cluster: give the manifests as a file');
}

export async function fromApi(): Promise<never> {
  return kubectl();
}
