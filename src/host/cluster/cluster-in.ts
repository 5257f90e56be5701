/** Whether a word is a SOURCE of a cluster: what has that path on this machine is that file. */

import type { ClusterName } from '../../istio/kubernetes/cluster/cluster-name.ts';
import { clusterName } from '../../istio/kubernetes/cluster/cluster-name.ts';
import { system } from '../system.ts';

/** The name of a cluster that a word is; undefined where something has that path, or the word is no such name. */
export function clusterIn(word: string): ClusterName | { readonly refused: string } | undefined {
  const name = clusterName(word);
  return name === undefined || system.exists(word) ? undefined : name;
}

/** Whether a word names something of a cluster, also by a name that can be none: who reads it says why. */
export function isOfCluster(word: string): boolean {
  return clusterIn(word) !== undefined;
}
