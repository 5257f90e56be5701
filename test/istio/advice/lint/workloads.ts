/** Workloads of texts, linted in this process. */

import { deadRuleFinder } from '../../../../src/istio/advice/lint/dead-rules.ts';
import type { Diagnostic, LintRequest } from '../../../../src/istio/advice/lint.ts';
import { lintWorkload } from '../../../../src/istio/advice/lint.ts';
import { readManifest } from '../../../../src/istio/kubernetes/manifest/read.ts';
import type { Workload } from '../../../../src/istio/kubernetes/manifest/workload.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../../../../src/istio/kubernetes/mesh/read.ts';
import { readYaml } from '../../../../src/istio/yaml.ts';

export function workloadsIn(text: string): readonly Workload[] {
  const documents = readYaml(text);
  if ('reason' in documents) throw new Error(documents.reason);
  return documents
    .flatMap((document) => readManifest(document, 'a.yaml'))
    .flatMap((item) => (item.kind === 'workload' ? [item.workload] : []));
}

const dead = deadRuleFinder();

export function diagnosticsOf(text: string, request: Partial<LintRequest> = {}): readonly Diagnostic[] {
  return workloadsIn(text).flatMap(
    (workload) => lintWorkload(workload, { mesh: NO_MESH, images: [], findDead: dead.find, ...request }).diagnostics,
  );
}

export function codesOf(text: string, request: Partial<LintRequest> = {}): readonly string[] {
  return diagnosticsOf(text, request).map(({ code }) => code);
}

/** `--release`, as a request. */
export const at = (value: string): Pick<LintRequest, 'release'> => ({
  release: { value, source: { kind: 'option', option: '--release' } },
});

export const mesh = (text: string): LintRequest['mesh'] => readMesh([{ file: 'values.yaml', text }]);

export const pod = (spec: string, annotations = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations: {${annotations}}\nspec:\n${spec}`;

export const APP = '  containers: [{name: app}]\n';

/** A pod that was injected: `args` stands in line 8, the image in line 7. */
export const injected = (image: string, args: readonly string[], more = ''): string =>
  [
    'apiVersion: v1',
    'kind: Pod',
    'metadata: {name: a}',
    'spec:',
    '  initContainers:',
    '    - name: istio-init',
    `      image: x/proxyv2:${image}`,
    `      args: [istio-iptables, -p, "15001", -z, "15006", -u, "1337", -m, REDIRECT, -i, "*", -x, "", -b, "*", -d, "15090,15021,15020", ${args.join(', ')}]`,
    '  containers: [{name: app}]',
    more,
  ].join('\n');
