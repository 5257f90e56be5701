import { describe, expect, it } from 'vitest';
import { inject } from '../../../../src/istio/kubernetes/injection/inject.ts';
import { injectChoice } from '../../../../src/istio/kubernetes/injection/inject-choice.ts';
import type { InjectedArgument } from '../../../../src/istio/kubernetes/injection/injected.ts';
import { wordsOf } from '../../../../src/istio/kubernetes/injection/injected.ts';
import type { ProxyConfigLayer } from '../../../../src/istio/kubernetes/manifest/mesh-resources.ts';
import type { Workload } from '../../../../src/istio/kubernetes/manifest/workload.ts';
import type { Mesh } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { formatProblem } from '../../../../src/istio/problems.ts';
import { RELEASES } from '../../../../src/istio/releases/every-release.ts';
import { profileOf } from '../../../../src/istio/releases/profile.ts';
import { spansOf } from '../../../golden.ts';
import { at, container, mesh, openShift, texts, withNamespace, workload } from './workload.ts';

const TRAFFIC = 'traffic.sidecar.istio.io';

function injected(of: Workload, release: string, within: Mesh = NO_MESH) {
  const made = inject(of, within, profileOf(release), 'init');
  if (made.kind !== 'arguments') throw new Error(`${release}: ${JSON.stringify(made)}`);
  return made;
}

function words(of: Workload, release: string, within?: Mesh): string {
  return wordsOf(injected(of, release, within).arguments).join(' ');
}

function argument(flag: string, of: Workload, release: string, within?: Mesh): InjectedArgument | undefined {
  return injected(of, release, within).arguments.find((one) => one.flag === flag);
}

const spans = (holds: (release: string) => boolean): string => spansOf(RELEASES, holds);

describe('an argument of the injector knows', () => {
  const annotated = workload({ annotations: { [`${TRAFFIC}/excludeOutboundIPRanges`]: '10.0.0.0/8' } });
  const values = mesh({ 'global.proxy.excludeIPRanges': '192.168.0.0/16' });

  it('the annotation it is of, the mesh value that lost to it, and the default', () => {
    expect(argument('-x', annotated, '1.23.4', values)).toEqual({
      flag: '-x',
      value: '10.0.0.0/8',
      source: at('pod.yaml', `${TRAFFIC}/excludeOutboundIPRanges`),
      over: [
        { value: '192.168.0.0/16', source: at('values.yaml', 'global.proxy.excludeIPRanges') },
        { value: '', source: { kind: 'injected', release: '1.23.4' } },
      ],
    });
  });

  it('the mesh value, where no annotation is', () => {
    expect(argument('-x', workload(), '1.23.4', values)?.source).toEqual(at('values.yaml', 'global.proxy.excludeIPRanges'));
  });

  it('the release, where nobody says anything', () => {
    expect(argument('-x', workload(), '1.23.4')).toEqual({
      flag: '-x',
      value: '',
      source: { kind: 'injected', release: '1.23.4' },
      over: [],
    });
  });

  it('that the list of excluded ports is of its annotation, though the status port is in it', () => {
    const both = workload({ annotations: { [`${TRAFFIC}/excludeInboundPorts`]: '9090', 'status.sidecar.istio.io/port': '15999' } });
    const lost = mesh({ 'global.proxy.excludeInboundPorts': '7070', 'global.proxy.statusPort': '15888' });
    expect(argument('-d', both, '1.23.4', lost)).toEqual({
      flag: '-d',
      value: '15090,15021,9090,15999',
      source: at('pod.yaml', `${TRAFFIC}/excludeInboundPorts`),
      over: [
        { value: '7070', source: at('values.yaml', 'global.proxy.excludeInboundPorts') },
        { value: '15888', source: at('values.yaml', 'global.proxy.statusPort') },
        { value: '15090,15021,15020', source: { kind: 'injected', release: '1.23.4' } },
      ],
    });
  });

  it('the newer of two annotations for rerouted interfaces, and the older one below it', () => {
    const both = { 'istio.io/reroute-virtual-interfaces': 'eth1', [`${TRAFFIC}/kubevirtInterfaces`]: 'eth0' };
    expect(argument('-k', workload({ annotations: both }), '1.28.0')).toMatchObject({
      value: 'eth1',
      over: [{ value: 'eth0', source: at('pod.yaml', `${TRAFFIC}/kubevirtInterfaces`) }],
    });
  });

  it('the layer of proxy configuration that its mode is of', () => {
    const source = at('values.yaml', 'meshConfig.defaultConfig.interceptionMode');
    const tproxy: Mesh = { ...NO_MESH, defaultConfig: { source, interceptionMode: { value: 'TPROXY', source }, metadata: new Map() } };
    expect(argument('-m', workload(), '1.23.4', tproxy)).toEqual({
      flag: '-m',
      value: 'TPROXY',
      source,
      over: [{ value: 'REDIRECT', source: { kind: 'injected', release: '1.23.4' } }],
    });
  });

  it('all layers that lost to the annotation of its mode, once each', () => {
    const layer = (value: string, where: string): ProxyConfigLayer => {
      const source = at('values.yaml', where);
      return { source, interceptionMode: { value, source }, metadata: new Map() };
    };
    const resource = { namespace: 'shop', name: 'default', selector: new Map(), layer: layer('NONE', 'resource') };
    const layered: Mesh = { ...NO_MESH, defaultConfig: layer('TPROXY', 'mesh'), proxyConfigs: [resource] };
    const values = (of: Workload): readonly string[] | undefined => argument('-m', of, '1.23.4', layered)?.over.map(({ value }) => value);
    expect(values(workload({ annotations: { 'sidecar.istio.io/interceptionMode': 'REDIRECT' } }))).toEqual(['NONE', 'TPROXY', 'REDIRECT']);
  });
});

