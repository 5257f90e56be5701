import { describe, expect, it } from 'vitest';
import type { Mesh } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../../../../src/istio/kubernetes/mesh/read.ts';
import { formatProblem } from '../../../../src/istio/problems.ts';
import { configMaps, indented } from './files.ts';
import { TEMPLATE_RELEASES, templateOf } from './templates.ts';

function read(text: string): Mesh {
  return readMesh([{ file: 'cm.yaml', text }]);
}

/** The ConfigMaps of a cluster with a template, under the key that its release has. */
function cluster(template: string, more = ''): string {
  return configMaps(`policy: enabled\n${more}templates:\n  gateway: |\n    spec: {}\n  sidecar: |\n${indented(template, 4)}`);
}

function older(template: string): string {
  return configMaps(`policy: enabled\ntemplate: |-\n${indented(template, 2)}`);
}

function problemsOf(text: string): readonly string[] {
  return read(text).problems.map(formatProblem);
}

const NEWEST = templateOf('1.28');

const SELECTORS = `policy: enabled
alwaysInjectSelector:
  []
neverInjectSelector:
  []
injectedAnnotations:

`;

/** The `config` that the chart of a release writes: up to 1.8 one template, then several, with a text that makes older injectors fail. */
function configOf(release: string): string {
  const template = templateOf(release);
  if (['1.1', '1.5', '1.6'].includes(release)) return `${SELECTORS}template: |\n${indented(template, 2)}`;
  const mismatch = 'template: "{{ Template_Version_And_Istio_Version_Mismatched_Check_Installation }}"';
  const others = ['gateway', 'grpc-simple', 'grpc-agent', 'waypoint', 'kube-gateway'];
  const proxy = 'spec:\n  containers:\n  - name: istio-proxy\n    args: [proxy, router]';
  return `# defaultTemplates defines the default template to use for pods that do not explicitly specify a template
defaultTemplates: [sidecar]
${SELECTORS}${mismatch}
templates:
  sidecar: |
${indented(template, 4)}
${others.map((name) => `  ${name}: |\n${indented(proxy, 4)}`).join('\n')}`;
}

/** The only problem of a text, without what all have in common; each line that it names by the start of what stands there. */
function oddity(text: string): string {
  const [problem, ...more] = problemsOf(text);
  expect(more).toEqual([]);
  const lines = text.split('\n');
  return (problem ?? 'nothing')
    .replace(/^cm\.yaml:\d+:\d+ warning: the injection template is not Istio's own, and these changes of it are not followed: /, '')
    .replace(/\(line (\d+)\)/g, (_, line: string) => `<${(lines[Number(line) - 1] ?? '').trim().slice(0, 20)}>`);
}

describe('a stock template', () => {
  it.each(TEMPLATE_RELEASES)('of %s is no warning, in either form of the ConfigMap', (release) => {
    expect(problemsOf(cluster(templateOf(release)))).toEqual([]);
    expect(problemsOf(older(templateOf(release)))).toEqual([]);
  });

  it.each(TEMPLATE_RELEASES)('of %s is no warning in all that its chart writes, as a block or in one line', (release) => {
    const config = configOf(release);
    expect(problemsOf(configMaps(config))).toEqual([]);
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'istio-sidecar-injector' }, data: { config } };
    expect(problemsOf(JSON.stringify(map))).toEqual([]);
    const nonDefault = configMaps(config.replace('"-d"', '"-dd"'));
    expect(oddity(nonDefault)).toContain('"-dd" is passed');
  });

  it('beside several is not read by their injectors, whatever it is', () => {
    expect(problemsOf(cluster(NEWEST, 'template: "{{ x }}"\n'))).toEqual([]);
    expect(oddity(older('spec: {}'))).toBe('there is no istio-init with arguments <spec: {}>');
  });

  it('of the oldest releases gives the values that Helm wrote into it, with their places', () => {
    const text = older(templateOf('1.1'))
      .replaceAll('"includeIPRanges"', '"x"')
      .replaceAll('"excludeInboundPorts"', '"y"')
      .replaceAll('"statusPort"', '"z"');
    const { values } = read(text);
    const lines = text.split('\n');
    const at = (path: 'global.proxy.includeIPRanges' | 'global.proxy.excludeInboundPorts' | 'global.proxy.statusPort'): unknown => {
      const found = values.get(path);
      if (found?.source.kind !== 'file') return found;
      return [found.value, (lines[found.source.line - 1] ?? '').slice(found.source.column - 1).split(' ')[0]];
    };
    expect(at('global.proxy.includeIPRanges')).toEqual(['10.0.0.0/8', '"10.0.0.0/8"']);
    expect(at('global.proxy.excludeInboundPorts')).toEqual(['9090', '"9090"']);
    expect(at('global.proxy.statusPort')).toEqual(['15020', '15020']);
  });
});

