import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ExplainedSetting, Explanation } from '../../../../src/istio/advice/explain.ts';
import { explain } from '../../../../src/istio/advice/explain.ts';
import { ANNOTATION_NAMES, ANNOTATIONS } from '../../../../src/istio/kubernetes/annotations.ts';
import type { Installer } from '../../../../src/istio/kubernetes/injection/injected.ts';
import { readManifest } from '../../../../src/istio/kubernetes/manifest/read.ts';
import type { ContextItem } from '../../../../src/istio/kubernetes/mesh/context.ts';
import { withContext } from '../../../../src/istio/kubernetes/mesh/context.ts';
import type { Mesh } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../../../../src/istio/kubernetes/mesh/read.ts';
import { injectionOf } from '../../../../src/istio/kubernetes/workload-injection.ts';
import { factsOfWorkload, planOfWorkload } from '../../../../src/istio/kubernetes/workload-plan.ts';
import { printSource } from '../../../../src/istio/origin.ts';
import { ProblemError } from '../../../../src/istio/problems.ts';
import type { SettingKey } from '../../../../src/istio/settings/settings.ts';
import { readYaml } from '../../../../src/istio/yaml.ts';

interface Given {
  /** Lines of annotations, each `name: value`; the first is in line 4. */
  readonly annotations?: readonly string[];
  readonly values?: string;
  readonly installer?: Installer;
  readonly sets?: readonly string[];
}

const TRAFFIC = 'traffic.sidecar.istio.io/';

function pod(annotations: readonly string[]): string {
  const lines = annotations.map((line) => `    ${line}\n`).join('');
  return `kind: Pod\nmetadata:\n  annotations:\n${lines}  name: cart\napiVersion: v1\nspec: {containers: [{name: app, image: shop}]}\n`;
}

function explainedText(text: string, release: string | undefined, { values, installer, sets = [] }: Given = {}): Explanation {
  const documents = readYaml(text);
  if ('reason' in documents) throw new Error(documents.reason);
  const items = documents.flatMap((document) => readManifest(document, 'p.yaml'));
  const item = items.find(({ kind }) => kind === 'workload');
  if (item?.kind !== 'workload') throw new Error('no workload');
  const context = items.filter(({ kind }) => kind === 'namespace' || kind === 'proxy config') as readonly ContextItem[];
  const mesh: Mesh = withContext(values === undefined ? NO_MESH : readMesh([{ file: 'v.yaml', text: values }]), ...context);
  const source = { kind: 'option', option: '--release' } as const;
  const at =
    release === undefined
      ? ({ kind: 'as found' } as const)
      : ({ kind: 'release', release: { value: release, source }, keepArguments: false } as const);
  const made = injectionOf(item.workload, { mesh, at, images: [], ...(installer === undefined ? {} : { installer }) });
  const plan = planOfWorkload(made, {}, sets);
  if (plan === undefined) throw new Error('no rules');
  return explain(plan, { kind: 'workload', made, mesh, sets }, factsOfWorkload(item.workload));
}

function explained(release: string, given: Given): Explanation {
  return explainedText(pod(given.annotations ?? []), release, given);
}

function settingIn({ settings }: Explanation, key: SettingKey): ExplainedSetting {
  const found = settings.find((setting) => setting.key === key);
  if (found === undefined) throw new Error(`${key} is not explained`);
  return found;
}

/** A value with its place, then those it beat: `80 (p.yaml:4:5 KEY)`. */
function chain(setting: ExplainedSetting): readonly string[] {
  return [{ value: setting.text, source: setting.source }, ...setting.over].map(({ value, source }) => {
    const key = source.kind === 'file' && source.key !== undefined ? ` ${source.key}` : '';
    return `${value} (${printSource(source)}${key})`;
  });
}