describe('a port of 0 in the mesh', () => {
  it('is none', () => {
    const source = at('values.yaml', 'meshConfig.proxyListenPort');
    expect(words(workload(), '1.23.4', { ...NO_MESH, proxyListenPort: { value: '0', source } })).toContain('-p 15001');
  });
});

describe('the releases that pass', () => {
  const annotated = (key: string, value: string): Workload => workload({ annotations: { [key]: value } });

  it.each<[string, string, string, string]>([
    [`${TRAFFIC}/includeOutboundPorts`, '80', '-q 80', '1.7.0 - 1.30.3'],
    [`${TRAFFIC}/excludeOutboundPorts`, '80', '-o 80', '1.2.0 - 1.30.3'],
    [`${TRAFFIC}/kubevirtInterfaces`, 'eth1', '-k eth1', '1.1.0 - 1.30.3'],
    ['istio.io/reroute-virtual-interfaces', 'eth1', '-k eth1', '1.25.0 - 1.30.3'],
    [`${TRAFFIC}/excludeInterfaces`, 'eth1', '-c eth1', '1.15.0 - 1.30.3'],
    ['sidecar.istio.io/agentLogLevel', 'all:debug', '--log_output_level=all:debug', '1.15.0 - 1.30.3'],
    ['status.sidecar.istio.io/port', '9999', '9999', '1.0.3 - 1.30.3'],
  ])('%s=%s as %j are %s', (key, value, passed, releases) => {
    expect(spans((release) => words(annotated(key, value), release).includes(passed))).toBe(releases);
  });

  it.each<[Mesh, string, string]>([
    [{ ...NO_MESH, proxyListenPort: { value: '15011', source: at('v', 'p') } }, '-p 15011', '1.0.0 - 1.1.17, 1.12.0 - 1.30.3'],
    [{ ...NO_MESH, proxyInboundListenPort: { value: '15016', source: at('v', 'z') } }, '-z 15016', '1.18.0 - 1.30.3'],
    [mesh({ 'global.proxy.includeInboundPorts': '80' }), '-b 80', '1.12.2 - 1.30.3'],
    [mesh({ 'global.proxy.statusPort': '0' }), '-d 15090,15021', '1.6.0 - 1.30.3'],
    [mesh({ 'global.logAsJson': 'true' }), '--log_as_json', '1.15.0 - 1.30.3'],
    [mesh({ 'global.proxy_init.forceApplyIptables': 'true' }), '--force-apply', '1.24.0 - 1.30.3'],
    [mesh({ 'global.nativeNftables': 'true' }), '--native-nftables', '1.27.0 - 1.30.3'],
    [mesh({ 'istio_cni.enabled': 'true' }), '--run-validation --skip-rule-apply', '1.5.0 - 1.23.6'],
    [mesh({ 'pilot.cni.enabled': 'true' }), '--run-validation --skip-rule-apply', '1.22.0 - 1.30.3'],
    [openShift({ annotations: { 'openshift.io/sa.scc.uid-range': '1000650000/10000' } }), '-u 1000659999', '1.20.0 - 1.30.3'],
  ])('the mesh value %# as %j are %s', (given, passed, releases) => {
    expect(spans((release) => words(workload(), release, given).includes(passed))).toBe(releases);
  });

  it('-k twice are those between the two fixes', () => {
    const both = workload({ annotations: { 'istio.io/reroute-virtual-interfaces': 'eth1', [`${TRAFFIC}/kubevirtInterfaces`]: 'eth0' } });
    expect(spans((release) => words(both, release).includes('-k eth0 -k eth1'))).toBe('1.25.0 - 1.26.4, 1.27.0 - 1.27.1');
  });

  it('a comma behind the last port of -d are 1.5.0 to 1.6.4', () => {
    expect(spans((release) => /-d [\d,]*,( |$)/.test(words(annotated('status.sidecar.istio.io/port', '0'), release)))).toBe(
      '1.5.0 - 1.6.4',
    );
  });

  it('1337 as the user of a transparent proxy on OpenShift are those after its fix', () => {
    const range = openShift({ annotations: { 'openshift.io/sa.scc.uid-range': '1000650000/10000' } });
    const tproxy = annotated('sidecar.istio.io/interceptionMode', 'TPROXY');
    expect(spans((release) => words(tproxy, release, range).includes('-u 1337'))).toBe('1.0.0 - 1.19.10, 1.25.4 - 1.25.5, 1.26.2 - 1.30.3');
  });

  it('--force-apply to a container that only validates are none', () => {
    const cni = mesh({ 'istio_cni.enabled': 'true', 'global.proxy_init.forceApplyIptables': 'true', 'pilot.cni.enabled': 'true' });
    expect(spans((release) => words(workload(), release, cni).includes('--force-apply'))).toBe('');
  });
});

