/** Pods as Kubernetes would run them: injected by the project's own injector, from nothing but their annotations. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';
import { inject } from '../../src/istio/kubernetes/injection/inject.ts';
import { wordsOf } from '../../src/istio/kubernetes/injection/injected.ts';
import { readManifest } from '../../src/istio/kubernetes/manifest/read.ts';
import { NO_MESH } from '../../src/istio/kubernetes/mesh/mesh.ts';
import { profileOf } from '../../src/istio/releases/profile.ts';
import { readYaml } from '../../src/istio/yaml.ts';
import { INIT, MACHINE } from './images.ts';
import type { PodNode } from './node.ts';

export const RELEASE = '1.28.0';
/** The documentation's (RFC 5737): nobody answers there. */
const NAMESERVER = '203.0.113.53';

const SIDECAR = fileURLToPath(new URL('sidecar', import.meta.url));

export interface PodAsked {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

const NOTHING_ADDED = { drop: ['ALL'] } as const;

/** What the init container is given, on top of what Istio gives it a root that can't be written to. */
export const INIT_CONTEXT = {
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: false,
  runAsUser: 0,
  runAsGroup: 0,
  capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
} as const;

/** The container istio-validation of a mesh with the CNI plugin. */
export const VALIDATION_CONTEXT = {
  ...INIT_CONTEXT,
  runAsNonRoot: true,
  runAsUser: 1337,
  runAsGroup: 1337,
  capabilities: NOTHING_ADDED,
} as const;

/** The manifest of an injected pod, as a file of the node. */
export function podFile(node: PodNode, { name, annotations }: PodAsked): string {
  const { args, env } = injected(name, annotations);
  const mode = args[args.indexOf('-m') + 1] ?? '';
  const told = `${node.folder}/told-${name}`;
  mkdirSync(told);
  // The kubelet writes a downward API file in this form.
  const lines = Object.entries(annotations).map(([key, value]) => `${key}=${JSON.stringify(value)}\n`);
  writeFileSync(`${told}/annotations`, lines.join(''));
  writeFileSync(`${told}/labels`, `app="${name}"\n`);
  const mounts = [mounted('usr', '/usr'), mounted('pod', '/pod')];
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    // What is done is kept, so that its exit code and its log stay readable.
    metadata: { name, annotations: { 'io.podman.annotations.init.container.type': 'always' } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      dnsPolicy: 'None',
      dnsConfig: { nameservers: [NAMESERVER] },
      initContainers: [{ name: 'istio-init', image: INIT, args, env, securityContext: INIT_CONTEXT }],
      containers: [
        {
          name: 'istio-proxy',
          image: MACHINE,
          command: ['/bin/bash', '-c', 'cd /pod && exec -a /usr/local/bin/pilot-agent bash proxy sidecar --domain shop.svc.cluster.local'],
          env: [
            { name: 'POD_NAME', value: name },
            { name: 'POD_NAMESPACE', value: 'shop' },
            { name: 'ISTIO_META_NODE_NAME', value: 'box' },
            { name: 'ISTIO_META_WORKLOAD_NAME', value: name },
            { name: 'ISTIO_META_ISTIO_VERSION', value: RELEASE },
            { name: 'ISTIO_META_INTERCEPTION_MODE', value: mode },
            ...env,
          ],
          volumeMounts: [...mounts, mounted('told', '/etc/istio/pod')],
          securityContext: proxyContext(mode),
        },
        {
          name: 'app',
          image: MACHINE,
          command: ['/node', '/pod/app.cjs', '8080', '9080'],
          env: [{ name: 'POD', value: name }],
          volumeMounts: [...mounts, mounted('node', '/node')],
          securityContext: { runAsUser: 1000, runAsGroup: 1000, capabilities: NOTHING_ADDED },
        },
      ],
      volumes: [volume('usr', '/usr'), volume('pod', SIDECAR), volume('told', told), volume('node', process.execPath)],
    },
  };
  const file = `${node.folder}/${name}.json`;
  writeFileSync(file, JSON.stringify(manifest));
  return file;
}

/** The container of the audit's DaemonSet as the documentation has it: podman's options for its rights, and its arguments. */
export function auditContainer(): { readonly options: readonly string[]; readonly args: readonly string[] } {
  const text = readFileSync(new URL('../../docs/examples/audit-daemonset.yaml', import.meta.url), 'utf8');
  const [set] = loadAll(text).filter((one) => (one as { kind?: string }).kind === 'DaemonSet') as [AuditSet];
  const { hostPID, containers } = set.spec.template.spec;
  const [{ args, securityContext }] = containers;
  const { capabilities, runAsUser, runAsGroup, readOnlyRootFilesystem, allowPrivilegeEscalation } = securityContext;
  const options = [
    `--user=${runAsUser}:${runAsGroup}`,
    `--read-only=${readOnlyRootFilesystem}`,
    ...capabilities.drop.map((right) => `--cap-drop=${right}`),
    ...capabilities.add.map((right) => `--cap-add=${right}`),
    // Podman 4.3 does not read hostPID of a pod.
    ...(hostPID ? ['--pid=host'] : []),
    ...(allowPrivilegeEscalation ? [] : ['--security-opt=no-new-privileges']),
  ];
  return { options, args: args.map((word) => word.replace('$(NODE_NAME)', 'box')) };
}

interface AuditSet {
  readonly spec: { readonly template: { readonly spec: { readonly hostPID: boolean; readonly containers: readonly [AuditContainer] } } };
}

interface AuditContainer {
  readonly args: readonly string[];
  readonly securityContext: {
    readonly runAsUser: number;
    readonly runAsGroup: number;
    readonly allowPrivilegeEscalation: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly capabilities: { readonly drop: readonly string[]; readonly add: readonly string[] };
  };
}

/** The arguments and the variables that the injector of the release makes of the annotations. */
function injected(
  name: string,
  annotations: PodAsked['annotations'],
): { readonly args: readonly string[]; readonly env: readonly Variable[] } {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', annotations },
    spec: { containers: [{ name: 'app' }] },
  };
  const documents = readYaml(JSON.stringify(pod));
  if ('reason' in documents) throw new Error(documents.reason);
  const [workload] = documents.flatMap((document) => readManifest(document, `${name}.json`));
  if (workload?.kind !== 'workload') throw new Error(`${name} is no workload`);
  const injection = inject(workload.workload, NO_MESH, profileOf(RELEASE), 'init');
  if (injection.kind !== 'arguments') throw new Error(`${name} gets no rules`);
  const env = [...injection.environment].map(([variable, { value }]) => ({ name: variable, value }));
  // The injector's first word is the program's name, which the image takes for a command.
  return { args: ['istio-iptables', ...wordsOf(injection.arguments)], env };
}

/** As Istio's template has them; of root Squid turns to the proxy's user, which Envoy does not. */
function proxyContext(mode: string): object {
  return mode === 'TPROXY'
    ? { runAsUser: 0, runAsGroup: 1337, capabilities: { add: ['NET_ADMIN', 'NET_BIND_SERVICE', 'SETUID', 'SETGID'], drop: ['ALL'] } }
    : { runAsUser: 1337, runAsGroup: 1337, capabilities: NOTHING_ADDED };
}

function mounted(name: string, mountPath: string): object {
  return { name, mountPath, readOnly: true };
}

function volume(name: string, path: string): object {
  return { name, hostPath: { path } };
}
