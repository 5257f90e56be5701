import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/istio/kubernetes/fingerprint.ts';
import { readTree } from '../../../src/istio/kubernetes/manifest/read.ts';
import type { Mesh } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { PlainPod } from '../../../src/istio/kubernetes/plain-pod.ts';
import { ownerOf } from '../../../src/istio/kubernetes/rule-groups/owner.ts';
import { treeOfValue } from '../../../src/istio/value-nodes.ts';
import { podOf } from '../../cluster/injected-pod.ts';
import { ASKED, RELEASES } from '../../cluster/large.ts';
import { property } from '../../property.ts';
import { rounds } from '../../trials.ts';

/** What few pods have, so that every field which counts stands somewhere. */
const RARE = {
  metadata: {
    name: 'db-0',
    labels: { app: 'db', 'sidecar.istio.io/inject': 'true', 'istio.io/rev': 'blue', 'service.istio.io/canonical-name': 'db' },
    annotations: { 'sidecar.istio.io/rewriteAppHTTPProbers': 'true', note: 'x', 'prometheus.io/port': '80' },
    ownerReferences: [
      { kind: 'Other', name: 'first' },
      { kind: 'StatefulSet', name: 'db', controller: true },
    ],
  },
  spec: {
    hostNetwork: false,
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['10.0.0.10', '1.1.1.1'] },
    securityContext: { runAsUser: 5, runAsGroup: 6, fsGroup: 7, supplementalGroups: [8, 9], seccompProfile: { type: 'Unconfined' } },
    containers: [
      {
        name: 'db',
        image: 'db',
        command: ['sh'],
        args: ['-c', 'run'],
        env: [
          { name: 'A', value: 'b' },
          { name: 'A', value: 'c' },
        ],
        ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }, {}],
        livenessProbe: { httpGet: { port: 8080 } },
        securityContext: { capabilities: { add: ['NET_ADMIN'] } },
      },
    ],
    initContainers: [
      {
        name: 'wait',
        command: ['wait-for', 'db.example:5432'],
        env: [
          { name: 'DB_HOST', value: '10.1.1.1' },
          { name: 'DB_PORT', value: '5432' },
          { name: 'S', valueFrom: {} },
        ],
        envFrom: [{ prefix: 'P_' }, {}],
        restartPolicy: 'Always',
      },
      { name: 'rules', command: ['/usr/local/bin/pilot-agent'], args: ['istio-iptables', '-p', '15001'], env: [{ name: 'X', value: 'y' }] },
    ],
  },
  status: {
    phase: 'Running',
    podIP: '10.0.0.1',
    podIPs: [{ ip: '10.0.0.1' }, { ip: 'fe80::1' }, {}],
    initContainerStatuses: [
      { name: 'rules', state: { terminated: { exitCode: 1, reason: 'Error', message: 'm' } } },
      { name: 'wait', state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: {} },
    ],
  },
};

const BASES = [
  ...ASKED.flatMap((asked) => RELEASES.map((release) => podOf(asked, release, false))),
  ...Array.from({ length: 6 }, () => ({ apiVersion: 'v1', kind: 'Pod', ...RARE })),
];

const MESHES: readonly Mesh[] = [
  NO_MESH,
  { ...NO_MESH, namespaces: new Map([['default', { labels: new Map() } as never]]) },
  {
    ...NO_MESH,
    proxyConfigs: [{ name: 'p', namespace: 'istio-system', selector: new Map([['app', 'db']]) } as never],
    values: new Map([
      ['sidecarInjectorWebhook.neverInjectSelector', { value: '[{"matchLabels":{"app":"db"}}]', source: { kind: 'rules' } }],
    ]),
  },
];

