/** Injected pods without rules of their own, and pods that the plugin leaves alone. */

import { describe, expect, it } from 'vitest';
import { NO_MESH } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import type { WorkloadInjection } from '../../../src/istio/kubernetes/workload-injection.ts';
import { injectionOf } from '../../../src/istio/kubernetes/workload-injection.ts';
import { workloadOf } from './manifest/reading.ts';

function found(text: string, installer?: 'init' | 'cni'): WorkloadInjection {
  return injectionOf(workloadOf(text), {
    mesh: NO_MESH,
    images: [],
    ...(installer === undefined ? {} : { installer }),
    at: { kind: 'as found' },
  });
}

describe('an injected pod in mode NONE', () => {
  const none = (release: string): string => `apiVersion: v1
kind: Pod
metadata: {name: a, annotations: {sidecar.istio.io/interceptionMode: NONE, sidecar.istio.io/status: '{"containers":["istio-proxy"]}'}}
spec: {containers: [{name: app}, {name: istio-proxy, image: x/proxyv2:${release}}]}
`;

  it.each(['1.10.6', '1.20.8', '1.28.3', '1.30.3'])('has no init container and no rules at %s, and nobody refuses it', (release) => {
    expect(found(none(release))).toMatchObject({ found: true, injection: { kind: 'none' }, problems: [] });
  });
});

describe('a pod with an istio-init of its own', () => {
  const pod = (release: string): string => `apiVersion: v1
kind: Pod
metadata: {name: a, annotations: {sidecar.istio.io/status: '{"initContainers":["istio-init"]}'}}
spec:
  initContainers: [{name: istio-init, image: x/proxyv2:${release}, args: [istio-iptables, -p, "15001", -i, 10.0.0.0/8, -b, "8080"]}]
  containers: [{name: app}, {name: istio-proxy, image: x/proxyv2:${release}}]
`;

  it.each(['1.8.6', '1.20.8', '1.30.3'])('is left alone by the CNI plugin of %s: the rules are those of its arguments', (release) => {
    const { injection, problems } = found(pod(release), 'cni');
    expect(injection).toMatchObject({ kind: 'arguments', installer: 'init' });
    expect(injection.kind === 'arguments' && injection.arguments.map(({ value }) => value)).toContain('10.0.0.0/8');
    expect([...problems, ...(injection.problems ?? [])].map(({ code }) => code)).toContain('plugin-skips');
  });
});
