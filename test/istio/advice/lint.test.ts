import { describe, expect, it } from 'vitest';
import { lintGathering } from '../../../src/istio/advice/lint/collect.ts';
import { lintWorkload } from '../../../src/istio/advice/lint.ts';
import type { Workload } from '../../../src/istio/kubernetes/manifest/workload.ts';
import { NO_MESH } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { allKinds } from '../../../src/istio/releases/kinds.ts';
import { APP, at, codesOf, diagnosticsOf, mesh, pod, workloadsIn } from './lint/workloads.ts';

const BOOKINFO = ['productpage-v1', 'reviews-v1']
  .map(
    (name) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: {app: bookinfo}
spec:
  replicas: 1
  template:
    metadata:
      annotations: {prometheus.io/scrape: "true", prometheus.io/port: "9080"}
      labels: {app: bookinfo, version: v1}
    spec:
      serviceAccountName: bookinfo
      initContainers:
        - name: wait
          image: registry.example/wait:1
      containers:
        - name: app
          image: registry.example/${name}:1
          ports: [{containerPort: 9080}]
          securityContext: {runAsUser: 1000}
`,
  )
  .join('---\n');

describe('an ordinary manifest raises nothing', () => {
  it.each(allKinds().map(({ profile }) => profile.release))('at %s', (release) => {
    expect(codesOf(BOOKINFO, at(release))).toEqual([]);
  });

  it.each(allKinds().flatMap(({ profile }) => (profile.has('pluginInIstio') ? [profile.release] : [])))(
    'at %s with the CNI plugin, but for its init containers',
    (release) => {
      expect(new Set(codesOf(BOOKINFO, { ...at(release), installer: 'cni' }))).toEqual(new Set(['init-container-without-proxy']));
      expect(
        codesOf(BOOKINFO.replace(/ {6}initContainers[\s\S]*? {6}containers/g, '      containers'), { ...at(release), installer: 'cni' }),
      ).toEqual([]);
    },
  );
});

describe('what the mesh says for all pods', () => {
  const values = mesh('global: {proxy: {excludeIPRanges: "169.254.169.254/32", excludeInboundPorts: "9100"}}\n');

  it('is meant for the others where a pod names what is captured', () => {
    const own = 'traffic.sidecar.istio.io/includeOutboundIPRanges: 10.0.0.0/8, traffic.sidecar.istio.io/includeInboundPorts: "8080"';
    expect(codesOf(pod(APP, own), { mesh: values })).toEqual([]);
  });

  it('is told of where the mesh itself takes its effect', () => {
    const both = mesh('global: {proxy: {includeIPRanges: 10.0.0.0/8, excludeIPRanges: 192.168.0.0/16}}\n');
    expect(codesOf(pod(APP), { mesh: both })).toEqual(['outbound-excludes-idle']);
  });
});

describe('settings', () => {
  const annotated = (...pairs: readonly (readonly [string, string])[]): string =>
    pod(APP, pairs.map(([name, value]) => `traffic.sidecar.istio.io/${name}: "${value}"`).join(', '));

  it('excludes where nothing is captured are told of in both directions', () => {
    expect(codesOf(annotated(['includeInboundPorts', ''], ['excludeInboundPorts', '9090']))).toEqual([
      'inbound-excludes-idle',
      'captures-nothing',
    ]);
    expect(codesOf(annotated(['includeOutboundIPRanges', ''], ['excludeOutboundPorts', '9090']))).toEqual([
      'outbound-excludes-idle',
      'captures-nothing',
    ]);
    expect(codesOf(annotated(['includeInboundPorts', '']))).toEqual(['captures-nothing']);
    const [idle] = diagnosticsOf(annotated(['includeInboundPorts', ''], ['excludeInboundPorts', '9090']));
    expect(idle?.text).toContain('(9090) has no effect: no inbound port is captured, and');
  });

  it('what the mesh excludes is not the business of a pod that captures nothing', () => {
    const values = mesh('global: {proxy: {excludeInboundPorts: "9100"}}\n');
    expect(codesOf(annotated(['includeInboundPorts', '']), { mesh: values })).toEqual(['captures-nothing']);
  });

  it('captured DNS is captured whatever the ranges are', () => {
    const dns = mesh('meshConfig: {defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true"}}}\n');
    const text = annotated(['includeOutboundIPRanges', ''], ['excludeOutboundPorts', '53']);
    expect(codesOf(text, { mesh: dns })).toEqual(['captures-nothing']);
    expect(codesOf(text)).toEqual(['outbound-excludes-idle', 'captures-nothing']);
  });

  it('a range that stands twice is told of once', () => {
    expect(codesOf(annotated(['excludeOutboundIPRanges', '10.0.0.0/8,10.0.0.0/8']))).toEqual(['range-in-range']);
  });

  it('a variable that is false is no wish', () => {
    const off = mesh('meshConfig: {defaultConfig: {proxyMetadata: {INVALID_DROP: "false", ISTIO_DUAL_STACK: ""}}}\n');
    expect(codesOf(pod(APP), { mesh: off, ...at('1.6') })).toEqual([]);
  });

  it('of an injected pod the annotation is the place, not the argument', () => {
    const text = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    traffic.sidecar.istio.io/includeOutboundPorts: "443"\nspec:\n  initContainers:\n    - {name: istio-init, image: "x/proxyv2:1.28.0", args: [istio-iptables, -p, "15001", -u, "1337", -i, "*", -b, "*", -q, "443"]}\n`;
    const [workload] = workloadsIn(text) as [Workload];
    const { diagnostics } = lintWorkload(workload, { mesh: NO_MESH, images: [] });
    expect(diagnostics.map(({ code, source }) => [code, source.kind === 'file' && source.line])).toEqual([
      ['included-outbound-ports-idle', 6],
    ]);
  });
});

