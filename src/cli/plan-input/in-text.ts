/** The workloads of a text that was read already: standard input as a SOURCE, of which nobody knows beforehand whether it holds rules. */

import type { TextFile } from '../../host/files.ts';
import { readManifest } from '../../istio/manifest/read.ts';
import { withContext } from '../../istio/mesh/context.ts';
import type { Mesh } from '../../istio/mesh/mesh.ts';
import { problem } from '../../istio/problems.ts';
import { readYaml } from '../../istio/yaml.ts';
import type { Passed, Streamed } from '../workloads/stream.ts';

/** Shows them to `look`; what else is there goes into `passed`. */
export function lookInText({ file, text }: TextFile, mesh: Mesh, passed: Passed, look: (one: Streamed) => void): void {
  const documents = readYaml(text);
  if ('reason' in documents) {
    const { reason, line, column } = documents;
    passed.problems.push(problem('bad-yaml', { kind: 'file', file, line, column }, { reason }));
    return;
  }
  const items = documents.flatMap((document) => readManifest(document, file));
  const context = items.filter((item) => item.kind === 'namespace' || item.kind === 'proxy config');
  const known = withContext(mesh, ...context);
  for (const item of items) {
    if (item.kind === 'workload') look({ ...item, mesh: known });
    else if (item.kind === 'sidecar') look(item);
    else if (item.kind === 'skipped') passed.skipped.set(item.what, (passed.skipped.get(item.what) ?? 0) + 1);
    else if (item.kind === 'problem') passed.problems.push(item.problem);
  }
}
