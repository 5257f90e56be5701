/** Pods and namespaces of the ambient mode: their plan is the node agent's, and no sidecar's story is told of them. */

import { afterAll, describe, expect, it } from 'vitest';
import { readManifest } from '../../../src/istio/kubernetes/manifest/read.ts';
import { withContext } from '../../../src/istio/kubernetes/mesh/context.ts';
import type { Mesh } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { injectionOf } from '../../../src/istio/kubernetes/workload-injection.ts';
import { planAmbient } from '../../../src/istio/plan/ambient/ambient-plan.ts';
import type { YamlNode } from '../../../src/istio/yaml.ts';
import { readYaml } from '../../../src/istio/yaml.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

interface Told {
  readonly labels?: string;
  readonly annotations?: string;
  readonly spec?: string;
  readonly namespace?: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly release?: string;
}

function injectionFor({ labels = '', annotations = '', spec = '', namespace, values = {}, release = '1.30.3' }: Told) {
  const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {${labels}}, annotations: {${annotations}}}\nspec: {${spec}containers: [{name: app, image: x}]}\n`;
  const space = namespace === undefined ? '' : `---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {${namespace}}}\n`;
  const items = (readYaml(`${text}${space}`) as readonly YamlNode[]).flatMap((document) => readManifest(document, 'pod.yaml'));
  const source = { kind: 'file', file: 'values.yaml', line: 1, column: 1 } as const;
  const given = new Map(Object.entries(values).map(([key, value]) => [key, { value, source }]));
  const mesh = { ...withContext(NO_MESH, ...items.flatMap((item) => (item.kind === 'namespace' ? item : []))), values: given } as Mesh;
  const workload = items.flatMap((item) => (item.kind === 'workload' ? [item.workload] : []))[0];
  if (workload === undefined) throw new Error('no pod');
  const at = { kind: 'release', release: { value: release, source }, keepArguments: false } as const;
  const { injection } = injectionOf(workload, { mesh, at, images: [] });
  return injection.kind === 'none'
    ? { reason: injection.reason, ...(injection.knobs && { knobs: injection.knobs }) }
    : { reason: injection.kind, knobs: {} };
}

const AMBIENT = 'istio.io/dataplane-mode: ambient';
const NONE = 'istio.io/dataplane-mode: none';
const BARE = 'team: shop';

describe('who is in ambient mode', () => {
  it.each([
    ['by its own label', { labels: AMBIENT, namespace: BARE }, 'ambient'],
    ['not where nobody knows its namespace, which may be injected', { labels: AMBIENT }, 'arguments'],
    ['by that of its namespace', { namespace: AMBIENT }, 'ambient'],
    ['kept out by its own label', { labels: NONE, namespace: AMBIENT }, 'not asked for'],
    ['by what the node agent wrote', { annotations: 'ambient.istio.io/redirection: enabled', namespace: BARE }, 'ambient'],
    ['not by what was taken back', { annotations: 'ambient.istio.io/redirection: disabled', namespace: BARE }, 'not asked for'],
    ['not with a sidecar, whatever the labels say', { labels: `${AMBIENT}, sidecar.istio.io/inject: "true"` }, 'arguments'],
    ['not in a namespace that is injected as well', { namespace: `${AMBIENT}, istio-injection: enabled` }, 'arguments'],
    [
      'where it refuses the sidecar',
      { namespace: `${AMBIENT}, istio-injection: enabled`, labels: 'sidecar.istio.io/inject: "false"' },
      'ambient',
    ],
    ['not in the network of the node', { labels: AMBIENT, spec: 'hostNetwork: true, ' }, 'host network'],
  ] as const)('%s', (_, told, reason) => {
    expect(injectionFor(told).reason).toBe(reason);
  });
});

describe('the knobs', () => {
  const knobs = (told: Told) => injectionFor({ namespace: AMBIENT, ...told }).knobs;

  it.each([
    ['1.22.8', {}],
    ['1.24.6', { ipv6: true }],
    ['1.25.0', { ipv6: true, dns: true }],
  ])('of the charts of %s: %j', (release, wanted) => {
    expect(knobs({ release })).toEqual(wanted);
  });

  it('of annotations, as far as the release reads them', () => {
    const annotations =
      'ambient.istio.io/bypass-inbound-capture: "true", ambient.istio.io/dns-capture: "false", istio.io/reroute-virtual-interfaces: "eth1, net1"';
    expect(knobs({ annotations })).toEqual({ ipv6: true, dns: true, ingress: true, podDNS: 'off', virtualInterfaces: ['eth1', 'net1'] });
    expect(knobs({ annotations, release: '1.24.6' })).toEqual({ ipv6: true, ingress: true });
  });

  it('of values', () => {
    expect(knobs({ values: { 'global.nativeNftables': 'true', 'ambient.ipv6': 'false', 'ambient.dnsCapture': 'false' } })).toEqual({
      backend: 'nftables',
    });
    expect(knobs({ values: { 'global.nativeNftables': 'true', 'cni.ambient.dnsCapture': 'false' }, release: '1.27.9' })).toEqual({
      ipv6: true,
    });
  });

  it('are none before the first release that puts rules into pods', () => {
    expect(injectionFor({ namespace: AMBIENT, release: '1.20.8' })).toEqual({ reason: 'ambient' });
  });
});

it('preview, explain, why and trace take the rules of the node agent', async () => {
  const file = folder.write(
    'shop.yaml',
    `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {${AMBIENT}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart, namespace: shop}\nspec:\n  selector: {matchLabels: {app: cart}}\n  template:\n    metadata: {labels: {app: cart}}\n    spec: {containers: [{name: cart, image: x, ports: [{containerPort: 8080}]}]}\n`,
  );
  const in_ = { cwd: folder.path };
  const shown = await run(['preview', '-f', file, '--release', '1.30', '-o', 'save', '--family', 'ip'], in_);
  expect(shown.stdout).toBe(printSave(planAmbient({ dns: true, ipv6: true }, { release: '1.30' }).ip));
  const explained = await run(['explain', '-f', file, '--release', '1.30'], in_);
  expect(explained.stdout).toContain('knobs: ipv6=true dns=true');
  expect(explained.stdout).toContain('What the pod sends goes to ztunnel on 15001.');
  expect(explained.stdout).not.toMatch(/Envoy|15021|istio-iptables/);
  const traced = await run(['trace', '-f', file, '--release', '1.30', '--from', 'outside', '--to', 'pod:8080'], in_);
  expect(traced.stdout).toContain('ztunnel-inbound: caught by ztunnel (15006)');
  const why = await run(['why', file, '10.3.3.3:80'], in_);
  expect(why.stdout).toContain('ztunnel-outbound: caught by ztunnel (15001)');
});