describe('the ports that a container declares', () => {
  const pod = workload({ containers: [container('a', { ports: ['8080', '53/UDP'] }), container('b', { ports: ['9090'] })] });

  it.each([
    ['1.0.0', '8080, 53, 9090,'],
    ['1.0.3', '8080,53,9090'],
    ['1.2.10', '8080,53,9090'],
    ['1.3.0', '*'],
  ])('are passed by %s as %j', (release, ports) => {
    expect(argument('-b', pod, release)?.value).toBe(ports);
  });
});

describe('the environment of the init container', () => {
  const source = at('values.yaml', 'meshConfig');
  const metadata = texts({ ISTIO_META_DNS_CAPTURE: 'true' }, 'values.yaml');
  const dns: Mesh = { ...NO_MESH, defaultConfig: { source, metadata } };
  const names = (of: Workload, release: string, within: Mesh): readonly string[] => [...injected(of, release, within).environment.keys()];

  it('is proxyMetadata, from 1.6 on, each variable with its place', () => {
    expect(spans((release) => names(workload(), release, dns).includes('ISTIO_META_DNS_CAPTURE'))).toBe('1.6.0 - 1.30.3');
    expect(injected(workload(), '1.23.4', dns).environment.get('ISTIO_META_DNS_CAPTURE')?.source).toEqual(
      at('values.yaml', 'ISTIO_META_DNS_CAPTURE'),
    );
  });

  it('hangs on the resources of the container in 1.6', () => {
    const bare: Mesh = { ...dns, values: mesh({ 'global.proxy_init.resources': '' }).values };
    expect(spans((release) => names(workload(), release, bare).length > 0)).toBe('1.7.0 - 1.30.3');
  });

  it('has the inbound port in 1.2, where the annotation captures all', () => {
    const all = workload({ annotations: { [`${TRAFFIC}/includeInboundPorts`]: '*' } });
    expect(spans((release) => names(all, release, NO_MESH).includes('INBOUND_CAPTURE_PORT'))).toBe('1.2.0 - 1.2.10');
    expect(names(workload(), '1.2.0', NO_MESH)).toEqual([]);
  });
});