describe('annotations', () => {
  it.each([
    ['traffic.sidecar.istio.io/excludeOutboundRanges', 'traffic.sidecar.istio.io/excludeOutboundIPRanges'],
    ['sidecar.istio.io/includeInboundPorts', 'traffic.sidecar.istio.io/includeInboundPorts'],
    ['sidecar.istio.io/interceptionmode', 'sidecar.istio.io/interceptionMode'],
    ['traffic.sidecar.istio/excludeInboundPorts', 'traffic.sidecar.istio.io/excludeInboundPorts'],
  ])('%s is nearly one', (name, nearest) => {
    const [workload] = workloadsIn(pod(APP, `"${name}": ""`)) as [Workload];
    const { diagnostics } = lintWorkload(workload, { mesh: NO_MESH, images: [] });
    expect(diagnostics.map(({ code, fix }) => [code, fix])).toEqual([['unknown-annotation', `write ${nearest}`]]);
  });

  it.each([
    'sidecar.istio.io/componentLogLevel',
    'sidecar.istio.io/logLevel',
    'prometheus.io/port',
    'sidecar.istio.io/status',
    'istio.io/rev',
  ])('%s is none of these', (name) => {
    expect(codesOf(pod(APP, `"${name}": "x"`))).toEqual([]);
  });

  it('the same on the object and its template is no matter', () => {
    const text = BOOKINFO.split('---\n')[0] as string;
    const annotated = text
      .replace('  labels: {app: bookinfo}\nspec', '  annotations: {sidecar.istio.io/inject: "true"}\nspec')
      .replace('annotations: {prometheus', 'annotations: {sidecar.istio.io/inject: "true", prometheus');
    expect(codesOf(annotated)).toEqual([]);
    expect(codesOf(annotated.replace('annotations: {sidecar.istio.io/inject: "true", prometheus', 'annotations: {prometheus'))).toEqual([
      'misplaced-annotation',
    ]);
  });

  it("what injectors of 1.3 to 1.7 wrote into every pod is nobody's change", () => {
    const injected = (image: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations: {traffic.sidecar.istio.io/includeInboundPorts: "9080"}\nspec:\n  initContainers:\n    - {name: istio-init, image: "x/proxyv2:${image}", args: [istio-iptables, -p, "15001", -u, "1337", -m, REDIRECT, -i, "*", -x, "", -b, "*", -d, "15020"]}\n`;
    expect(codesOf(injected('1.6.0'))).toEqual([]);
    expect(codesOf(injected('1.12.0'))).toEqual(['changed-after-injection']);
  });
});

describe('ids', () => {
  it('what a container says beats what its pod says', () => {
    const spec = (own: string): string => `  securityContext: {runAsUser: 1337}\n  containers: [{name: app${own}}]\n`;
    expect(codesOf(pod(spec('')))).toEqual(['proxy-user']);
    expect(codesOf(pod(spec(', securityContext: {runAsUser: 1000}')))).toEqual([]);
  });

  it('the proxy of a namespace of OpenShift has another user, and 1337 is then free', () => {
    const openshift = mesh(
      'global: {platform: openshift}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {istio-injection: enabled}, annotations: {openshift.io/sa.scc.uid-range: 1000650000/10000}}\n',
    );
    const as = (id: string): string => pod(`  containers: [{name: app, securityContext: {runAsUser: ${id}}}]\n`);
    expect(codesOf(as('1000659999'), { mesh: openshift, ...at('1.24') })).toEqual(['proxy-user']);
    expect(codesOf(as('1337'), { mesh: openshift, ...at('1.24') })).toEqual([]);
    expect(codesOf(as('1337'), { mesh: openshift, ...at('1.19') })).toEqual(['proxy-user']);
  });

  it('a native sidecar of the application counts, an init container that ends does not', () => {
    const init = (more: string): string => pod(`  initContainers: [{name: first, securityContext: {runAsUser: 1337}${more}}]\n${APP}`);
    expect(codesOf(init(', restartPolicy: Always'))).toEqual(['proxy-user']);
    expect(codesOf(init(''))).toEqual([]);
  });
});

describe('ports of Istio', () => {
  const listens = (port: string, protocol = 'TCP'): string =>
    pod(`  containers: [{name: app, ports: [{containerPort: ${port}, protocol: ${protocol}}]}]\n`);

  it.each([
    ['15021', '1.5', []],
    ['15021', '1.6', ['port-of-istio']],
    ['15008', '1.6', []],
    ['15008', '1.7', ['port-of-istio']],
    ['15053', '1.20', []],
    ['8080', '1.20', []],
  ])('%s at %s', (port, release, codes) => {
    expect(codesOf(listens(port), at(release))).toEqual(codes);
  });

  it('only TCP, and 15053 only where DNS is captured', () => {
    expect(codesOf(listens('15001', 'UDP'))).toEqual([]);
    const dns = mesh('meshConfig: {defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true"}}}\n');
    expect(codesOf(listens('15053'), { mesh: dns })).toEqual(['port-of-istio']);
  });
});

describe('init containers', () => {
  const ARGS =
    'args: [istio-iptables, -p, "15001", -z, "15006", -u, "1337", -m, REDIRECT, -i, "*", -x, "", -b, "*", -d, "15090,15021,15020"]';
  const INIT = `{name: istio-init, image: "x/proxyv2:1.28.0", ${ARGS}}`;
  const OTHER = '{name: other, image: x}';
  const NATIVE = '{name: istio-proxy, image: "x/proxyv2:1.28.0", restartPolicy: Always}';
  const order = (...containers: readonly string[]): readonly string[] =>
    codesOf(pod(`  initContainers: [${containers.join(', ')}]\n${APP}`));

  it('between the rules and the proxy is bad, before and behind is fine', () => {
    expect(order(OTHER, INIT)).toEqual([]);
    expect(order(INIT, OTHER)).toEqual(['init-container-without-proxy']);
    expect(order(INIT, OTHER, NATIVE)).toEqual(['init-container-without-proxy']);
    expect(order(INIT, NATIVE, OTHER)).toEqual([]);
    expect(order(OTHER, INIT, NATIVE)).toEqual([]);
  });

  it('with the CNI plugin the rules are there from the start', () => {
    const validation = INIT.replace('istio-init', 'istio-validation');
    expect(order(OTHER, validation)).toEqual(['init-container-without-proxy']);
    expect(order(validation, NATIVE, OTHER)).toEqual([]);
  });

  it('one that is not captured is fine', () => {
    expect(order(INIT, '{name: other, securityContext: {runAsGroup: 1337}}')).toEqual([]);
    expect(order(INIT.replace('-i, "*"', '-i, ""'), OTHER)).toEqual(['captures-nothing']);
  });
});

describe('image and control plane', () => {
  const injected = (release: string, args: string): string =>
    pod(
      `  initContainers: [{name: istio-init, image: "x/proxyv2:${release}", args: [istio-iptables, -p, "15001", -z, "15006", -u, "1337", -i, "*", ${args}]}]\n${APP}`,
    );

  it('another layout of the same is no difference', () => {
    expect(codesOf(injected('1.12.0', '-m, REDIRECT, -b, "*", -d, "15020"'), at('1.28'))).toEqual([]);
    expect(codesOf(injected('1.5.0', '-m, REDIRECT, -b, "*", -d, "15020"'), at('1.6'))).toEqual([]);
  });

  it('a flag that the control plane does not know is', () => {
    expect(codesOf(injected('1.28.0', '-m, REDIRECT, -b, "*", --native-nftables'), at('1.20'))).toEqual([
      'image-reads-otherwise',
      'native-nftables',
    ]);
  });
});

describe('many workloads', () => {
  const [plain, warned] = [pod(APP), pod(APP, 'traffic.sidecar.istio.io/includeOutboundPorts: "443"')].map(
    (text) => workloadsIn(text)[0] as Workload,
  ) as [Workload, Workload];
  const named = (workload: Workload, index: number): Workload => ({
    ...workload,
    name: `a-${index}`,
    source: { kind: 'file', file: 'a.yaml', line: index + 1, column: 1 },
  });

  it('equal findings are one result, with the first places of many', () => {
    const gathering = lintGathering({ images: [] });
    for (let index = 0; index < 2000; index += 1) gathering.workload(named(index % 2 === 0 ? plain : warned, index), NO_MESH);
    const { results, workloads, distinct } = gathering.report();
    expect([workloads, distinct, results.length]).toEqual([2000, 2, 1]);
    expect(results[0]).toMatchObject({ code: 'included-outbound-ports-idle', workloads: { count: 1000, owners: 500 } });
  });

  it('two that are alike stand in two places', () => {
    const gathering = lintGathering({ images: [] });
    for (const workload of workloadsIn(
      ['one', 'two']
        .map((name) => pod(APP, 'traffic.sidecar.istio.io/excludeOutboundPorts: "0"').replace('name: a', `name: ${name}`))
        .join('---\n'),
    ))
      gathering.workload(workload, NO_MESH);
    const [result] = gathering.report().results;
    expect(result?.places.map((source) => source.kind === 'file' && source.line)).toEqual([5, 13]);
  });

  it("words of each pod's own are kept up to a bound, and the rest is counted", () => {
    const gathering = lintGathering({ images: [] });
    for (let index = 0; index < 600; index += 1) {
      const annotations = new Map([[`traffic.sidecar.istio.io/x${index}`, { value: '', source: plain.source }]]);
      gathering.workload({ ...named(plain, index), pod: { ...plain.pod, annotations } }, NO_MESH);
    }
    const { results, unlisted } = gathering.report();
    expect(results.length).toBe(500);
    expect(unlisted).toEqual([{ code: 'unknown-annotation', severity: 'warning', count: 100 }]);
  });

  it('what differs in anything that is looked at is looked at again', () => {
    const texts = [
      pod(APP),
      pod('  containers: [{name: app, securityContext: {runAsUser: 1337}}]\n'),
      pod('  securityContext: {runAsGroup: 1337}\n  containers: [{name: app}]\n'),
      pod('  containers: [{name: app, ports: [{containerPort: 8080}]}]\n'),
      pod('  containers: [{name: app, ports: [{containerPort: 15001}]}]\n'),
      pod(APP, 'traffic.sidecar.istio.io/excludeOutboundPorts: "0"'),
      `${pod(APP)}status: {podIPs: [{ip: 10.0.0.1}, {ip: "2001:db8::1"}]}\n`,
    ];
    const gathering = lintGathering({ images: [] });
    for (const workload of texts.flatMap(workloadsIn)) gathering.workload(workload, NO_MESH);
    const { results, distinct } = gathering.report();
    expect(distinct).toBe(texts.length);
    expect(results.map(({ code }) => code).sort()).toEqual(['ip6-not-captured', 'port-of-istio', 'port-zero', 'proxy-group', 'proxy-user']);
  });
});

it('hostile names and values are told of on one line', () => {
  const [workload] = workloadsIn(
    pod(APP, '"traffic.sidecar.istio.io/\\u001b[31m\\nx": "", "__proto__": "x", "sidecar.istio.io/interceptionMode": "a\\nb"'),
  ) as [Workload];
  const { diagnostics } = lintWorkload(workload, { mesh: NO_MESH, images: [] });
  expect(diagnostics.map(({ code }) => code)).toEqual(['refused-by-injector', 'unknown-annotation']);
  for (const { text } of diagnostics) expect(text).not.toMatch(/\p{Cc}/u);
});
