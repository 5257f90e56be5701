import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { wordsOf } from '../../../../src/istio/kubernetes/injection/injected.ts';
import { readManifest } from '../../../../src/istio/kubernetes/manifest/read.ts';
import type { Container, Workload } from '../../../../src/istio/kubernetes/manifest/workload.ts';
import type { Mesh } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import type { WorkloadInjection } from '../../../../src/istio/kubernetes/workload-injection.ts';
import { injectionOf } from '../../../../src/istio/kubernetes/workload-injection.ts';
import { formatProblem } from '../../../../src/istio/problems.ts';
import { readYaml } from '../../../../src/istio/yaml.ts';
import { container, mesh, workload } from './workload.ts';

const TRAFFIC = 'traffic.sidecar.istio.io';
const HEAD = '-p 15001 -z 15006 -u 1337 -m REDIRECT';
const ORDINARY = `${HEAD} -i * -x  -b * -d 15090,15021,15020`;

interface Asked {
  readonly release?: string;
  readonly within?: Mesh;
  readonly keepArguments?: boolean;
  readonly installer?: 'init' | 'cni';
}

function anew(of: Workload, { release = '1.28.0', within = NO_MESH, keepArguments = false, installer }: Asked = {}): WorkloadInjection {
  const at = { kind: 'release', release: { value: release, source: { kind: 'option', option: '--release' } }, keepArguments } as const;
  return injectionOf(of, { mesh: within, at, images: [], ...(installer === undefined ? {} : { installer }) });
}

/** The arguments without those of the log. */
function words({ injection }: WorkloadInjection): string {
  if (injection.kind !== 'arguments') return injection.kind === 'none' ? injection.reason : injection.kind;
  return wordsOf(injection.arguments.filter(({ joined }) => joined !== true)).join(' ');
}

/** A pod as an injector of 1.3 to 1.7 leaves it behind: what its user said and what it wrote itself look the same. */
function injectedBy(
  release: string,
  passed: string,
  annotations: Readonly<Record<string, string>>,
  { ports = ['9080', '9090/UDP'], name = 'istio-init' }: { readonly ports?: readonly string[]; readonly name?: string | null } = {},
): Workload {
  const image = `istio/proxyv2:${release}`;
  const args = release < '1.6' ? [] : ['istio-iptables', ...passed.split(' ')];
  const program: Container = container(name ?? '', {
    image,
    args,
    command: release < '1.6' ? ['istio-iptables', ...passed.split(' ')] : [],
  });
  const all = { 'sidecar.istio.io/status': '{}', 'sidecar.istio.io/interceptionMode': 'REDIRECT', ...annotations };
  return workload({
    annotations: Object.fromEntries(Object.entries(all).map(([key, value]) => [key.includes('/') ? key : `${TRAFFIC}/${key}`, value])),
    containers: [container('app', { ports }), container('istio-proxy', { image, args: ['proxy', 'sidecar'], ports: ['15090'] })],
    initContainers: name === null ? [] : [program],
  });
}

const WRITTEN = { includeOutboundIPRanges: '*', excludeOutboundIPRanges: '', includeInboundPorts: '9080', excludeInboundPorts: '15020' };