describe('who makes the rules', () => {
  it.each([
    ['istio_cni.enabled', '1.21.6', 'cni'],
    ['istio_cni.enabled', '1.23.6', 'cni'],
    ['istio_cni.enabled', '1.24.0', 'init'],
    ['pilot.cni.enabled', '1.21.6', 'init'],
    ['pilot.cni.enabled', '1.22.0', 'cni'],
    ['pilot.cni.enabled', '1.30.3', 'cni'],
  ] as const)('is told by %s at %s: %s', (value, release, installer) => {
    expect(inject(workload(), mesh({ [value]: 'true' }), profileOf(release))).toMatchObject({ installer });
    expect(inject(workload(), mesh({ [value]: 'false' }), profileOf(release))).toMatchObject({ installer: 'init' });
  });
});

describe('a pod gets no rules', () => {
  const none = (of: Workload, release = '1.23.4', within: Mesh = NO_MESH) => inject(of, within, profileOf(release));

  it('in the network of its host, at the line that says so', () => {
    const of = workload({ hostNetwork: true });
    expect(none(of)).toEqual({ kind: 'none', reason: 'host network', by: 'injector', source: of.pod.source });
    const hostNetworkAt = at('pod.yaml', 'hostNetwork');
    expect(none({ ...of, pod: { ...of.pod, hostNetworkAt } })).toMatchObject({ source: hostNetworkAt });
  });

  it.each(['false', 'no', 'off', 'False', 'disabled'])('where its annotation says %j', (value) => {
    expect(none(workload({ annotations: { 'sidecar.istio.io/inject': value } }))).toEqual({
      kind: 'none',
      reason: 'own choice',
      by: 'injector',
      source: at('pod.yaml', 'sidecar.istio.io/inject'),
    });
  });

  it.each(['true', 'YES', 'on', 'y', ''])('but not where it says %j', (value) => {
    expect(none(workload({ annotations: { 'sidecar.istio.io/inject': value } })).kind).toBe('arguments');
  });

  it.each([
    ['false', '1.0.0 - 1.30.3'],
    ['no', '1.0.0 - 1.26.8'],
    ['False', '1.0.0 - 1.26.8'],
    ['flase', '1.0.0 - 1.26.8'],
    ['yes', ''],
    ['True', ''],
    ['', ''],
  ])('where its annotation says %j in %s', (value, releases) => {
    const pod = workload({ annotations: { 'sidecar.istio.io/inject': value } });
    expect(spans((release) => none(pod, release).kind === 'none')).toBe(releases);
    const label = workload({ labels: { 'sidecar.istio.io/inject': value } });
    // Up to 1.11 only the selectors of the webhook look at the label, and only for this word.
    const labelled = releases.replace('1.0.0', value === 'false' ? '1.10.0' : '1.12.0');
    expect(spans((release) => none(label, release).kind === 'none')).toBe(labelled);
  });

  it('by a choice that is told with its meaning', () => {
    const choice = (value: string, release: string, key: 'labels' | 'annotations' = 'annotations') =>
      injectChoice(workload({ [key]: { 'sidecar.istio.io/inject': value } }).pod, profileOf(release));
    expect(choice('yes', '1.26.8')).toEqual({
      value: 'yes',
      source: at('pod.yaml', 'sidecar.istio.io/inject'),
      at: 'annotation',
      means: 'yes',
    });
    expect(choice('yes', '1.27.0')).toMatchObject({ value: 'yes', means: 'nothing' });
    expect(choice('no', '1.27.0', 'labels')).toMatchObject({ at: 'label', means: 'nothing' });
    expect(choice('no', '1.26.8', 'labels')).toMatchObject({ at: 'label', means: 'no' });
    expect(choice('true', '1.30.3', 'labels')).toMatchObject({ means: 'yes' });
    expect(choice('', '1.20.0')).toMatchObject({ means: 'nothing' });
    expect(choice('false', '1.9.9', 'labels')).toBeUndefined();
    expect(injectChoice(workload().pod, profileOf('1.30.3'))).toBeUndefined();
  });

  it('where its label says so, from 1.10 on, whatever the annotation says', () => {
    const pod = workload({ labels: { 'sidecar.istio.io/inject': 'false' }, annotations: { 'sidecar.istio.io/inject': 'true' } });
    expect(spans((release) => none(pod, release).kind === 'none')).toBe('1.10.0 - 1.30.3');
  });

  it('in mode NONE, which 1.0 refuses', () => {
    const pod = workload({ annotations: { 'sidecar.istio.io/interceptionMode': 'NONE' } });
    expect(none(pod, '1.1.0')).toMatchObject({
      kind: 'none',
      reason: 'mode NONE',
      source: at('pod.yaml', 'sidecar.istio.io/interceptionMode'),
    });
    expect(none(pod, '1.0.9').kind).toBe('refused');
  });

  it.each(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'])('in the namespace %s', (namespace) => {
    expect(none(workload({ namespace }))).toMatchObject({ kind: 'none', reason: 'not asked for' });
  });

  it('in a namespace that is shown to refuse injection', () => {
    expect(none(workload(), '1.23.4', withNamespace('shop', { labels: { 'istio-injection': 'disabled' } }))).toMatchObject({
      kind: 'none',
      source: at('pod.yaml', 'istio-injection'),
    });
    expect(none(workload(), '1.23.4', withNamespace('shop', { labels: { 'istio-injection': 'enabled' } })).kind).toBe('arguments');
    expect(none(workload(), '1.23.4', withNamespace('shop', {}))).toMatchObject({ kind: 'none', reason: 'not asked for', by: 'webhook' });
  });

  it('as a gateway', () => {
    const gateway = (templates: string): Workload => workload({ annotations: { 'inject.istio.io/templates': templates } });
    expect(none(gateway('gateway')).kind).toBe('none');
    expect(none(gateway('grpc-agent')).kind).toBe('none');
    expect(none(gateway('sidecar,gateway')).kind).toBe('arguments');
    expect(none(gateway('waypoint'))).toMatchObject({ kind: 'refused', refusal: 'the template fails' });
    expect(none(gateway('gateway'), '1.9.9').kind).toBe('arguments');
  });
});

