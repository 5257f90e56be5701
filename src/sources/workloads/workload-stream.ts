/** Every workload of what the user named. */

import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import type { SourceOptions } from '../options.ts';
import type { Passed, Streamed, StreamOptions } from './stream.ts';
import { workloadsOf } from './stream.ts';

/** How many workloads it stands for. */
export function countOf(one: Streamed): number {
  return one.kind === 'workload' ? (one.count ?? 1) : 1;
}

/** Shows them to `visit`; resolves to how many there were. What else is there goes into `passed`. */
export async function forEachWorkload(
  files: readonly string[],
  mesh: Mesh,
  passed: Passed,
  visit: (one: Streamed) => void,
  {
    progress,
    cluster,
    owners = false,
    texts,
    folds,
  }: Pick<SourceOptions, 'progress' | 'cluster'> & Pick<StreamOptions, 'owners' | 'texts' | 'folds'> = {},
): Promise<number> {
  let count = 0;
  try {
    for await (const one of workloadsOf(files, mesh, passed, {
      onProgress: (read) => progress?.update(read, count),
      cluster,
      owners,
      ...(texts && { texts }),
      ...(folds && { folds }),
    })) {
      count += countOf(one);
      visit(one);
    }
  } finally {
    progress?.clear();
  }
  return count;
}
