import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceOptions } from '../../src/cli/options.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { ProblemError } from '../../src/istio/problems.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import { planInput } from '../../src/sources/plan-input.ts';
import type { Run } from '../cli/program.ts';
import { expectRefused, run, scratchFolder } from '../cli/program.ts';
import { DEFAULT_POD } from '../default-pod.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const here = (args: readonly string[], input?: string): Promise<Run> =>
  run(args, { cwd: folder.path, ...(input === undefined ? {} : { input }) });

/** A pod with lines of metadata and of spec. */
function pod(name: string, metadata: readonly string[] = [], spec: readonly string[] = []): string {
  const lines = [
    'apiVersion: v1',
    'kind: Pod',
    'metadata:',
    `  name: ${name}`,
    ...metadata,
    'spec:',
    '  containers: [{name: app, image: shop}]',
    ...spec,
  ];
  return `${lines.join('\n')}\n`;
}

const annotated = (text: string): readonly string[] => [`  annotations: {${text}}`];
const EXCLUDED = annotated('traffic.sidecar.istio.io/excludeOutboundPorts: "3306"');
const CART = pod('cart', EXCLUDED);
const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: {name: cart}\n';
const JSON_LIST = JSON.stringify({
  apiVersion: 'v1',
  items: [
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'cart' } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'cart', annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '3306' } },
      spec: { containers: [{ name: 'app', image: 'shop' }] },
    },
  ],
  kind: 'List',
});
const ARGUMENTS = [...DEFAULT_POD, '-o', '3306'];
const RULES = printRestore(planFromArguments(ARGUMENTS, { release: '1.28.0' }).ip);

beforeAll(() => {
  folder.write('pod.yaml', CART);
  folder.write('list.json', JSON_LIST);
  folder.write(
    'several.yaml',
    [
      SERVICE,
      CART,
      pod('orders'),
      pod('cart').replace('kind: Pod', 'kind: Pod\n# other').replace('name: cart', 'name: cart\n  namespace: old'),
    ].join('---\n'),
  );
  mkdirSync(join(folder.path, 'manifests'));
  folder.write('manifests/a.yaml', SERVICE);
  folder.write('manifests/b.yml', CART);
  folder.write('sidecar.yaml', 'apiVersion: istio-init/v1\nkind: SidecarCapture\noutbound: {excludePorts: [3306]}\n');
  folder.write('host.yaml', pod('agent', [], ['  hostNetwork: true']));
  folder.write('rules.txt', RULES);
});

describe.concurrent('one workload is a plan like any other', () => {
  const trace = ['--from', 'app', '--to', '10.0.0.5:3306', '--expect', 'direct'];

  it.each<[string, readonly string[], string?]>([
    ['a pod', ['-f', 'pod.yaml']],
    ['a pod as SOURCE', ['pod.yaml']],
    ['a list of JSON on one line', ['-f', 'list.json']],
    ['a list of JSON as SOURCE', ['list.json']],
    ['a folder', ['-f', 'manifests']],
    ['a folder as SOURCE', ['manifests']],
    ['standard input', ['-f', '-'], CART],
    ['standard input as SOURCE', ['-'], JSON_LIST],
    ['several files', ['-f', 'host.yaml', '-f', 'pod.yaml', '--workload', 'cart']],
    ['a release of its own', ['pod.yaml@1.12']],
    ['settings of ours', ['-f', 'sidecar.yaml']],
  ])('from %s', async (_, args, input) => {
    const { exitCode, stdout } = await here(['trace', ...args, ...trace], input);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Outbound port 3306 is left alone.');
  });

  it('which check holds rules against', async () => {
    const { exitCode, stdout, stderr } = await here(['check', 'rules.txt', '-f', 'pod.yaml', '--release', '1.28.0']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining('none, against Istio 1.28.0, Pod default/cart') });
    expect(stderr).toContain('note: Pod default/cart of pod.yaml:1:1, as it would be injected by Istio 1.28.0 (--release)\n');
  });

  it('which check names in the commands it advises', async () => {
    const { exitCode, stdout } = await here([
      'check',
      'rules.txt',
      '-f',
      'several.yaml',
      '--workload',
      'orders',
      '--release',
      '1.28.0',
      '--installer',
      'init',
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('istio-init diff rules.txt -f several.yaml --workload orders --installer init --release 1.28.0');
  });

  it.each(['-', '-f -'])('with what stands beside it, before or behind: %s', async (source) => {
    const config =
      'apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: p}\nspec: {environmentVariables: {INVALID_DROP: "true"}}\n';
    const { stdout } = await here(['explain', ...source.split(' '), '-o', 'json'], `${CART}---\n${config}`);
    expect(JSON.parse(stdout)).toMatchObject({ of: { environment: { INVALID_DROP: 'true' } } });
  });

  it('of which it is said on standard error whose plan it is, and what was passed over', async () => {
    const { stderr } = await here(['explain', '-f', 'list.json', '--release', '1.28.0']);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^note: Pod default\/cart of list\.json:1:\d+, as it would be injected by Istio 1\.28\.0 \(--release\)$/),
      'note: without pods, so ignored: 1 Service',
      '',
    ]);
  });
});

