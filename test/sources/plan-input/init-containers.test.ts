/** The init containers of a workload in words, as explain and preview --explain show them. */

import { describe, expect, it } from 'vitest';
import { initContainerLines } from '../../../src/istio/kubernetes/init-container-text.ts';
import { observedContainer } from '../../../src/istio/kubernetes/injection/init-containers.ts';
import { readManifest } from '../../../src/istio/kubernetes/manifest/read.ts';
import type { Workload } from '../../../src/istio/kubernetes/manifest/workload.ts';
import { readMesh } from '../../../src/istio/kubernetes/mesh/read.ts';
import { injectionOf } from '../../../src/istio/kubernetes/workload-injection.ts';
import type { YamlNode } from '../../../src/istio/yaml.ts';
import { readYaml } from '../../../src/istio/yaml.ts';
import { containerLinesOf } from '../../../src/sources/plan-input/init-containers.ts';

function workloadOf(text: string): Workload {
  const [item] = (readYaml(text) as readonly YamlNode[]).flatMap((document) => readManifest(document, 'pod.yaml'));
  if (item?.kind !== 'workload') throw new Error('no workload');
  return item.workload;
}

function lines(release: string, values = '', pod = POD): Readonly<Record<string, string>> {
  const mesh = readMesh(values === '' ? [] : [{ file: 'values.yaml', text: values }]);
  const at = {
    kind: 'release',
    release: { value: release, source: { kind: 'option', option: '--release' } },
    keepArguments: false,
  } as const;
  const made = injectionOf(workloadOf(pod), { mesh, images: [], at });
  return Object.fromEntries(containerLinesOf({ kind: 'workload', made, mesh, sets: [] }));
}

const POD = `apiVersion: v1
kind: Pod
metadata: { name: api, namespace: shop }
spec:
  initContainers: [{ name: migrate, image: m }]
  containers: [{ name: api, image: a }]
`;

describe('the order of init containers', () => {
  it.each([
    ['1.6.14', '', '1 migrate, 2 istio-init', undefined],
    ['1.26.8', '', '1 migrate, 2 istio-init', undefined],
    ['1.28.10', '', '1 migrate, 2 istio-init', '1 istio-init, 2 istio-proxy (a native sidecar), 3 migrate'],
    ['1.28.10', 'pilot: { env: { ENABLE_NATIVE_SIDECARS: "false" } }', '1 migrate, 2 istio-init', undefined],
    [
      '1.24.6',
      'pilot: { env: { ENABLE_NATIVE_SIDECARS: "true" } }',
      '1 istio-init, 2 istio-proxy (a native sidecar), 3 migrate',
      undefined,
    ],
    ['1.24.6', 'pilot: { cni: { enabled: true } }', '1 istio-validation, 2 migrate', undefined],
  ])('at %s with %j', (release, values, order, newer) => {
    const found = lines(release, values);
    expect([found['init containers'], found['with kubelet 1.33 or newer']]).toEqual([order, newer]);
  });
});

describe('an init container that a release makes', () => {
  it('has its image, its arguments and its rights, each as that release gives them', () => {
    expect(lines('1.30.3')).toMatchObject({
      'istio-init image': 'docker.io/istio/proxyv2:1.30.3',
      'istio-init args': expect.stringMatching(/^istio-iptables -p 15001 .* -i '\*' .*--log_output_level=default:info$/),
      'istio-init rights': expect.stringMatching(/capabilities\.add NET_ADMIN NET_RAW, capabilities\.drop ALL.*runAsUser 0$/),
    });
    expect(lines('1.24.6', 'pilot: { cni: { enabled: true } }')['istio-validation rights']).toMatch(
      /capabilities\.drop ALL.*runAsNonRoot true, runAsUser 1337$/,
    );
  });

  it('has its environment', () => {
    const values = 'meshConfig: { defaultConfig: { proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" } } }';
    expect(lines('1.20.8', values)['istio-init env']).toContain('ISTIO_META_DNS_CAPTURE=true');
  });
});

it('texts of a pod are on one line each, and read by a shell as they are', () => {
  const { pod } = workloadOf(
    POD.replace(
      '[{ name: migrate, image: m }]',
      '[{ name: istio-init, image: i, command: [sh, -c], args: ["echo \'a\'\\nb"], env: [{ name: A, value: "b c" }], securityContext: { seccompProfile: { type: RuntimeDefault } } }]',
    ),
  );
  const found = Object.fromEntries(initContainerLines(pod.initContainers.map(observedContainer), '1.30.3'));
  expect(Object.values(found).filter((text) => text.includes('\n'))).toEqual([]);
  expect(found).toMatchObject({
    'istio-init command': 'sh -c',
    'istio-init env': "A='b c'",
    'istio-init rights': 'seccompProfile.type RuntimeDefault',
  });
});

it('a pod without init containers has no lines', () => {
  expect(initContainerLines([], '1.30.3')).toEqual([]);
});