describe('a changed template', () => {
  it.each([
    ['an argument more', '- "-d"', '- "-e"\n  - ""\n  - "-d"', '"-e" is passed <- "-e">'],
    [
      'a switch more',
      '- "--log_as_json"',
      '- "--log_as_json"\n  - "--capture-all-dns"',
      '"--capture-all-dns" is passed <- "--capture-all-dns>',
    ],
    ['another flag for a stock one', '- "-x"', '- "-xx"', '"-xx" is passed <- "-xx">; -x is not passed <- istio-iptables>'],
    [
      'another annotation',
      'excludeOutboundIPRanges',
      'skipOutboundIPRanges',
      '-x is made of "traffic.sidecar.istio.io/skipOutboundIPRanges" <- "{{ annotation .Ob>',
    ],
    [
      'another value',
      '.Values.global.proxy.includeIPRanges',
      '.Values.global.proxy.cidrs',
      '-i is made of ".Values.global.proxy.cidrs" <- "{{ annotation .Ob>',
    ],
    [
      'a label in place of a value',
      '.Values.global.proxy.excludeIPRanges',
      '(index .ObjectMeta.Labels `x`)',
      '-x is made of ".ObjectMeta.Labels" <- "{{ annotation .Ob>',
    ],
    ['a literal default', '.Values.global.proxy.includeIPRanges', '"10.0.0.0/8"', '-i has "10.0.0.0/8" in it <- "{{ annotation .Ob>'],
    ['ports more', '"15090,15021,{{', '"15090,15021,9000,{{', '-d is written as "15090,15021,9000," <- "15090,15021,9000,>'],
    ['another proxy', '"1337" {{ else }}', '"1338" {{ else }}', '-u is written as "1338" <- {{ if $tproxy }} ">'],
    ['another port', 'default "15006"', 'default "15106"', '-z has "15106" in it <- {{ .MeshConfig.Pro>'],
    [
      'another condition',
      '{{ if .Values.global.nativeNftables -}}',
      '{{ if .Values.global.mine -}}',
      '--native-nftables is made of ".Values.global.mine" <- "--native-nftables>',
    ],
    [
      'a variable',
      '  - name: {{ $key }}',
      '  - name: INVALID_DROP\n    value: "true"\n  - name: {{ $key }}',
      'the variable "INVALID_DROP" is set <- name: INVALID_DROP>',
    ],
    [
      'a shell around it',
      '  args:\n  - istio-iptables',
      '  command: ["sh", "-c"]\n  args:\n  - istio-iptables',
      '"[\\"sh\\", \\"-c\\"]" is passed <command: ["sh", "-c">',
    ],
    ['another program', '- istio-iptables', '- my-iptables', '"my-iptables" is passed <- my-iptables>'],
    ['a value written out', /"[^"]*includeOutboundIPRanges[^"]*"/, '"10.0.0.0/8"', '-i is written as "10.0.0.0/8" <- "10.0.0.0/8">'],
    ['all ranges written out', /"[^"]*includeOutboundIPRanges[^"]*"/, '"*"', '-i is written as "*" <- "*">'],
    [
      'a value and no annotation',
      'annotation .ObjectMeta `traffic.sidecar.istio.io/includeOutboundIPRanges` ',
      '',
      '-i is made of no annotation <- "{{ .Values.global>',
    ],
  ])('with %s is one warning that names it and its line', (_, stock, changed, what) => {
    const template = NEWEST.replace(stock, changed);
    expect(template).not.toBe(NEWEST);
    expect(oddity(cluster(template))).toBe(what);
  });

  it('with several changes is one warning at the first', () => {
    const text = cluster(NEWEST.replace('"15090,15021,{{', '"9,{{').replace('.Values.global.logAsJson', '.Values.x'));
    expect(oddity(text)).toBe('-d is written as "9," <- "9,{{ excludeInbou>; --log_as_json is made of ".Values.x" <- "--log_as_json">');
    expect(read(text).problems[0]?.source).toMatchObject({ line: text.split('\n').findIndex((line) => line.includes('"9,')) + 1 });
  });

  it('without istio-init is one warning', () => {
    expect(oddity(cluster('spec:\n  containers: []\n'))).toBe('there is no istio-init with arguments <spec:>');
  });

  it('in one line of JSON names the line of the template', () => {
    const template = NEWEST.replace('"15090,15021,{{', '"9,{{');
    const config = `policy: enabled\ntemplates:\n  sidecar: |\n${indented(template, 4)}\n`;
    const text = JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'istio-sidecar-injector' }, data: { config } });
    const line = template.split('\n').findIndex((written) => written.includes('"9,')) + 1;
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(new RegExp(`^cm\\.yaml:1:\\d+ warning: .* \\(line ${line} of the template\\)$`)),
    ]);
  });

  it('of any size and form is read in a moment', () => {
    const before = performance.now();
    for (const wild of [
      `- name: istio-init\n  args:\n  - ${'{{'.repeat(300_000)}`,
      '[['.repeat(300_000),
      `- name: istio-init\n  args:\n${'  - {{ if\n'.repeat(30_000)}`,
    ])
      read(cluster(wild));
    expect(performance.now() - before).toBeLessThan(5000);
  });
});

