import { describe, expect, it } from 'vitest';
import { readManifest } from '../../../src/istio/kubernetes/manifest/read.ts';
import type { Mesh } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { recent } from '../../../src/istio/kubernetes/rule-groups/recent.ts';
import { readYaml } from '../../../src/istio/yaml.ts';
import type { Subject } from '../../../src/sources/workloads/subject.ts';
import { oncePerFingerprint } from '../../../src/sources/workloads/subject.ts';

function podOf(name: string, annotation: string, mesh: Mesh = NO_MESH, labels = '', namespace = 'shop'): Subject {
  const documents = readYaml(
    `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: ${namespace}, annotations: {${annotation}}, labels: {${labels}}}\nspec: {containers: [{name: app}]}`,
  );
  if ('reason' in documents) throw new Error(documents.reason);
  const [item] = documents.flatMap((document) => readManifest(document, 'p.yaml'));
  if (item?.kind !== 'workload') throw new Error('no workload');
  return { ...item, mesh };
}

describe('what holds for all workloads that are alike', () => {
  const PORTS = 'traffic.sidecar.istio.io/excludeOutboundPorts';

  it('is found out once', () => {
    const asked: string[] = [];
    const find = oncePerFingerprint((subject) => asked.push(subject.kind === 'workload' ? subject.workload.name : ''));
    for (const [name, annotation] of [
      ['a', ''],
      ['b', `${PORTS}: "80"`],
      ['c', 'other: x'],
      ['d', `${PORTS}: "80"`],
      ['e', `${PORTS}: "81"`],
    ] as const)
      find(podOf(name, annotation));
    expect(asked).toEqual(['a', 'b', 'e']);
  });

  it('is not the same for an empty label and for none: the label beats the annotation', () => {
    const INJECT = 'sidecar.istio.io/inject';
    const asked: string[] = [];
    const find = oncePerFingerprint((subject) => asked.push(subject.kind === 'workload' ? subject.workload.name : ''));
    for (const [name, labels] of [
      ['a', ''],
      ['b', `${INJECT}: ""`],
      ['c', 'app: x'],
      ['d', `${INJECT}: "", app: y`],
      ['e', `${INJECT}: "false"`],
    ] as const)
      find(podOf(name, `${INJECT}: "true"`, NO_MESH, labels));
    expect(asked).toEqual(['a', 'b', 'e']);
  });

  it('is not the same in a namespace that every injector leaves out', () => {
    const asked: string[] = [];
    const find = oncePerFingerprint((subject) => asked.push(subject.kind === 'workload' ? subject.workload.namespace : ''));
    for (const namespace of ['shop', 'local-path-storage', 'search', 'kube-system']) find(podOf('a', '', NO_MESH, '', namespace));
    expect(asked).toEqual(['shop', 'local-path-storage', 'kube-system']);
  });

  it('is found out again where the mesh has grown', () => {
    let asked = 0;
    const find = oncePerFingerprint(() => {
      asked += 1;
      return asked;
    });
    const grown: Mesh = { ...NO_MESH, namespaces: new Map() };
    expect([NO_MESH, NO_MESH, grown, grown].map((mesh) => find(podOf('a', '', mesh)))).toEqual([1, 1, 2, 2]);
  });
});

describe('a memory that does not grow', () => {
  it('forgets what has not been asked for the longest', () => {
    const made: string[] = [];
    const known = recent<string>(2);
    const ask = (key: string): string =>
      known(key, () => {
        made.push(key);
        return `${key}!`;
      });
    expect(['a', 'b', 'b', 'a', 'c', 'a', 'b'].map(ask)).toEqual(['a!', 'b!', 'b!', 'a!', 'c!', 'a!', 'b!']);
    expect(made).toEqual(['a', 'b', 'c', 'b']);
  });
});
