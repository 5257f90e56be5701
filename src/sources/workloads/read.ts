/** Every workload of what the user named, with a bar beside where it takes long. */

import { progressFor } from '../../cli/terminal/progress.ts';
import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import type { Passed, Streamed } from './stream.ts';
import { workloadsOf } from './stream.ts';

/** Shows them to `look`; resolves to how many there were. What else is there goes into `passed`. */
export async function eachWorkload(files: readonly string[], mesh: Mesh, passed: Passed, look: (one: Streamed) => void): Promise<number> {
  const bar = progressFor(process.stderr, process.env, () => performance.now());
  let count = 0;
  try {
    for await (const one of workloadsOf(files, mesh, passed, (read) => bar.update(read, count))) {
      count += 1;
      look(one);
    }
  } finally {
    bar.clear();
  }
  return count;
}