describe('a pod of 1.3 to 1.7, injected anew,', () => {
  it.each(['1.3.8', '1.4.10', '1.5.10', '1.6.14', '1.7.8'])('does not take what the injector of %s wrote for its own', (release) => {
    const made = anew(injectedBy(release, ORDINARY, WRITTEN));
    expect([words(made), made.problems.map(formatProblem)]).toEqual([ORDINARY, []]);
    expect([...made.workload.pod.annotations.keys()]).toEqual(['sidecar.istio.io/status']);
  });

  it('is told apart from one of another release, whose annotations are its own', () => {
    for (const release of ['1.8.6', '1.12.9'])
      expect(words(anew(injectedBy(release, ORDINARY, WRITTEN)))).toBe(ORDINARY.replace('-b *', '-b 9080'));
  });

  it('keeps the inbound ports that its container was given, be they those that are declared', () => {
    const asked = injectedBy('1.6.14', ORDINARY.replace('-b *', '-b 9080'), WRITTEN);
    expect(words(anew(asked))).toBe(ORDINARY.replace('-b *', '-b 9080'));
    const none = injectedBy('1.6.14', ORDINARY.replace('-b *', '-b '), { ...WRITTEN, includeInboundPorts: '' });
    expect(words(anew(none))).toBe(ORDINARY.replace('-b *', '-b '));
    const undeclared = injectedBy('1.6.14', ORDINARY, { ...WRITTEN, includeInboundPorts: '' }, { ports: [] });
    expect(words(anew(undeclared))).toBe(ORDINARY);
  });

  it('with the CNI plugin is told by the container that validates, else by the declared ports', () => {
    const validating = `${ORDINARY} --run-validation --skip-rule-apply`;
    for (const name of ['istio-validation', null]) {
      const made = anew(injectedBy('1.7.8', validating, WRITTEN, { name }));
      expect(words(made)).toContain('-i * -x  -b * -d 15020,15021,15090');
      const other = anew(injectedBy('1.7.8', validating.replace('-b *', '-b 80'), { ...WRITTEN, includeInboundPorts: '80' }, { name }));
      expect(words(other)).toContain(' -b 80 ');
    }
  });

  it('is told once where a value may be that of its mesh, unless its values are given', () => {
    const passed = `${HEAD} -i 10.0.0.0/8 -x  -b * -d 15090,15021,9999,15020 -o 3306`;
    const of = injectedBy('1.6.14', passed, {
      ...WRITTEN,
      includeOutboundIPRanges: '10.0.0.0/8',
      excludeInboundPorts: '9999,15020',
      excludeOutboundPorts: '3306',
    });
    const made = anew(of);
    expect(words(made)).toBe(passed);
    expect(made.problems.map(formatProblem)).toEqual([
      `pod.yaml:49:1 warning: ${TRAFFIC}/includeOutboundIPRanges, ${TRAFFIC}/excludeInboundPorts, ${TRAFFIC}/excludeOutboundPorts: assumed to be the pod's own, but the injector of 1.6.14 wrote values of its mesh into the same annotations; --values distinguishes them`,
    ]);
    const values = {
      'global.proxy.includeIPRanges': '10.0.0.0/8',
      'global.proxy.excludeInboundPorts': '9999',
      'global.proxy.excludeOutboundPorts': '1234',
    } as const;
    const told = anew(of, { within: mesh(values) });
    expect([words(told), told.problems]).toEqual([passed, []]);
    expect([...told.workload.pod.annotations.keys()].filter((key) => key.startsWith(TRAFFIC))).toEqual([`${TRAFFIC}/excludeOutboundPorts`]);
  });

  it('takes the mode of its mesh for that of its mesh', () => {
    const of = injectedBy('1.6.14', ORDINARY.replace('REDIRECT', 'TPROXY'), { ...WRITTEN, 'sidecar.istio.io/interceptionMode': 'TPROXY' });
    const source = { kind: 'rules' } as const;
    const within: Mesh = { ...NO_MESH, defaultConfig: { source, metadata: new Map(), interceptionMode: { value: 'TPROXY', source } } };
    expect(anew(of, { within }).problems).toEqual([]);
    expect(anew(of, { within }).workload.pod.annotations.has('sidecar.istio.io/interceptionMode')).toBe(false);
    expect(anew(of)).toMatchObject({ problems: [{ code: 'maybe-injected', args: { names: 'sidecar.istio.io/interceptionMode' } }] });
  });

  it('is as it was where its arguments are kept, and where nobody asks for another release', () => {
    const of = injectedBy('1.6.14', ORDINARY, WRITTEN);
    const kept = anew(of, { keepArguments: true });
    expect([kept.workload, kept.found, words(kept)]).toEqual([of, true, ORDINARY]);
    expect(injectionOf(of, { mesh: NO_MESH, at: { kind: 'own' }, images: [] })).toMatchObject({ workload: of, found: true });
  });

  it('has its own annotations alone for another installer too', () => {
    const made = injectionOf(injectedBy('1.7.8', ORDINARY, WRITTEN), { mesh: NO_MESH, at: { kind: 'own' }, installer: 'cni', images: [] });
    expect([words(made).includes('-b 9080'), made.found]).toEqual([true, false]);
    expect(made.workload.pod.annotations.has(`${TRAFFIC}/includeInboundPorts`)).toBe(false);
  });

  it('is the example of the documents, whose new injection captures all ports', () => {
    const text = readFileSync(new URL('../../../../docs/examples/injected-1.6.yaml', import.meta.url), 'utf8');
    const documents = readYaml(text);
    if ('reason' in documents) throw new Error(documents.reason);
    const [item] = documents.flatMap((document) => readManifest(document, 'pod.yaml'));
    if (item?.kind !== 'workload') throw new Error('no workload');
    const made = anew(item.workload);
    expect([words(made), made.problems]).toEqual([ORDINARY, []]);
  });
});

describe('a pod whose proxy is no sidecar, injected anew,', () => {
  const proxy = (args: readonly string[], annotations = {}): Workload =>
    workload({
      annotations: { 'sidecar.istio.io/status': '{}', ...annotations },
      containers: [container('istio-proxy', { image: 'istio/proxyv2:1.22.3', args })],
    });

  it('gets no rules as before: what made it was no template for sidecars', () => {
    for (const type of ['router', 'waypoint', 'ztunnel'])
      expect(anew(proxy(['proxy', type]))).toMatchObject({ injection: { kind: 'none', reason: 'no sidecar' }, problems: [] });
  });

  it('gets what its templates make, where it names them', () => {
    const of = (templates: string): Workload => proxy(['proxy', 'waypoint'], { 'inject.istio.io/templates': templates });
    expect(anew(of('gateway'))).toMatchObject({ injection: { kind: 'none', reason: 'no sidecar' }, problems: [] });
    expect(anew(of('waypoint-7')).injection).toMatchObject({ kind: 'refused', refusal: 'unknown template' });
    expect(words(anew(of('sidecar')))).toBe(ORDINARY);
    const refuses = proxy(['proxy', 'router'], { 'inject.istio.io/templates': '' });
    expect(anew(refuses).injection.kind).toBe('refused');
  });

  it('is told the same reason as it was found with, whatever the injector would give', () => {
    const of = proxy(['proxy', 'router'], { 'sidecar.istio.io/inject': 'false', 'inject.istio.io/templates': 'gateway' });
    expect(injectionOf(of, { mesh: NO_MESH, at: { kind: 'own' }, images: [] })).toMatchObject({ injection: { reason: 'no sidecar' } });
    expect(anew(of)).toMatchObject({ injection: { reason: 'no sidecar' } });
  });

  it('is a sidecar where the plugin makes its rules', () => {
    expect(words(anew(proxy(['proxy', 'sidecar'])))).toContain('-d 15020,15021,15090');
  });
});