describe.concurrent('of several workloads', () => {
  const explained = async (...args: readonly string[]): Promise<unknown> => {
    const { stdout } = await here(['explain', '-f', 'several.yaml', '-o', 'json', ...args]);
    const { of } = JSON.parse(stdout) as { readonly of: { readonly workload: Readonly<Record<string, unknown>> } };
    return `${of.workload['namespace']}/${of.workload['name']}`;
  };

  it('each is explained, those of the same rules once', async () => {
    const { exitCode, stdout, stderr } = await here(['explain', '-f', 'several.yaml', '-o', 'json']);
    const { groups } = JSON.parse(stdout) as { readonly groups: readonly { readonly examples: readonly { readonly name: string }[] }[] };
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/^note: 3 workloads, 2 rule sets\n/)]);
    expect(groups.map(({ examples }) => examples.map(({ name }) => name))).toEqual([
      ['Pod default/orders', 'Pod old/cart'],
      ['Pod default/cart'],
    ]);
  });

  it('one is chosen by as much of its name as tells it', async () => {
    expect(await explained('--workload', 'Pod/default/cart')).toBe('default/cart');
    expect(await explained('--workload', 'old/cart')).toBe('old/cart');
    expect(await explained('--workload', 'pod/orders')).toBe('default/orders');
    expect(await explained('--workload', 'orders')).toBe('default/orders');
  });

  it('the beginning of a name will do where it is that of one, and kinds may be short or plural', async () => {
    expect(await explained('--workload', 'Pod/default/order')).toBe('default/orders');
    expect(await explained('--workload', 'po/ord')).toBe('default/orders');
    expect(await explained('--workload', 'pods/orders')).toBe('default/orders');
    expect(await explained('--workload', 'Pod default/orders')).toBe('default/orders');
    expectRefused(
      await here(['explain', '-f', 'several.yaml', '--workload', 'default/']),
      '--workload "default/" is the beginning of Pod/default/cart and Pod/default/orders; say which, as Pod/default/cart',
    );
  });

  it('the file names it as well', async () => {
    const { stdout } = await here(['explain', 'several.yaml#old/cart', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ of: { workload: { namespace: 'old' } } });
    const [before, after] = [await here(['explain', 'several.yaml@1.20#orders']), await here(['explain', 'several.yaml#orders@1.20'])];
    expect(after).toEqual({ ...before, stdout: before.stdout.replace('several.yaml@1.20#orders', 'several.yaml#orders@1.20') });
    expect(before.stdout).toMatch(/^Istio 1\.20\.\d+, Pod default\/orders\n/);
    folder.write('odd#name.yaml', CART);
    expect((await here(['explain', 'odd#name.yaml'])).stdout).toContain('Pod default/cart');
    expectRefused(await here(['explain', 'several.yaml#orders', '--workload', 'cart']), '--workload: the source names "orders" already');
  });

  it('a name in two namespaces is both; where one plan is needed, they are named', async () => {
    const { stdout } = await here(['explain', '-f', 'several.yaml', '--workload', 'cart']);
    expect(stdout.match(/^==> .*$/gm)).toEqual([
      '==> 1 workload: Pod default/cart (several.yaml:5:1)',
      '==> 1 workload: Pod old/cart (several.yaml:20:1)',
    ]);
    expectRefused(
      await here(['probe', '-f', 'several.yaml', '--workload', 'cart']),
      '--workload "cart" may be Pod/default/cart or Pod/old/cart; say which, as Pod/default/cart',
    );
  });

  it('the nearest to what is not there is found by as much of its name as was given', async () => {
    expectRefused(
      await here(['explain', '-f', 'several.yaml', '--workload', 'odrers']),
      '--workload "odrers" is not in several.yaml, which holds 3 workloads (Pod/default/cart, Pod/default/orders, Pod/old/cart) (did you mean orders?)',
    );
  });

  it.each([
    [5, 'holds 5 workloads (Pod/shop/service-0, Pod/shop/service-1, Pod/shop/service-2, Pod/shop/service-3, Pod/shop/service-4); choose'],
    [
      12,
      'holds 12 workloads (service-0, service-1, service-2, service-3, service-4, service-5, service-6, service-7, service-8, service-9, service-10, service-11); choose',
    ],
    [40, 'service-13 and 26 more: preview -o json names all); choose'],
  ])('of %s, however many are alike, all are named that there is room for, and where the others are', async (count, words) => {
    const of = (index: number): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: service-${index}, namespace: shop, annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: "${1 + (index % 2)}"}}\nspec: {containers: [{name: app, image: app}]}\n`;
    const file = folder.write(`services-${count}.yaml`, Array.from({ length: count }, (_, index) => of(index)).join('---\n'));
    const { exitCode, stderr } = await here(['probe', '-f', file]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    const { groups } = JSON.parse((await here(['preview', file, '-o', 'json'])).stdout) as {
      groups: readonly { names: readonly string[] }[];
    };
    expect(groups.flatMap(({ names }) => names)).toHaveLength(count);
  });

  it('names that two namespaces have are not shortened', async () => {
    const pods = ['shop', 'old'].flatMap((namespace) =>
      ['a', 'b', 'c', 'd'].map(
        (name) =>
          `apiVersion: v1\nkind: Pod\nmetadata: {name: service-of-team-${name}, namespace: ${namespace}, annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: "${name.charCodeAt(0)}"}}\nspec: {containers: [{name: app, image: app}]}\n`,
      ),
    );
    const file = folder.write('twice.yaml', pods.join('---\n'));
    expect((await here(['probe', '-f', file])).stderr).toContain('holds 8 workloads (Pod/shop/service-of-team-a, ');
    const single = folder.write('picture.yaml', pods.slice(0, 4).join('---\n'));
    expect((await here(['explain', single, '-o', 'svg'])).stderr).toContain(
      'svg shows one thing, and there are 4 workloads (Pod/shop/service-of-team-a, Pod/shop/service-of-team-b, Pod/shop/service-of-team-c, Pod/shop/service-of-team-d); choose with --workload NAME',
    );
  });

  it('a folder as SOURCE is read as -f reads it, one empty file or not', async () => {
    mkdirSync(join(folder.path, 'some'));
    folder.write('some/a.yaml', CART);
    folder.write('some/empty.yaml', '');
    const [named, given] = await Promise.all([
      here(['explain', 'some', '--workload', 'cart']),
      here(['explain', '-f', 'some', '--workload', 'cart']),
    ]);
    expect(named).toEqual(given);
  });

  it('an image of an unknown patch is of the newest known one, with a warning', async () => {
    const { stderr } = await here(['explain', '-f', 'pod.yaml', '--image-release', '*/x=1.20.99']);
    expect(stderr).toContain('--image-release warning: 1.20.99 is not known; 1.20.8, the newest known patch, is used\n');
  });

  it('a broken document beside does no harm, and is named', async () => {
    const text = `${CART}---\na: [1\n---\n${pod('orders')}`;
    const file = folder.write('broken.yaml', text);
    const named = await here(['explain', '-f', file, '--workload', 'orders']);
    expect(named).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^istio-init: explain: broken\.yaml:1\d:\d+ /m) });
    const piped = await here(['explain', '-', '--workload', 'orders'], text);
    expect(piped).toEqual({ ...named, stdout: expect.any(String), stderr: named.stderr.replaceAll('broken.yaml', 'standard input') });
  });
});

describe.concurrent('a workload that gets no rules', () => {
  const WHY = 'Pod default/agent gets no rules: it is in the network of its node (host.yaml:7:16)';

  it('has a plan without rules, and the reason on standard error', async () => {
    const { exitCode, stdout, stderr } = await here([
      'trace',
      '-f',
      'host.yaml',
      '--from',
      'app',
      '--to',
      '10.0.0.5:80',
      '--expect',
      'direct',
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: `note: ${WHY}\n` });
    expect(stdout).toContain('no rule matches');
  });

  it('is explained by that reason alone', async () => {
    const { stdout } = await here(['explain', '-f', 'host.yaml', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      of: { without: { reason: 'host network', source: { text: 'host.yaml:7:16' } } },
      settings: [],
      rules: [],
    });
  });

  it('is nothing to apply', async () => {
    const { exitCode, stdout, stderr } = await here(['apply', '--here', '--dry-run', '-f', 'host.yaml']);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `istio-init: apply: -f ${WHY}; there is nothing to apply (clean removes rules)\n`,
    });
  });

  it.each([
    [
      'none.yaml',
      pod('a', annotated('sidecar.istio.io/interceptionMode: NONE')),
      'its interception mode is NONE (none.yaml:5:52 sidecar.istio.io/interceptionMode)',
    ],
    [
      'no.yaml',
      pod('a', annotated('sidecar.istio.io/inject: "false"')),
      'it asks not to be injected (no.yaml:5:42 sidecar.istio.io/inject)',
    ],
  ])('says where that stands: %s', async (name, text, why) => {
    folder.write(name, text);
    const { stdout } = await here(['explain', '-f', name]);
    expect(stdout).toContain(`rules: none: ${why}\n`);
  });
});

describe.concurrent('a bad manifest is refused in one line that says where', () => {
  it.each<[string, string, string]>([
    [
      'values.yaml',
      'global:\n  proxy: {statusPort: 1}\n',
      'values.yaml:1:1 Helm values (global) holds what a mesh is installed with, no workload; give it with --values',
    ],
    [
      'operator.yaml',
      'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {}\n',
      'operator.yaml:2:7 an IstioOperator holds what a mesh is installed with, no workload; give it with --values',
    ],
    [
      'number.yaml',
      pod('a', annotated('traffic.sidecar.istio.io/excludeInboundPorts: 80')),
      'number.yaml:5:63 traffic.sidecar.istio.io/excludeInboundPorts: "80" is a number, and Kubernetes takes only strings here: quote it',
    ],
    [
      'refused.yaml',
      pod('a', annotated('traffic.sidecar.istio.io/excludeInboundPorts: "80a"')),
      'refused.yaml:5:63 traffic.sidecar.istio.io/excludeInboundPorts: "80a" is not a port (0 to 65535), in a list with commas',
    ],
    ['twice.yaml', pod('a', annotated('a: "1", a: "2"')), 'twice.yaml:5:25 "a" stands here a second time; the first is at line 5'],
    ['tab.yaml', pod('a', ['\tlabels: {}']), 'tab.yaml:5:1 a tab stands in the indentation; YAML takes only spaces there'],
    ['service.yaml', SERVICE, 'service.yaml holds no workload and no SidecarCapture, only 1 Service'],
    [
      'misspelt.yaml',
      'kind: Deploymnt\napiVersion: apps/v1\nmetadata: {name: x}\n',
      'misspelt.yaml holds no workload and no SidecarCapture, only 1 Deploymnt (did you mean Deployment?)',
    ],
    [
      'image.yaml',
      pod('a', [], ['  initContainers: [{name: istio-init, image: "shop/proxyv2:custom", args: [istio-iptables, -p, "15001"]}]']),
      'image.yaml:7:46 the image "shop/proxyv2:custom" names no release of Istio; name it, as --image-release PATTERN=1.20.3',
    ],
  ])('%s', async (name, text, line) => {
    folder.write(name, text);
    const file = join(folder.path, name);
    const refused = planInput(sourceOptions({ filename: file })).then(String, (error: unknown) =>
      error instanceof ProblemError ? error.message : error,
    );
    expect(await refused).toBe(line.replaceAll(name, file));
  });

  it('with exit code 2 and nothing on standard output', async () => {
    folder.write('v.yaml', 'global: {}\n');
    expectRefused(
      await here(['explain', '-f', 'v.yaml']),
      'v.yaml:1:1 Helm values (global) holds what a mesh is installed with, no workload; give it with --values',
    );
  });

  it('and of those behind the first 200 that there are more', async () => {
    folder.write('tabs.yaml', `kind: Service\napiVersion: v1\n---\n${'a:\n\t- b\n---\n'.repeat(250)}`);
    const { exitCode, stderr } = await here(['explain', '-f', 'tabs.yaml']);
    const lines = stderr.trimEnd().split('\n');
    expect([exitCode, lines.length]).toEqual([2, 201]);
    expect(lines.slice(-2)).toEqual([
      'istio-init: explain: tabs.yaml:602:1 a tab stands in the indentation; YAML takes only spaces there',
      'istio-init: explain: tabs.yaml:605:1 only the first 200 problems are reported, and there are more from here on',
    ]);
  });

  it('a broken one where it is the only one', async () => {
    folder.write('open.yaml', pod('a', ['  labels: {a']));
    const { exitCode, stdout, stderr } = await here(['explain', '-f', 'open.yaml']);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^istio-init: \w+: open\.yaml:\d+:\d+ [^\n]+\n$/),
    });
  });
});

describe.concurrent('options that do not go together are refused', () => {
  it.each<[readonly string[], string]>([
    [['trace', '-', '-f', '-', '--from', 'app', '--to', '10.0.0.1:80'], '--filename - is one too many: - is named already'],
    [['explain', '-', '-f', 'pod.yaml'], '--filename pod.yaml is one too many: - is named already'],
    [['preview', '-', '--values', '-'], '- standard input can be read once; put one of the two in a file'],
    [['preview', '-f', '-', '--values', '-'], '- standard input can be read once; put one of the two in a file'],
    [['diff', '-', '@1.28', '--values', '-'], '- standard input can be read once; put one of the two in a file'],
    [['check', '-', '-f', '-'], '- standard input can be read once; put one of the two in a file'],
    [['explain', '-f', 'pod.yaml', '--', '-p', '15001'], '-- arguments and settings (-f, --set) do not go together'],
    ...['lint', 'audit', 'clean', 'explorer', 'changes'].map((command): [string[], string] => [
      [command, '--', '-p', '15001'],
      `-- goes before arguments of istio-iptables, which ${command} does not take; why, preview, explain, identify, trace, diff, check, escapes, probe, conform and apply do`,
    ]),
    [['explain', '-f', 'pod.yaml', '--env', 'A=1'], '--env goes with arguments after --'],
    [
      ['explain', '-f', 'sidecar.yaml', '--values', 'sidecar.yaml'],
      '--values goes with workloads of Kubernetes; a SidecarCapture sets all of it itself',
    ],
    [
      ['explain', '-f', 'sidecar.yaml', '--installer', 'cni'],
      '--installer goes with workloads of Kubernetes; a SidecarCapture sets all of it itself',
    ],
    [['explain', 'pod.yaml@1.12', '--release', '1.13'], '--release: the source names release 1.12 already'],
    [['preview', 'pod.yaml@1.12', '--release', '1.13'], '--release: the source names release 1.12 already'],
  ])('%j', async (args, line) => {
    expectRefused(await here(args, CART), line);
  });
});

describe.concurrent('what a mesh is installed with', () => {
  beforeAll(() => {
    folder.write('mesh.yaml', 'global: {proxy: {excludeOutboundPorts: "5432"}}\n');
  });

  it('counts where a workload says nothing', async () => {
    const { stdout } = await here(['explain', '-f', 'host.yaml', '-f', 'several.yaml', '--workload', 'orders', '--values', 'mesh.yaml']);
    expect(stdout).toMatch(
      /outbound\.excludePorts +5432 +mesh\.yaml:1:40\n? +global\.proxy\.excludeOutboundPorts|outbound\.excludePorts +5432 +mesh\.yaml:1:40 global/,
    );
  });

  it.each([
    ['preview', ['-f', 'pod.yaml']],
    ['identify', ['-f', 'pod.yaml']],
    ['diff', ['-f', 'pod.yaml', '@1.20', '@1.28']],
    ['preview', ['-f', 'several.yaml']],
    ['explain', ['-f', 'pod.yaml']],
    ['trace', ['-f', 'pod.yaml', '--from', 'app', '--to', '10.0.0.1:5432']],
  ])('may come from a pipe, which can be read once: %s %j', async (command, args) => {
    const [piped, file] = [
      await here([command, ...args, '--values', '-'], 'global: {proxy: {excludeOutboundPorts: "5432"}}\n'),
      await here([command, ...args, '--values', 'mesh.yaml']),
    ];
    // The longer name breaks lines elsewhere; what to ask next names it by the word that was given.
    const words = (text: string): readonly string[] =>
      text
        .replaceAll(/--values \S+/g, '--values FILE')
        .replaceAll('... | ', '')
        .split(/\s+/);
    expect(words(piped.stdout)).toEqual(words(file.stdout.replaceAll('mesh.yaml:', 'standard input:')));
    expect(piped.exitCode).toBe(file.exitCode);
    expect(piped.stderr).not.toContain('empty');
  });

  it('without a workload is what a default pod gets', async () => {
    const { exitCode, stdout, stderr } = await here([
      'trace',
      '--values',
      'mesh.yaml',
      '--from',
      'app',
      '--to',
      '10.0.0.1:5432',
      '--expect',
      'direct',
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('Outbound port 5432 is left alone.');
  });
});