describe('templates that a pod chooses', () => {
  const chosen = (templates: string, within: Mesh = NO_MESH, release = '1.28.0') =>
    inject(workload({ annotations: { 'inject.istio.io/templates': templates } }), within, profileOf(release), 'init');
  const said = (made: ReturnType<typeof inject>): readonly string[] => (made.problems ?? []).map(formatProblem);
  const given = (makeRules: Readonly<Record<string, boolean>>, all: boolean, aliases: Readonly<Record<string, string[]>> = {}): Mesh => ({
    ...NO_MESH,
    templates: { makeRules: new Map(Object.entries(makeRules)), aliases: new Map(Object.entries(aliases)), texts: new Map(), all },
  });
  const where = 'pod.yaml:26:1';

  it('make rules where that of the sidecar is among them; one that is not known is refused', () => {
    const beside = chosen('sidecar, custom,spire');
    expect(beside).toMatchObject({ kind: 'refused', refusal: 'unknown template' });
    expect(said(beside)).toEqual([
      `${where} inject.istio.io/templates: "custom", "spire" is not a template of the injector: "sidecar", "gateway", "grpc-simple", "grpc-agent", "waypoint", "kube-gateway", "agentgateway", "agentgateway-waypoint" (--values takes the values or the ConfigMap that has others)`,
    ]);
    expect(chosen('gateway,custom')).toMatchObject({ kind: 'refused', refusal: 'unknown template' });
    expect(said(chosen('gateway,grpc-agent'))).toEqual([]);
    expect(said(chosen('custom', NO_MESH, '1.9.9'))).toEqual([]);
    expect(spans((release) => chosen('grpc-agent', NO_MESH, release).kind === 'refused')).toBe('1.10.0 - 1.11.8');
    expect(spans((release) => chosen('waypoint', NO_MESH, release).kind === 'refused')).toBe('1.10.0 - 1.30.3');
  });

  it('are known where they are given', () => {
    const values = given({ spire: false, init: true }, false, { mesh: ['sidecar', 'spire'] });
    expect([chosen('sidecar,spire', values), chosen('mesh', values), chosen('init', values), chosen('spire', values)]).toMatchObject([
      { kind: 'arguments', problems: [] },
      { kind: 'arguments', problems: [] },
      { kind: 'arguments', problems: [] },
      { kind: 'none', problems: [] },
    ]);
    expect(chosen('sidecar,other', values)).toMatchObject({ kind: 'refused', refusal: 'unknown template' });
  });

  it('are refused where the injector, all of whose templates are given, has no such one', () => {
    const all = given({ sidecar: true, gateway: false }, true);
    const made = chosen('sidecar,other', all);
    expect([made.kind, said(made)]).toEqual([
      'refused',
      [
        `${where} inject.istio.io/templates: "other" is not a template of the injector: "sidecar", "gateway" (--values takes the values or the ConfigMap that has others)`,
      ],
    ]);
    expect(chosen('waypoint', all).kind).toBe('refused');
    expect(chosen('gateway', all).kind).toBe('none');
    expect(chosen('', NO_MESH).kind).toBe('refused');
    expect(chosen('sidecar,', NO_MESH).kind).toBe('refused');
    expect(chosen('__proto__', NO_MESH)).toMatchObject({ kind: 'refused', refusal: 'unknown template' });
  });

  it('do not save an annotation that is refused', () => {
    const annotations = { 'inject.istio.io/templates': 'gateway', [`${TRAFFIC}/excludeInboundPorts`]: '80a' };
    expect(inject(workload({ annotations }), NO_MESH, profileOf('1.28.0')).kind).toBe('refused');
  });
});