/** Anything in place of anything: the wrong type, another text, nothing. */
const instead = fc.constantFrom<unknown>(
  undefined,
  null,
  0,
  1337,
  -1,
  true,
  false,
  '',
  'istio-proxy',
  'istio-iptables',
  'None',
  'ReplicaSet',
  [],
  {},
  ['x'],
  [null],
  { name: 'x' },
  '2001:db8::1',
  '169.254.1.1',
);
const changes = fc.array(fc.tuple(fc.nat(), instead), { maxLength: 3 });

type Slot = { readonly of: Record<string, unknown> | unknown[]; readonly key: string };

function slotsIn(value: unknown): readonly Slot[] {
  if (typeof value !== 'object' || value === null) return [];
  const of = value as Record<string, unknown>;
  return Object.keys(of).flatMap((key) => [{ of, key }, ...slotsIn(of[key])]);
}

function changed(base: object, all: readonly (readonly [number, unknown])[]): Record<string, unknown> {
  const value = structuredClone(base) as Record<string, unknown>;
  for (const [at, by] of all) {
    const slots = slotsIn(value);
    const slot = slots[at % slots.length];
    if (slot === undefined) continue;
    const { of, key } = slot as { of: Record<string, unknown>; key: string };
    if (by !== undefined) of[key] = structuredClone(by);
    else if (Array.isArray(of)) of.splice(Number(key), 1);
    else delete of[key];
  }
  return JSON.parse(JSON.stringify(value));
}

describe('a pod that is told by its values', () => {
  property([fc.constantFrom(...BASES), changes, fc.constantFrom(undefined, '', 'Pod', 'Deployment')], { numRuns: rounds(3000) })(
    'has the name, the owner and the fingerprint of the same pod when it is read, and nothing is wrong with it',
    (base, all, itemKind) => {
      const value = changed(base, all);
      const read = () =>
        readTree(
          treeOfValue(value, () => ({ kind: 'mapping', entries: [], line: 1, column: 1 })),
          'm',
          itemKind,
        );
      const never = (): never => expect.unreachable('is read');
      const plain = PlainPod.of(value, itemKind, { source: { kind: 'rules' }, read: never, placed: never });
      if (plain === undefined) return;
      const items = read();
      expect(items.map(({ kind }) => kind)).toEqual(['workload']);
      const [item] = items;
      if (item?.kind !== 'workload') return;
      const { workload } = item;
      expect([plain.kind, plain.namespace, plain.name, plain.owner]).toEqual([
        workload.kind,
        workload.namespace,
        workload.name,
        workload.owner,
      ]);
      expect(ownerOf(plain)).toBe(ownerOf(workload));
      for (const mesh of MESHES) expect(fingerprintOf(plain, mesh)).toBe(fingerprintOf(workload, mesh));
    },
  );

  it('is every pod of a cluster, and one with all that a pod may have', () => {
    const place = { source: { kind: 'rules' } as const, read: () => expect.unreachable(), placed: () => expect.unreachable() };
    for (const base of BASES) expect(PlainPod.of(JSON.parse(JSON.stringify(base)), undefined, place)).toBeDefined();
  });

  it('gives a copy all that it has, which is a workload like any other', () => {
    const [item] = readTree(
      treeOfValue(JSON.parse(JSON.stringify(BASES[0])), () => ({ kind: 'mapping', entries: [], line: 1, column: 1 })),
      'm',
    );
    if (item?.kind !== 'workload') return expect.unreachable();
    const read = (): typeof item.workload => item.workload;
    const plain = PlainPod.of(JSON.parse(JSON.stringify(BASES[0])), undefined, { source: { kind: 'rules' }, read, placed: read });
    if (plain === undefined) return expect.unreachable();
    const copy = { ...plain, pod: { ...plain.pod, hostNetwork: true } };
    expect(copy.placed(copy)).toBe(copy);
    expect(fingerprintOf(copy, NO_MESH)).not.toBe(fingerprintOf(plain, NO_MESH));
    expect(fingerprintOf({ ...plain }, NO_MESH)).toBe(fingerprintOf(plain, NO_MESH));
  });
});
