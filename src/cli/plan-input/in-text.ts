/** The workloads of a text that was read already: standard input as a SOURCE, of which nobody knows beforehand whether it holds rules. */

import type { TextFile } from '../../host/files.ts';
import { ManifestText } from '../../host/manifests/text.ts';
import { withContext } from '../../istio/mesh/context.ts';
import type { Mesh } from '../../istio/mesh/mesh.ts';
import type { Passed, Streamed } from '../workloads/stream.ts';

/** Shows them to `look`; what else is there goes into `passed`. */
export function lookInText({ file, text }: TextFile, mesh: Mesh, passed: Passed, look: (one: Streamed) => void): void {
  const reader = new ManifestText(file);
  const items = [...reader.push(Buffer.from(text)), ...reader.end()];
  const context = items.filter((item) => item.kind === 'namespace' || item.kind === 'proxy config');
  const known = withContext(mesh, ...context);
  for (const item of items) {
    if (item.kind === 'workload') look({ ...item, mesh: known });
    else if (item.kind === 'sidecar') look(item);
    else if (item.kind === 'skipped') passed.skipped.set(item.what, (passed.skipped.get(item.what) ?? 0) + 1);
    else if (item.kind === 'problem') passed.problems.push(item.problem);
  }
}
