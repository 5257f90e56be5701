import { describe, expect, it } from 'vitest';
import type { Mesh } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../../../../src/istio/kubernetes/mesh/read.ts';
import type { Sourced } from '../../../../src/istio/origin.ts';
import { printSource } from '../../../../src/istio/origin.ts';
import { formatProblem } from '../../../../src/istio/problems.ts';
import { configMaps, configMapsJson, HELM, HELM_JSON, indented, OPERATOR, SAIL } from './files.ts';

function read(...texts: readonly string[]): Mesh {
  return readMesh(texts.map((text, index) => ({ file: `${'abc'[index]}.yaml`, text })));
}

function problemsOf(...texts: readonly string[]): readonly string[] {
  return read(...texts).problems.map(formatProblem);
}

function texts(map: ReadonlyMap<string, Sourced<string>> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries([...(map ?? [])].map(([key, { value }]) => [key, value]).sort());
}

/** A mesh without places. */
function said(mesh: Mesh): unknown {
  return {
    values: texts(new Map([...mesh.values].filter(([key]) => key !== 'global.tag'))),
    ports: [mesh.proxyListenPort?.value, mesh.proxyInboundListenPort?.value],
    mode: mesh.defaultConfig?.interceptionMode?.value,
    metadata: texts(mesh.defaultConfig?.metadata),
    root: mesh.rootNamespace,
    release: mesh.release?.value.replace(/^v/, ''),
    problems: mesh.problems.map(formatProblem),
  };
}

/** Where a value stands. */
function places(mesh: Mesh): Readonly<Record<string, string>> {
  const all = [...[...mesh.values].filter(([key]) => key !== 'global.tag'), ...[...(mesh.defaultConfig?.metadata ?? [])]];
  return Object.fromEntries(all.map(([key, { source }]) => [key, printSource(source)]));
}

