/** A cluster for `--live`: a pod on a node, with or without the audit DaemonSet there, and containers that come to life as a kubelet would let them. */

import { execFile } from 'node:child_process';
import type { ApiServer, Recorded } from './api-server.ts';
import { apiServer } from './api-server.ts';
import type { Executed } from './exec.ts';
import { controlPlane, injectedPod, namespace, owner, webhooks } from './recorded.ts';

export const POD_UID = '0f4e1c9a-52d7-4c55-9d1e-3a8f6b2c7e10';
export const IMAGE = 'registry.example/istio-init-tools:1';

interface PodSpec {
  readonly ephemeralContainers?: readonly { readonly name: string }[];
  readonly containers: readonly { readonly name: string }[];
}

/** `web` runs on the node `a`; `changed` is laid over its spec. */
export function webPod(changed: object = {}, number = 1): Recorded {
  const pod = injectedPod({ app: 'web', number });
  return {
    ...pod,
    metadata: { ...pod.metadata, uid: number === 1 ? POD_UID : `${POD_UID.slice(0, -1)}${number}` },
    spec: { ...(pod['spec'] as object), nodeName: 'a', ...changed },
  };
}

/** A pod of docs/examples/audit-daemonset.yaml. */
export function auditPod(node: string): Recorded {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `istio-init-audit-${node}`, namespace: 'istio-init-audit', labels: { app: 'istio-init-audit' } },
    spec: { nodeName: node, containers: [{ name: 'audit', image: IMAGE }] },
    status: { phase: 'Running' },
  };
}

/** The server; what is made there runs at once. */
export async function liveCluster(...more: readonly Recorded[]): Promise<ApiServer> {
  const server = await apiServer([
    namespace('shop', { 'istio-injection': 'enabled' }),
    ...controlPlane('', '1.28.0'),
    webhooks(''),
    owner({ name: 'web' }),
    ...more,
  ]);
  // Its client execs over WebSocket, which is what the stand-in for a kubelet speaks.
  server.version = '1.32.0';
  server.onChange = (what, object) => {
    const { ephemeralContainers = [], containers } = object['spec'] as PodSpec;
    if (what === 'delete' || object.kind !== 'Pod') return;
    const running = (all: readonly { readonly name: string }[]): readonly object[] =>
      all.map(({ name }) => ({ name, state: { running: { startedAt: '2026-01-12T08:14:01Z' } } }));
    const status = {
      ...(object['status'] as object | undefined),
      phase: 'Running',
      containerStatuses: running(containers),
      ephemeralContainerStatuses: running(ephemeralContainers),
    };
    server.change('MODIFIED', { ...object, status });
  };
  return server;
}

/** Runs the words on this machine, with other programs before those of the PATH. */
export function runHere(words: readonly string[], input: string, folder = '/nowhere'): Promise<Executed> {
  const [program = '', ...args] = words;
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { env: { PATH: `${folder}:${process.env['PATH']}` }, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => resolve({ stdout, stderr, exitCode: error === null ? 0 : Number(error.code ?? 1) }),
    );
    // A program may end before it has read all: that is its own word to say.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** What exists now that a test may have left: containers and pods of ours. */
export function leftIn({ objects }: ApiServer): readonly string[] {
  return objects.flatMap((object) => {
    if (object.kind !== 'Pod') return [];
    const { ephemeralContainers = [] } = object['spec'] as PodSpec;
    const own = object.metadata.labels?.['app'] === 'istio-init-live' ? [`pod ${object.metadata.namespace}/${object.metadata.name}`] : [];
    return [...own, ...ephemeralContainers.map(({ name }) => `container ${name} in ${object.metadata.namespace}/${object.metadata.name}`)];
  });
}