describe('an annotation', () => {
  const problemsOf = (key: string, value: string, release: string): readonly string[] => {
    const made = inject(workload({ annotations: { [key]: value } }), NO_MESH, profileOf(release), 'init');
    return made.kind === 'none' ? [] : made.problems.map(formatProblem);
  };
  const refusedIn = (key: string, value: string): string =>
    spans((release) => inject(workload({ annotations: { [key]: value } }), NO_MESH, profileOf(release)).kind === 'refused');

  const ALL = '1.0.0 - 1.30.3';
  it.each<[string, string, string]>([
    ['sidecar.istio.io/interceptionMode', 'tproxy', ALL],
    ['sidecar.istio.io/interceptionMode', '', ALL],
    ['sidecar.istio.io/interceptionMode', 'NONE', '1.0.0 - 1.0.9'],
    ['status.sidecar.istio.io/port', '', '1.0.3 - 1.30.3'],
    ['status.sidecar.istio.io/port', '65536', '1.0.3 - 1.30.3'],
    ['status.sidecar.istio.io/port', ' 0080 ', ''],
    [`${TRAFFIC}/includeOutboundIPRanges`, '*', ''],
    [`${TRAFFIC}/includeOutboundIPRanges`, '', ''],
    [`${TRAFFIC}/includeOutboundIPRanges`, '*,10.0.0.0/8', ALL],
    [`${TRAFFIC}/includeOutboundIPRanges`, '10.0.0.1', ALL],
    [`${TRAFFIC}/includeOutboundIPRanges`, '10.0.0.0/8, 11.0.0.0/8', ALL],
    [`${TRAFFIC}/includeOutboundIPRanges`, '010.0.0.0/8', '1.16.0 - 1.30.3'],
    [`${TRAFFIC}/includeOutboundIPRanges`, '10.1.2.3/8,2001:db8::/32', ''],
    [`${TRAFFIC}/excludeOutboundIPRanges`, '*', ALL],
    [`${TRAFFIC}/includeInboundPorts`, '*', ''],
    [`${TRAFFIC}/includeInboundPorts`, '80, 443', ''],
    [`${TRAFFIC}/includeInboundPorts`, '80,', ALL],
    [`${TRAFFIC}/includeInboundPorts`, '32768', '1.0.0 - 1.0.2'],
    [`${TRAFFIC}/includeInboundPorts`, '0', ''],
    [`${TRAFFIC}/excludeInboundPorts`, '*', ALL],
    [`${TRAFFIC}/excludeInboundPorts`, '80-90', ALL],
    [`${TRAFFIC}/excludeOutboundPorts`, 'http', '1.2.0 - 1.30.3'],
    [`${TRAFFIC}/includeOutboundPorts`, 'http', ''],
    [`${TRAFFIC}/excludeInterfaces`, 'eth0, an-interface-name', '1.30.0 - 1.30.3'],
    [`${TRAFFIC}/kubevirtInterfaces`, '0eth', '1.30.0 - 1.30.3'],
    ['istio.io/reroute-virtual-interfaces', 'eth0,', '1.30.0 - 1.30.3'],
    ['istio.io/reroute-virtual-interfaces', ' eth0, net_1.2-3', ''],
    ['proxy.istio.io/config', '[', '1.6.0 - 1.30.3'],
  ])('%s=%j is refused in %j', (key, value, releases) => {
    expect(refusedIn(key, value)).toBe(releases);
  });

  it('that is refused is told of with its place, the item and what is allowed', () => {
    expect(problemsOf(`${TRAFFIC}/excludeInboundPorts`, '80,80a', '1.23.4')).toEqual([
      `pod.yaml:45:1 ${TRAFFIC}/excludeInboundPorts: "80a" is not a port (0 to 65535), in a list with commas`,
    ]);
  });

  it('with a line in it stays on one line of a message', () => {
    expect(problemsOf(`${TRAFFIC}/excludeInboundPorts`, '80,\n-A INPUT', '1.23.4').join()).toContain('"\\n-A INPUT" is not a port');
  });

  it('that the release does not know has no effect, and that is said', () => {
    const made = injected(workload({ annotations: { [`${TRAFFIC}/excludeInterfaces`]: 'eth1' } }), '1.14.6');
    expect(made.problems.map(formatProblem)).toEqual([
      `pod.yaml:43:1 warning: ${TRAFFIC}/excludeInterfaces has no effect at 1.14.6: the injector of that release does not read it`,
    ]);
    expect(wordsOf(made.arguments)).not.toContain('eth1');
  });
});