describe('a setting of a workload', () => {
  it('names its annotation by line and column, and the value of the mesh that it beat', () => {
    const found = explained('1.28.0', {
      annotations: [`${TRAFFIC}includeOutboundIPRanges: 10.0.0.0/8`],
      values: 'global: {proxy: {includeIPRanges: 172.16.0.0/12}}\n',
    });
    expect(chain(settingIn(found, 'outbound.includeRanges'))).toEqual([
      `10.0.0.0/8 (p.yaml:4:55 ${TRAFFIC}includeOutboundIPRanges)`,
      '172.16.0.0/12 (v.yaml:1:35 global.proxy.includeIPRanges)',
      '* (default injection of 1.28.0)',
    ]);
    expect(settingIn(found, 'outbound.includeRanges').passedAs).toBe('-i');
  });

  it('is what the mesh says where no annotation does', () => {
    const found = explained('1.28.0', { values: 'global: {proxy: {excludeOutboundPorts: "3306"}}\n' });
    expect(chain(settingIn(found, 'outbound.excludePorts'))).toEqual([
      '3306 (v.yaml:1:40 global.proxy.excludeOutboundPorts)',
      'none (default of istio-iptables 1.28.0)',
    ]);
  });

  it('is beaten by --set, and told as what was beaten', () => {
    const found = explained('1.28.0', { annotations: [`${TRAFFIC}excludeOutboundPorts: "1"`], sets: ['outbound.excludePorts=2'] });
    expect(chain(settingIn(found, 'outbound.excludePorts'))).toEqual([
      '2 (--set)',
      `1 (p.yaml:4:52 ${TRAFFIC}excludeOutboundPorts)`,
      'none (default of istio-iptables 1.28.0)',
    ]);
    expect(settingIn(found, 'outbound.excludePorts').passedAs).toBeUndefined();
  });

  it('comes from the variable that proxyMetadata makes, over that of the mesh', () => {
    const found = explained('1.28.0', {
      annotations: ['proxy.istio.io/config: "{proxyMetadata: {ISTIO_DUAL_STACK: \'true\'}}"'],
      values: 'meshConfig: {defaultConfig: {proxyMetadata: {ISTIO_DUAL_STACK: "false"}}}\n',
    });
    const dual = settingIn(found, 'dualStack');
    expect(dual).toMatchObject({
      text: 'true',
      passedAs: 'ISTIO_DUAL_STACK',
      effect: { kind: 'none', because: 'no IPv6 address of the pod is known' },
    });
    expect(chain(dual).slice(1)).toEqual([expect.stringMatching(/^false \(v\.yaml:1:\d+ /), 'false (default of istio-iptables 1.28.0)']);
  });

  it('has no effect where the annotation beside it takes that', () => {
    const found = explained('1.28.0', { annotations: [`${TRAFFIC}includeInboundPorts: "8080"`, `${TRAFFIC}excludeInboundPorts: "9100"`] });
    expect(settingIn(found, 'inbound.excludePorts')).toMatchObject({
      text: '15090, 15021, 9100, 15020',
      source: { line: 5, key: `${TRAFFIC}excludeInboundPorts` },
      effect: { kind: 'none', because: 'it counts only where all inbound ports are captured, and inbound.includePorts is a list' },
    });
  });
});

describe('what an injector was told and does not pass on', () => {
  const unused = (release: string, given: Given): readonly string[] =>
    explained(release, given).ignored.map(({ name, value, because }) => `${name}=${value}: ${because}`);
  const LATER = [`${TRAFFIC}includeOutboundPorts: "443"`, `${TRAFFIC}excludeInterfaces: net1`, 'istio.io/reroute-virtual-interfaces: net2'];

  it('is told with the release that began to pass it', () => {
    expect(unused('1.6.14', { annotations: LATER })).toEqual([
      `${TRAFFIC}includeOutboundPorts=443: the injector of Istio 1.6.14 does not pass it; that came with 1.7`,
      `${TRAFFIC}excludeInterfaces=net1: the injector of Istio 1.6.14 does not pass it; that came with 1.15`,
      'istio.io/reroute-virtual-interfaces=net2: the injector of Istio 1.6.14 does not pass it; that came with 1.25',
    ]);
    expect(unused('1.28.0', { annotations: LATER })).toEqual([]);
  });

  it('is told of values of the mesh as well', () => {
    const values =
      'global: {nativeNftables: true, proxy: {includeInboundPorts: "80"}}\nmeshConfig: {proxyListenPort: 15011, proxyInboundListenPort: 15016}\n';
    expect(unused('1.12.1', { values })).toEqual([
      'global.nativeNftables=true: the injector of Istio 1.12.1 does not pass it; that came with 1.27',
      'global.proxy.includeInboundPorts=80: the injector of Istio 1.12.1 does not pass it; that came with 1.12.2',
      'meshConfig.proxyInboundListenPort=15016: the injector of Istio 1.12.1 does not pass it; that came with 1.18',
    ]);
    expect(unused('1.27.3', { values })).toEqual([]);
    expect(unused('1.27.3', { values: values.replace('true', 'false') })).toEqual([]);
  });

  it('is what the CNI plugin does not read', () => {
    expect(unused('1.16.7', { annotations: [`${TRAFFIC}excludeInterfaces: net1`], installer: 'cni' })).toEqual([
      `${TRAFFIC}excludeInterfaces=net1: the CNI plugin of Istio 1.16.7 does not read it`,
    ]);
    expect(unused('1.17.0', { annotations: [`${TRAFFIC}excludeInterfaces: net1`], installer: 'cni' })).toEqual([]);
  });

  it('is no variable that the plugin reads, though it hands none of them on', () => {
    const metadata = '{"ISTIO_META_DNS_CAPTURE": "true", "INVALID_DROP": "false", "ISTIO_DUAL_STACK": "true"}';
    const annotations = [`proxy.istio.io/config: '{"proxyMetadata": ${metadata}}'`];
    const names = (release: string): readonly string[] =>
      explained(release, { annotations, installer: 'cni' }).ignored.map(({ name }) => name);
    expect(names('1.28.0')).toEqual([]);
    expect(names('1.12.9')).toEqual(['ISTIO_DUAL_STACK']);
    expect(names('1.9.0')).toEqual(['INVALID_DROP', 'ISTIO_DUAL_STACK', 'ISTIO_META_DNS_CAPTURE']);
  });

  it('is no annotation that says what stands there anyway, and none that only joins a list', () => {
    const annotations = [
      `${TRAFFIC}includeInboundPorts: "*"`,
      'status.sidecar.istio.io/port: "9090"',
      `${TRAFFIC}excludeOutboundIPRanges: ""`,
    ];
    expect(unused('1.28.0', { annotations })).toEqual([]);
  });

  it('is a variable that the program of the release does not read', () => {
    const annotations = ["proxy.istio.io/config: \"{proxyMetadata: {INVALID_DROP: 'true', OTHER: 'x'}}\""];
    expect(unused('1.11.8', { annotations })).toEqual(['INVALID_DROP=true: istio-iptables 1.11.8 ignores it']);
    expect(unused('1.28.0', { annotations })).toEqual([]);
  });
});

describe('a pod that is injected', () => {
  const text = [
    'apiVersion: v1',
    'kind: Pod',
    `metadata: {name: cart, annotations: {${TRAFFIC}includeOutboundPorts: "443"}}`,
    'spec:',
    '  containers: [{name: istio-proxy, image: "istio/proxyv2:1.12.9"}]',
    '  initContainers:',
    '    - name: istio-init',
    '      image: istio/proxyv2:1.12.9',
    '      args:',
    '        - istio-iptables',
    '        - -p',
    '        - "15001"',
    '        - -b',
    '        - "*"',
    '        - -d',
    '        - "15090,9100"',
    '',
  ].join('\n');

  it('has the settings of its arguments, each with its line and flag, over the default of the program', () => {
    const found = explainedText(text, undefined);
    expect(found.plan.release).toBe('1.12.9');
    const ports = settingIn(found, 'inbound.excludePorts');
    expect(ports).toMatchObject({ text: '15090, 9100', passedAs: '-d', source: { file: 'p.yaml', line: 16 } });
    expect(ports.over.map(({ source }) => printSource(source))).toEqual(['default of istio-iptables 1.12.9']);
    expect(settingIn(found, 'inbound.includePorts').effect).toEqual({ kind: 'same' });
    expect(settingIn(found, 'proxy.inboundPort').effect).toEqual({ kind: 'default' });
  });

  it('has in vain what its arguments know nothing of: an annotation that its injector did not pass, or that came later', () => {
    const unused = (before: string, after: string): readonly string[] =>
      explainedText(text.replace(before, after), undefined).ignored.map(({ name, because }) => `${name}: ${because}`);
    expect(unused('', '')).toEqual([`${TRAFFIC}includeOutboundPorts: the pod was injected without it: its arguments have no -q`]);
    expect(unused('includeOutboundPorts: "443"', 'excludeInterfaces: net1')).toEqual([
      `${TRAFFIC}excludeInterfaces: the injector of Istio 1.12.9 does not pass it; that came with 1.15`,
    ]);
    expect(unused('includeOutboundPorts: "443"', 'excludeInboundPorts: "9200"')).toEqual([
      `${TRAFFIC}excludeInboundPorts: the pod was injected without it: its arguments have -d 15090,9100`,
    ]);
    expect(unused('includeOutboundPorts: "443"', 'excludeInboundPorts: "9100"')).toEqual([]);
  });

  it('has the line of a word that is a flag and its value', () => {
    const found = explainedText(text.replace('- -d\n        - "15090,9100"', '- "-d15090,9100"'), undefined);
    expect(settingIn(found, 'inbound.excludePorts')).toMatchObject({ text: '15090, 9100', source: { file: 'p.yaml', line: 15 } });
  });

  it('has nothing in vain that its arguments have by a long flag', () => {
    const unused = (flag: string, asked: string): readonly string[] =>
      explainedText(
        text.replace('includeOutboundPorts: "443"', `excludeInboundPorts: "${asked}"`).replace('- -d', `- ${flag}`),
        undefined,
      ).ignored.map(({ name, because }) => `${name}: ${because}`);
    expect(unused('--istio-local-exclude-ports', '9100')).toEqual([]);
    expect(unused('--istio-local-exclude-ports', '9200')).toEqual([
      `${TRAFFIC}excludeInboundPorts: the pod was injected without it: its arguments have -d 15090,9100`,
    ]);
  });

  it('has a variable that the long flag beats', () => {
    const given = text
      .replace('      args:', '      env: [{name: ISTIO_LOCAL_EXCLUDE_PORTS, value: "80"}]\n      args:')
      .replace('- -d', '- --istio-local-exclude-ports')
      .replace('includeOutboundPorts: "443"', '');
    expect(explainedText(given, undefined).ignored.map(({ name, because }) => `${name}: ${because}`)).toEqual([
      'ISTIO_LOCAL_EXCLUDE_PORTS: overridden by the argument',
    ]);
  });
});

/** The cases of golden/manifests are explained at these by turns. */
const RELEASES = ['1.2.10', '1.6.14', '1.12.1', '1.28.0'];
const GOLDEN = new URL('../../../../golden/manifests/', import.meta.url);
const CASES = readdirSync(GOLDEN, { withFileTypes: true }).filter((entry) => entry.isDirectory());
// Ports join the list of another value, and what is said of the log is no setting of ours.
const ELSEWHERE = ['status.sidecar.istio.io/port', 'sidecar.istio.io/agentLogLevel'];

describe('of no annotation in the golden manifests nothing is said', () => {
  let explainedCases = 0;
  it.each(CASES.map(({ name }, index) => [name, RELEASES[index % RELEASES.length] ?? ''] as const))('%s at %s', (name, release) => {
    const text = readFileSync(new URL(`${name}/input.yaml`, GOLDEN), 'utf8');
    let found: Explanation;
    try {
      found = explainedText(text, release);
    } catch (error) {
      // What is refused, or gets no rules, has nothing to explain.
      expect(error).toSatisfy((one) => one instanceof ProblemError || (one instanceof Error && one.message === 'no rules'));
      return;
    }
    explainedCases += 1;
    const { basis } = found;
    if (basis.kind !== 'workload') throw new Error('no workload');
    const { annotations } = basis.made.workload.pod;
    const told = [
      ...found.settings.flatMap(({ source, over }) => [source, ...over.map((other) => other.source)]),
      ...found.ignored.map(({ source }) => source),
    ].map((source) => (source.kind === 'file' ? source.key : undefined));
    const given = ANNOTATION_NAMES.map((short) => ANNOTATIONS[short].key).filter((key) => annotations.has(key));
    expect(given.filter((key) => !told.includes(key) && !ELSEWHERE.includes(key))).toEqual([]);
  });

  it('and most of them have something to explain', () => {
    expect(explainedCases).toBeGreaterThan(CASES.length / 2);
  });
});