describe('the same mesh', () => {
  const whole = {
    values: {
      'global.logAsJson': 'true',
      'global.logging.level': 'default:debug',
      'global.proxy.excludeInboundPorts': '9090',
      'global.proxy.includeIPRanges': '10.0.0.0/8,192.168.0.0/16',
      'global.proxy.statusPort': '15020',
      'pilot.cni.enabled': 'true',
    },
    ports: ['15101', undefined],
    mode: 'TPROXY',
    metadata: { ISTIO_META_DNS_CAPTURE: 'true' },
    root: 'istio-root',
    release: '1.22.3',
    problems: [],
  };

  it.each([
    ['Helm values', HELM],
    ['Helm values in JSON', HELM_JSON],
    ['what helm get values prints', `USER-SUPPLIED VALUES:\n${HELM}`],
    ['Helm values with Windows line ends', HELM.replaceAll('\n', '\r\n')],
    ['values below defaults', `defaults:\n${indented(HELM, 2)}\n`],
    ['values below the newer name of defaults', `_internal_defaults_do_not_set:\n${indented(HELM, 2)}\n`],
    ['values of a chart of charts', `istiod:\n${indented(HELM, 2)}\nbase: {defaultRevision: default}\n`],
    ["Sail's Istio", SAIL],
    [
      "Sail's IstioRevision, in its older group",
      SAIL.replace('sailoperator.io/v1', 'sailoperator.io/v1alpha1').replace('kind: Istio', 'kind: IstioRevision'),
    ],
    ['the ConfigMaps of a cluster', configMaps()],
    ['the ConfigMaps of a revision in JSON', configMapsJson()],
    [
      'the ConfigMap of values',
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values-1-28}\ndata:\n  original-values: '{}'\n  merged-values: |-\n${indented(HELM_JSON, 4)}\n`,
    ],
  ])('is read from %s', (_, text) => {
    expect(said(read(text))).toEqual(whole);
  });

  it('is read from an IstioOperator, whose component stands for the values of all releases', () => {
    expect(said(read(OPERATOR))).toEqual({ ...whole, values: { ...whole.values, 'istio_cni.enabled': 'true' } });
  });

  it('is read from many documents and files', () => {
    const [globals, rest] = [HELM.slice(0, HELM.indexOf('pilot:')), HELM.slice(HELM.indexOf('pilot:'))];
    expect(said(read(`${globals}---\n${rest}`))).toEqual(whole);
    expect(said(read(rest, globals))).toEqual(whole);
  });

  it('is NO_MESH where nothing is said', () => {
    for (const text of ['', '---\n', '{}', 'null', 'USER-SUPPLIED VALUES:\nnull\n', 'global:\n']) expect(read(text)).toEqual(NO_MESH);
  });
});

describe('a bare MeshConfig', () => {
  it('is told by its keys', () => {
    const mesh = read('proxyListenPort: 15101\nproxyInboundListenPort: 15106\ndefaultConfig:\n  statusPort: 15999\n');
    expect(said(mesh)).toMatchObject({ ports: ['15101', '15106'], values: {}, problems: [] });
    expect(mesh.defaultConfig?.source).toMatchObject({ line: 4 });
  });

  it('is none where a key of the charts stands beside', () => {
    expect(texts(read('defaultConfig: {}\nglobal: {proxy: {statusPort: 1}}\n').values)).toEqual({ 'global.proxy.statusPort': '1' });
  });

  it("may have protobuf's own names, and numbers of modes", () => {
    expect(said(read('default_config: {interception_mode: 1}\nrootNamespace: r\n'))).toMatchObject({ mode: 'TPROXY' });
  });
});

describe('Helm values', () => {
  it.each([
    ['15020', '15020'],
    ['"15020"', '15020'],
    ['0x50', '80'],
    ['1e3', '1000'],
    ['010', '8'],
    ['0o17', '15'],
    ['1_000', '1000'],
    ['8080.0', '8080'],
    ['1234567', '1.234567e+06'],
    ['yes', 'true'],
    ['"yes"', 'yes'],
    ['80,443', '80,443'],
    ['"*"', '*'],
    ['""', ''],
  ])('print %s as %s, as Go does', (written, printed) => {
    expect(texts(read(`global: {proxy: {excludeInboundPorts: ${written.includes(',') ? `"${written}"` : written}}}`).values)).toEqual({
      'global.proxy.excludeInboundPorts': printed,
    });
  });

  it('of a later text beat those of an earlier one, each by itself; null takes one away', () => {
    const [first, second] = [
      'global: {proxy: {includeIPRanges: 10.0.0.0/8, excludeIPRanges: 10.1.0.0/16, excludeOutboundPorts: "1"}}',
      'global: {proxy: {includeIPRanges: 10.2.0.0/16, excludeOutboundPorts: null}}',
    ];
    const mesh = read(first, second);
    expect(texts(mesh.values)).toEqual({ 'global.proxy.includeIPRanges': '10.2.0.0/16', 'global.proxy.excludeIPRanges': '10.1.0.0/16' });
    expect(places(mesh)['global.proxy.includeIPRanges']).toBe('b.yaml:1:35');
    expect(texts(read(first, 'global: {proxy: null}').values)).toEqual({});
  });

  it('merge proxyMetadata by its keys, and null takes a key away', () => {
    const layer = (map: string): string => `meshConfig: {defaultConfig: {proxyMetadata: ${map}}}`;
    expect(texts(read(layer('{A: a, B: b, C: c}'), layer('{B: x, C: null}')).defaultConfig?.metadata)).toEqual({ A: 'a', B: 'x' });
  });

  it('are beaten by those above them in a chart of charts, and beat the defaults of their chart', () => {
    const text = `defaults: {global: {proxy: {statusPort: 1, includeIPRanges: 10.1.0.0/16, excludeIPRanges: 10.9.0.0/16}}}
istiod: {global: {proxy: {statusPort: 2, includeIPRanges: 10.2.0.0/16}}}
global: {proxy: {statusPort: 3}}
`;
    expect(texts(read(text).values)).toEqual({
      'global.proxy.statusPort': '3',
      'global.proxy.includeIPRanges': '10.2.0.0/16',
      'global.proxy.excludeIPRanges': '10.9.0.0/16',
    });
  });

  it('know only of resources whether there are any', () => {
    const resources = (text: string): string | undefined =>
      read(`global: {proxy_init: {resources: ${text}}}`).values.get('global.proxy_init.resources')?.value;
    expect([resources('{limits: {cpu: 1}}'), resources('{}')]).toEqual(['set', '']);
  });

  it('of an operator turn the CNI plugin on with a profile for OpenShift', () => {
    const spec = (profile: string): string => `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {profile: ${profile}}\n`;
    expect(texts(read(spec('openshift')).values)).toEqual({
      'global.platform': 'openshift',
      'istio_cni.enabled': 'true',
      'pilot.cni.enabled': 'true',
    });
    expect(texts(read(spec('demo')).values)).toEqual({});
  });

  it('tell no release by a tag of a build of ones own', () => {
    const mesh = read('global:\n  tag: my-build\n');
    expect(mesh.release).toBeUndefined();
    expect(mesh.problems.map(formatProblem)).toEqual([
      'a.yaml:2:8 warning: global.tag: "my-build" names no known release of Istio; name it with --release',
    ]);
    expect(read('global: {tag: 1.20.3-asm.17-distroless}').release?.value).toBe('1.20.3-asm.17-distroless');
  });
});

describe('the root namespace', () => {
  it('is that of Istio where the mesh names none', () => {
    expect(read('global: {istioNamespace: mesh}').rootNamespace).toBe('mesh');
    expect(read('global: {istioNamespace: mesh}\nmeshConfig: {rootNamespace: root}').rootNamespace).toBe('root');
    for (const kind of ['install.istio.io/v1alpha1\nkind: IstioOperator', 'sailoperator.io/v1\nkind: Istio'])
      expect(read(`apiVersion: ${kind}\nspec: {namespace: mesh}\n`).rootNamespace).toBe('mesh');
  });
});

describe('an IstioOperator', () => {
  it('has values that beat its own fields, and unvalidated ones that beat those', () => {
    const text = `kind: IstioOperator
spec:
  tag: 1.20.0
  components: {cni: {enabled: true}}
  unvalidatedValues: {global: {proxy: {statusPort: 3}}}
  values: {global: {tag: 1.21.0, proxy: {statusPort: 2}}, pilot: {cni: {enabled: false}}}
`;
    const mesh = read(text);
    expect([mesh.release?.value, mesh.values.get('pilot.cni.enabled')?.value, mesh.values.get('global.proxy.statusPort')?.value]).toEqual([
      '1.21.0',
      'false',
      '3',
    ]);
    expect(mesh.values.get('istio_cni.enabled')?.source).toMatchObject({ line: 4, column: 31, key: 'spec.components.cni.enabled' });
  });
});

describe("Sail's resources", () => {
  it('have a version that beats a tag', () => {
    const mesh = read('apiVersion: sailoperator.io/v1\nkind: Istio\nspec: {version: v1.24-latest, values: {global: {tag: 1.20.0}}}\n');
    expect(mesh.release).toMatchObject({ value: 'v1.24-latest', source: { line: 3, column: 17, key: 'spec.version' } });
  });

  it('install the CNI plugin, unless the values of istiod say otherwise', () => {
    const cni =
      'apiVersion: sailoperator.io/v1\nkind: IstioCNI\nmetadata: {name: default}\nspec: {version: v1.24.1, namespace: istio-cni}\n';
    expect(texts(read(cni).values)).toEqual({ 'istio_cni.enabled': 'true', 'pilot.cni.enabled': 'true' });
    expect(texts(read('pilot: {cni: {enabled: false}}', cni).values)).toMatchObject({ 'pilot.cni.enabled': 'false' });
    expect(read(cni).release).toBeUndefined();
  });
});

describe('positions', () => {
  it('are those of the values in Helm values', () => {
    expect(places(read(HELM))).toEqual({
      'global.proxy.includeIPRanges': 'a.yaml:4:22',
      'global.proxy.excludeInboundPorts': 'a.yaml:5:26',
      'global.proxy.statusPort': 'a.yaml:6:17',
      'global.logging.level': 'a.yaml:9:20',
      'global.logAsJson': 'a.yaml:10:14',
      'pilot.cni.enabled': 'a.yaml:14:14',
      ISTIO_META_DNS_CAPTURE: 'a.yaml:23:31',
    });
  });

  it('are not mixed from the ConfigMaps of two revisions', () => {
    const map = (name: string): string => `kind: ConfigMap\nmetadata: {name: ${name}}\ndata: {mesh: "rootNamespace: x"}\n`;
    expect(problemsOf(`${map('istio')}---\n${map('istio-canary')}`)).toEqual([
      'a.yaml:5:1 is a ConfigMap of the revision "canary", and those before are of the default: give the ConfigMaps of one revision',
    ]);
    expect(problemsOf(`${map('istio-canary')}---\n${map('istio-canary')}`)).toEqual([]);
  });

  it('are exact in the literal blocks of a ConfigMap', () => {
    const text = configMaps();
    const lines = text.split('\n');
    const at = (found: string): string => {
      const [, line, column] = found.split(':').map(Number);
      return (lines[(line ?? 0) - 1] ?? '').slice((column ?? 0) - 1);
    };
    const found = places(read(text));
    expect(Object.fromEntries(Object.entries(found).map(([key, place]) => [key, at(place)]))).toEqual({
      'global.proxy.includeIPRanges': '"10.0.0.0/8,192.168.0.0/16",',
      'global.proxy.excludeInboundPorts': '"9090",',
      'global.proxy.statusPort': '15020',
      'global.logging.level': '"default:debug"',
      'global.logAsJson': 'true',
      'pilot.cni.enabled': 'true',
      ISTIO_META_DNS_CAPTURE: '"true"',
    });
    expect(places(read(text.replaceAll('\n', '\r\n')))).toEqual(found);
  });

  it('are those of the whole text where it is quoted or folded', () => {
    const map = (mesh: string): string => `kind: ConfigMap\nmetadata: {name: istio}\ndata:\n  mesh: ${mesh}\n`;
    const port = (mesh: string): unknown => read(map(mesh)).proxyListenPort;
    expect(port('"rootNamespace: x\\nproxyListenPort: 15101\\n"')).toMatchObject({ value: '15101', source: { line: 4, column: 9 } });
    expect(port('>\n    {"rootNamespace": "x",\n    "proxyListenPort": 15101}')).toMatchObject({
      value: '15101',
      source: { line: 5, column: 1 },
    });
    expect(port('>\n    rootNamespace: x\n\n    proxyListenPort: 15101\n')).toMatchObject({
      value: '15101',
      source: { line: 5, column: 1 },
    });
    expect(port('|\n\n    rootNamespace: x\n\n    proxyListenPort: 15101\n')).toMatchObject({
      value: '15101',
      source: { line: 8, column: 22 },
    });
    expect(port('|2\n      rootNamespace: x\n      proxyListenPort: 15101\n')).toMatchObject({
      value: '15101',
      source: { line: 6, column: 24 },
    });
  });

  it('are told of what is no YAML within a text', () => {
    const text = 'kind: ConfigMap\nmetadata: {name: istio}\ndata:\n  mesh: |\n    rootNamespace: x\n    defaultConfig: [\n';
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^a\.yaml:(?:6|7):\d+ /)]);
  });
});

describe('what is wrong', () => {
  it.each([
    ['global: {proxy: {includeIPRanges: [10.0.0.0/8]}}', 'a.yaml:1:35 global.proxy.includeIPRanges: found a list, expected a text'],
    ['global: {proxy: [1]}', 'a.yaml:1:17 global.proxy: found a list, expected a mapping'],
    ['pilot: {cni: {enabled: "true"}}', 'a.yaml:1:24 pilot.cni.enabled: found "true", expected true or false without quotes'],
    [
      'meshConfig: {defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: true}}}',
      'a.yaml:1:70 meshConfig.defaultConfig.proxyMetadata.ISTIO_META_DNS_CAPTURE: found "true", expected a text in quotes',
    ],
    [
      'meshConfig: {defaultConfig: {interceptionMode: tproxy}}',
      'a.yaml:1:48 meshConfig.defaultConfig.interceptionMode: "tproxy" is not REDIRECT, TPROXY, NONE',
    ],
    ['meshConfig: {proxyListenPort: 99999}', 'a.yaml:1:31 meshConfig.proxyListenPort: "99999" is not a port (1 to 65535)'],
    [
      'global: {proxy: {excludeInboundPort: "80"}}',
      'a.yaml:1:18 warning: global.proxy.excludeInboundPort is not a value that Istio reads (did you mean global.proxy.excludeInboundPorts?)',
    ],
    [
      'global: {excludeIPRanges: 10.0.0.0/8}',
      'a.yaml:1:10 warning: global.excludeIPRanges is not a value that Istio reads (did you mean global.proxy.excludeIPRanges?)',
    ],
    [
      'global: {proxy: {includeOutboundIPRanges: "*"}}',
      'a.yaml:1:18 warning: global.proxy.includeOutboundIPRanges is not a value that Istio reads (did you mean global.proxy.includeIPRanges?)',
    ],
    ['global: {logAsJSON: true}', 'a.yaml:1:10 warning: global.logAsJSON is not a value that Istio reads (did you mean global.logAsJson?)'],
    ['global: {proxy: {includeIPRanges: *}}', expect.stringMatching(/^a\.yaml:1:\d+ /)],
    ['a: 1\n\tb: 2\n', expect.stringMatching(/^a\.yaml:2:\d+ /)],
    ['- 1\n', expect.stringContaining('a.yaml:1:1 the document: found a list, expected one of Helm values, ')],
    ['hello\n', expect.stringContaining('a.yaml:1:1 the document: found "hello", expected one of Helm values, ')],
    ['replicas: 3\n', expect.stringContaining('a.yaml:1:1 the document: found none of their keys, expected one of Helm values, ')],
    ['kind: ConfigMap\nmetadata: {name: istio}\ndata: {mesh: {a: b}}\n', 'a.yaml:3:14 data.mesh: found a mapping, expected a text'],
    ['kind: ConfigMap\nmetadata: {name: istio}\ndata: {mesh: hello}\n', 'a.yaml:3:14 data.mesh: found "hello", expected a mapping'],
    ['apiVersion: install.istio.io/v1alpha1\nkind: IstioOperater\n', expect.stringContaining('(did you mean IstioOperator?)')],
    [
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: coredns}\ndata: {mesh: "a: b"}\n',
      expect.stringContaining('"ConfigMap" is no kind'),
    ],
  ])('in %j is told with its place', (text, message) => {
    expect(problemsOf(text)).toEqual([message]);
  });

  it('is told of a manifest, once', () => {
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\n';
    expect(problemsOf(`${pod}---\n${pod}`)).toEqual(['a.yaml:2:7 Pod is a manifest, not what a mesh is installed with; give it with -f']);
  });

  it('is not told of keys that Istio has and nothing here depends on', () => {
    const text = `global:
  hub: docker.io/istio
  variant: distroless
  imagePullPolicy: Always
  network: n1
  proxy_init: {image: proxyv2}
  proxy: {image: proxyv2, privileged: false, logLevel: warning, tracer: zipkin, lifecycle: {}, startupProbe: {enabled: true}}
pilot: {env: {A: b}, cni: {provider: multus}, resources: {}}
revision: canary
meshConfig: {extensionProviders: [], defaultConfig: {tracing: {}, statsdUdpAddress: a, proxyAdminPort: 15000, concurrency: 2}}
sidecarInjectorWebhook: {templates: {}, defaultTemplates: [], rewriteAppHTTPProbe: true}
`;
    expect(problemsOf(text)).toEqual([]);
  });

  it('is an alias that stands for far more than its text', () => {
    const levels = Array.from(
      { length: 12 },
      (_, n) =>
        `  a${n}: &a${n} [${Array(9)
          .fill(n === 0 ? 'x' : `*a${n - 1}`)
          .join(',')}]`,
    );
    expect(problemsOf(`global:\n${levels.join('\n')}\n`)).toEqual([expect.stringContaining('aliases')]);
  });
});

describe('a dump of a cluster', () => {
  it('gives namespaces and ProxyConfigs, and passes over what is not for a mesh', () => {
    const text = `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio-injection: enabled}}}
- {apiVersion: v1, kind: Service, metadata: {name: web}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: coredns}, data: {config: "a: ["}}
- apiVersion: networking.istio.io/v1beta1
  kind: ProxyConfig
  metadata: {name: all, namespace: shop, creationTimestamp: "2024-01-01T00:00:00Z"}
  spec: {environmentVariables: {A: b}}
`;
    const mesh = read(text);
    expect(mesh.problems).toEqual([]);
    expect(mesh.namespaces.get('shop')?.labels.get('istio-injection')?.value).toBe('enabled');
    expect(mesh.proxyConfigs).toMatchObject([{ namespace: 'shop', name: 'all', created: '2024-01-01T00:00:00Z' }]);
  });
});