describe('templates by default', () => {
  it('besides the stock one are one warning', () => {
    expect(problemsOf(cluster(NEWEST, 'defaultTemplates: [sidecar]\n'))).toEqual([]);
    expect(oddity(cluster(NEWEST, 'defaultTemplates: [sidecar, mine]\n'))).toBe(
      'the template mine is laid over every pod <defaultTemplates: [s>',
    );
    expect(oddity(cluster(NEWEST, 'defaultTemplates: [mine]\n'))).toBe(
      'pods do not get the template sidecar by default <defaultTemplates: [m>; the template mine is laid over every pod <defaultTemplates: [m>',
    );
  });

  it('may stand under another name, and may leave the rules alone', () => {
    const spire = '  spire: |\n    spec: {containers: [{name: istio-proxy}]}\n';
    const config = (more: string): string => configMaps(`${more}templates:\n${spire}  sidecar: |\n${indented(NEWEST, 4)}`);
    expect(problemsOf(config('defaultTemplates: [sidecar, spire]\n'))).toEqual([]);
    expect(problemsOf(config('aliases: {both: [sidecar, spire]}\ndefaultTemplates: [both]\n'))).toEqual([]);
    expect(oddity(config('aliases: {both: [sidecar, mine]}\ndefaultTemplates: [both]\n'))).toBe(
      'the template mine is laid over every pod <defaultTemplates: [b>',
    );
    expect(oddity(config('defaultTemplates: [both]\n'))).toContain('pods do not get the template sidecar by default');
  });

  it('are looked for in Helm values too, and told once', () => {
    const values = 'sidecarInjectorWebhook:\n  defaultTemplates: [sidecar, mine]\n  templates: {other: "spec: {}"}\n';
    expect(oddity(values)).toBe('the template mine is laid over every pod <defaultTemplates: [s>');
    expect(problemsOf(`${values}---\n${cluster(NEWEST, 'defaultTemplates: [sidecar, mine]\n')}`)).toHaveLength(1);
    const own = `sidecarInjectorWebhook:\n  templates:\n    sidecar: |\n${indented(NEWEST.replace('"15090,15021,{{', '"9,{{'), 6)}\n`;
    expect(oddity(own)).toBe('-d is written as "9," <- "9,{{ excludeInbou>');
  });
});

describe('the templates that pods may choose', () => {
  const SPIRE = 'spec:\n  containers:\n  - name: istio-proxy\n';

  it('are all of a ConfigMap, each with whether it makes rules', () => {
    const { templates } = read(configMaps(`${configOf('1.28')}\n  mine: |\n${indented(NEWEST, 4)}\naliases: {both: [sidecar, mine]}`));
    expect(templates?.all).toBe(true);
    expect([...(templates?.aliases ?? [])]).toEqual([['both', ['sidecar', 'mine']]]);
    const making = [...(templates?.makeRules ?? [])].filter(([, makes]) => makes).map(([name]) => name);
    expect(making).toEqual(['sidecar', 'mine']);
    expect(templates?.makeRules.get('gateway')).toBe(false);
  });

  it('are not all of them in values, and none of a ConfigMap of old', () => {
    const { templates } = read(`sidecarInjectorWebhook:\n  templates:\n    spire: |\n${indented(SPIRE, 6)}\n`);
    expect([templates?.all, ...(templates?.makeRules ?? [])]).toEqual([false, ['spire', false]]);
    expect(read(configMaps(configOf('1.6'))).templates).toBeUndefined();
    expect(read('global: {}').templates).toBeUndefined();
  });
});
