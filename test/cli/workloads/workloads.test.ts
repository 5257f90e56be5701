import { afterAll, describe, expect, it } from 'vitest';
import { diff } from '../../../src/cli/diff/diff.ts';
import { identifyRules } from '../../../src/cli/identify/identify.ts';
import { planOptions, sourceOptions } from '../../../src/cli/options.ts';
import { preview } from '../../../src/cli/preview/preview.ts';
import type { Result } from '../../../src/cli/result.ts';
import { plain } from '../../../src/cli/terminal/color.ts';
import { fitted } from '../../../src/cli/terminal/fit.ts';
import { formatProblem, ProblemError } from '../../../src/istio/problems.ts';
import { planInput } from '../../../src/sources/plan-input.ts';
import { clusterText } from '../../cluster/large.ts';
import { scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);
const at = (name: string): string => `${folder.path}/${name}`;

const pod = (name: string, annotations: string, spec = 'containers: [{name: app}]'): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop, annotations: {${annotations}}}\nspec: {${spec}}\n`;
const injected = (name: string, release: string, more: string, annotations = ''): string =>
  pod(
    name,
    `sidecar.istio.io/status: '{"initContainers":["istio-init"],"containers":["istio-proxy"]}'${annotations}`,
    `containers: [{name: app}, {name: istio-proxy, image: "istio/proxyv2:${release}"}], initContainers: [{name: istio-init, image: "istio/proxyv2:${release}", args: [istio-iptables, -p, "15001", -z, "15006", -u, "1337", -m, REDIRECT, -i, "*", -x, "", -b, "*", -d, "15090,15021,15020"${more}]}]`,
  );
const write = (name: string, ...documents: readonly string[]): void => {
  folder.write(name, documents.join('---\n'));
};

const BAD_PORT = 'traffic.sidecar.istio.io/excludeInboundPorts: "80a"';
const UNREAD = 'traffic.sidecar.istio.io/excludeInterfaces: eth1';
// Longer than any other value that a message has.
const imageOf = (digest: string): string =>
  `123456789012.dkr.example.com/platform/mirror/istio/proxyv2@sha256:${digest.padEnd(64, digest)}`;
const PORTS = 'traffic.sidecar.istio.io/excludeOutboundPorts: "3306"';

write(
  'mixed.yaml',
  pod('plain', ''),
  pod('plain-too', ''),
  pod('ports', PORTS),
  'apiVersion: v1\nkind: Service\nmetadata: {name: cart}\n',
  pod('node', '', 'hostNetwork: true, containers: [{name: app}]'),
  pod('none', 'sidecar.istio.io/interceptionMode: NONE'),
  pod('bad', 'traffic.sidecar.istio.io/excludeInboundPorts: "80a"'),
  injected('own-image', 'dev', ''),
  injected('newer', '1.99.0', ''),
);
write(
  'injected.yaml',
  injected('cart', '1.20.3', ', -o, "3306"', `, ${PORTS}`),
  injected('orders', '1.20.4', ', -o, "3306"', `, ${PORTS}`),
  injected('search', '1.28.0', ''),
  // A mesh value that stands in no pod.
  injected('of-values', '1.28.0', ', -o, "9999"'),
  pod('plain', ''),
);
write('same.yaml', injected('search', '1.28.0', ''), injected('web', '1.28.1', ''), pod('plain', ''));
folder.write('saved.txt', '*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n');
write('one.yaml', injected('cart', '1.20.3', ''));
write('broken.yaml', injected('cart', '1.28.0', ''), 'kind: [\n', injected('web', '1.28.0', ''));
write('values.yaml', 'global: {proxy: {excludeOutboundPorts: "9999"}}\n');
write('refused.yaml', pod('one', BAD_PORT), pod('other', BAD_PORT), pod('fine', ''));
write('warned.yaml', pod('one', UNREAD), pod('other', UNREAD), pod('fine', ''));
write('images.yaml', ...['aaa', 'bbb'].map((digest) => injected(digest, `\n`, '').replaceAll('istio/proxyv2:\n', imageOf(digest))));
write(
  'installed.yaml',
  `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: "defaultConfig: {}"}}\n`,
);
write('services.yaml', 'apiVersion: v1\nkind: Service\nmetadata: {name: cart}\n', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');

/** A result as it is printed away from a terminal: there tables are laid out. */
async function printed(work: Promise<Result>): Promise<Result> {
  const result = await work;
  return { ...result, output: fitted(result.output, Number.POSITIVE_INFINITY) };
}

function previewed(file: string, options: Readonly<Record<string, unknown>> = {}, output?: string): Promise<Result> {
  const parsed = { filename: at(file), ...options };
  return printed(
    preview({
      given: planOptions(parsed),
      explain: false,
      ...(output === undefined ? {} : { output }),
    }),
  );
}

function differed(
  file: string,
  left: string,
  right: string,
  options: Readonly<Record<string, unknown>> = {},
  output = 'json',
): Promise<Result> {
  const parsed = { filename: at(file), ...options };
  const given = planOptions(parsed);
  return printed(diff({ given, left, right, by: String(options['by'] ?? 'rules'), output, all: false, paint: plain }));
}

function identified(file: string, options: Readonly<Record<string, unknown>> = {}, output = 'text'): Promise<Result> {
  return printed(identifyRules({ given: sourceOptions({ filename: at(file), ...options }), output, paint: plain }));
}

const lines = (result: Result): readonly string[] => result.output.trimEnd().split('\n');
const refused = async (work: Promise<unknown>): Promise<readonly string[]> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProblemError)) throw new Error(`not refused: ${String(error)}`);
  return error.problems.map((one) => formatProblem(one).replace(`${folder.path}/`, ''));
};

describe('a preview of many workloads', () => {
  it('is a table of what becomes of them', async () => {
    const { output, notes, exitCode } = await previewed('mixed.yaml', { release: '1.20' });
    expect(output.split('\n').map((line) => line.trimEnd())).toEqual([
      'workloads  release  rules                                                                                       of',
      '        4  1.20.8   REDIRECT, IPv4                                                                              Pod shop/plain, Pod shop/plain-too and 2 more',
      '        1  1.20.8   REDIRECT, IPv4; outbound.excludePorts=3306                                                  Pod shop/ports',
      '        1  1.20.8   no rules: host network                                                                      Pod shop/node',
      '        1  1.20.8   no rules: interception mode NONE                                                            Pod shop/none',
      expect.stringMatching(
        /^ {8}1 {2}1\.20\.8 {3}traffic\.sidecar\.istio\.io\/excludeInboundPorts: "80a" is not a port .*\.\.\. {2}Pod shop\/bad$/,
      ),
      '',
    ]);
    expect(notes).toContain('note: 8 workloads, 2 rule sets');
    expect(notes).toContain('note: without pods, so ignored: 1 Service');
    expect(exitCode).toBe(2);
  });

  it('counts all images of unknown releases as one group, with their names', async () => {
    const { output } = await previewed('mixed.yaml', {}, 'json');
    const { groups } = JSON.parse(output) as { groups: readonly { count: number; outcome: string; reason?: string }[] };
    expect(groups.filter(({ outcome }) => outcome === 'trouble').map(({ count, reason }) => `${count} ${reason}`)).toEqual([
      expect.stringMatching(/^1 traffic\.sidecar\.istio\.io\/excludeInboundPorts: "80a"/),
      '1 unknown release: "istio/proxyv2:dev"',
    ]);
  });

  it('has the rules of each group once, below whose they are', async () => {
    const found = lines(await previewed('injected.yaml', {}, 'restore'));
    const headings = found.filter((line) => line.startsWith('#')).map((line) => line.replaceAll(`${folder.path}/`, ''));
    expect(headings.slice(0, 3)).toEqual([
      '# 2 workloads, Istio 1.20.3 (1), 1.20.4 (1)',
      '# REDIRECT, IPv4; outbound.excludePorts=3306',
      '# of Pod shop/cart (injected.yaml:1:1), Pod shop/orders (injected.yaml:6:1)',
    ]);
    expect(found.filter((line) => line === '*nat')).toHaveLength(3);
    expect(found.filter((line) => line.includes('--dport 3306'))).toHaveLength(1);
  });

  it('is the usual one where there is only one, or one is chosen', async () => {
    const [one, chosen] = [await previewed('one.yaml'), await previewed('injected.yaml', { workload: 'search' })];
    expect(lines(one)[0]).toBe('*nat');
    expect(lines(chosen)[0]).toBe('*nat');
    expect(one.notes.join()).toContain('Pod shop/cart of');
    expect(chosen.notes.join()).toContain('Pod shop/search of');
  });

  it('names whole images of unknown releases, each of them', async () => {
    const { output, notes } = await previewed('images.yaml', {}, 'json');
    const { groups } = JSON.parse(output) as { groups: readonly { count: number; details: readonly string[] }[] };
    expect(groups.map(({ count, details }) => ({ count, details }))).toEqual([
      { count: 2, details: [`"${imageOf('aaa')}"`, `"${imageOf('bbb')}"`] },
    ]);
    expect(notes.filter((line) => line.startsWith('error: 1 workload: the image '))).toHaveLength(2);
  });

  it.each<[string, (file: string) => Promise<Result>]>([
    ['preview', (file) => previewed(file)],
    ['identify', (file) => identified(file)],
    ['diff', (file) => differed(file, '@1.12', '@1.28')],
  ])('that are refused is trouble, as of one: %s', async (_, command) => {
    const { exitCode, notes } = await command('refused.yaml');
    expect(exitCode).toBe(2);
    expect(notes.map((line) => line.replace(`${folder.path}/`, ''))).toContain(
      'error: 2 workloads: traffic.sidecar.istio.io/excludeInboundPorts: "80a" is not a port (0 to 65535), in a list with commas (the first at refused.yaml:3:100)',
    );
    expect((await command('same.yaml')).exitCode).toBeLessThan(2);
  });

  it('says each warning once, with the number of those who have it', async () => {
    const warnings = ({ notes }: Result): readonly string[] =>
      notes.filter((line) => line.startsWith('warning: ')).map((line) => line.replace(`${folder.path}/`, ''));
    const line =
      'warning: 2 workloads: traffic.sidecar.istio.io/excludeInterfaces has no effect at 1.12.9: the injector of that release does not read it (the first at warned.yaml:3:98)';
    expect(warnings(await previewed('warned.yaml', { release: '1.12' }))).toEqual([line]);
    expect(warnings(await differed('warned.yaml', '@1.12', '@1.28'))).toEqual([line]);
  });

  it('takes a file as SOURCE as it takes it from -f', async () => {
    const given = sourceOptions({});
    const [named, source] = [
      await previewed('mixed.yaml', { release: '1.20' }),
      await printed(preview({ source: `${at('mixed.yaml')}@1.20`, given, explain: false })),
    ];
    expect(source).toEqual(named);
    const both = await diff({
      left: `${at('mixed.yaml')}@1.12`,
      right: `${at('mixed.yaml')}@1.28`,
      given,
      by: 'rules',
      output: 'json',
      all: false,
      paint: plain,
    });
    expect(both).toEqual(await differed('mixed.yaml', '@1.12', '@1.28'));
    const found = await printed(identifyRules({ source: at('injected.yaml'), given, output: 'text', paint: plain }));
    expect(found).toEqual(await identified('injected.yaml'));
  });

  it('goes on behind a broken document, and is trouble all the same', async () => {
    const { output, problems, exitCode } = await previewed('broken.yaml');
    expect(lines({ output } as Result)[1]).toMatch(/^ +2 {2}1\.28\.0 +REDIRECT, IPv4 /);
    expect(problems.map(formatProblem).map((line) => line.replace(/^.*\//, ''))).toEqual([expect.stringMatching(/^broken\.yaml:\d+:\d+ /)]);
    expect(exitCode).toBe(2);
  });

  it('refuses what has no workloads', async () => {
    expect(await refused(previewed('services.yaml'))).toEqual([
      'services.yaml holds no workload and no SidecarCapture, only 1 Service, 1 ConfigMap',
    ]);
  });
});

interface Differences {
  readonly groups: readonly { count: number; releases: object; difference: { differences: readonly unknown[] } }[];
  readonly same: number;
  readonly notCompared: readonly { count: number; reason: string }[];
  readonly otherValues: number;
}

const documentOf = ({ output }: Result): Differences => JSON.parse(output) as Differences;

describe('an upgrade', () => {
  it('tells what changes for whom, and who was injected with values that are not given', async () => {
    const result = await differed('injected.yaml', '@own', '@1.28');
    const { groups, same, notCompared, otherValues } = documentOf(result);
    expect(groups.map(({ count, releases }) => ({ count, releases }))).toEqual([
      // Where traffic goes elsewhere comes before rules that do the same, however many have these.
      { count: 1, releases: { '1.28.0': 1 } },
      { count: 2, releases: { '1.20.3': 1, '1.20.4': 1 } },
    ]);
    expect([same, otherValues, result.exitCode]).toEqual([1, 1, 1]);
    expect(notCompared.map(({ count, reason }) => `${count} ${reason}`)).toEqual(['1 not injected, so without a release of their own']);
    expect(result.notes).toEqual([
      'note: 5 workloads: 3 different in 2 ways, 1 the same, 1 not compared',
      'warning: 1 workload was injected with values that are not given here: pass --values, or --keep-args to keep the arguments',
    ]);
  });

  it('has no warning where the values are given, and one where they are others', async () => {
    const right = await differed('injected.yaml', '@own', '@1.28', { values: at('values.yaml'), workload: 'of-values' }, 'text');
    expect([right.exitCode, right.notes]).toEqual([0, []]);
    const wrong = await differed('injected.yaml', '@own', '@1.28', { values: at('values.yaml'), workload: 'search' }, 'text');
    expect([wrong.exitCode, wrong.notes]).toEqual([1, ['warning: 1 workload was injected with other values than those of --values']]);
  });

  it('keeps the arguments where that is asked for', async () => {
    const { groups, same, otherValues } = documentOf(await differed('injected.yaml', '@own', '@1.28', { 'keep-args': true }));
    expect([groups.length, groups[0]?.count, same, otherValues]).toEqual([1, 2, 2, 0]);
  });

  it('is none where all are the same; what is not injected has nothing to compare', async () => {
    const { output, exitCode } = await differed('same.yaml', '@own', '@1.28', {}, 'text');
    expect(lines({ output } as Result).map((line) => line.replaceAll(`${folder.path}/`, ''))).toEqual([
      '2 workloads: the same at both operands',
      '1 workload: not compared: not injected, so without a release of their own (Pod shop/plain (same.yaml:11:1))',
    ]);
    expect(exitCode).toBe(0);
  });

  it('lays single settings over what is injected anew, never over what was injected', async () => {
    const { same, groups } = documentOf(await differed('same.yaml', '@own', '@1.28', { set: 'outbound.excludePorts=1' }));
    expect([same, groups.map(({ count }) => count)]).toEqual([0, [2]]);
  });

  it('is trouble where a part of the input is broken, though all others are the same', async () => {
    const { output, exitCode } = await differed('broken.yaml', '@own', '@1.28', {}, 'text');
    expect([output, exitCode]).toEqual(['2 workloads: the same at both operands\n', 2]);
  });

  it('is the usual diff for one workload', async () => {
    const { output, exitCode } = await differed('one.yaml', '@own', '@1.28', {}, 'text');
    expect(lines({ output } as Result).slice(0, 4)).toEqual([
      'Traffic goes where it went: only the rules are others.',
      '',
      '--- Istio 1.20.3, as injected (Pod shop/cart)',
      expect.stringMatching(/^\+\+\+ Istio 1\.28\.\d+, injected anew \(Pod shop\/cart\)$/),
    ]);
    expect(exitCode).toBe(1);
  });

  it('compares releases for what is not injected; a release that refuses it is a reason', async () => {
    const { groups, same, notCompared } = documentOf(await differed('mixed.yaml', '@1.12', '@1.28'));
    expect(groups.map(({ count }) => count)).toEqual([4, 1]);
    expect(same).toBe(2);
    expect(notCompared.map(({ count }) => count)).toEqual([1]);
  });

  it('is told for packets as well', async () => {
    const { output } = await differed('injected.yaml', '@own', '@1.28', { by: 'packets' }, 'text');
    expect(output).toContain('Different for');
    expect(output).toContain('TCP to port 9999');
  });

  it.each([
    ['text', /^1 of 5 workloads: traffic goes elsewhere; 2 with other rules that do the same\n\ncount {2}traffic {4}release /],
    ['patch', /^# 2 workloads: Pod shop\/cart /],
    ['markdown', /^\*\*1 of 5 workloads: .*\*\*\n\n## `1 workload: /],
  ])('has the form %s', async (form, start) => {
    expect((await differed('injected.yaml', '@own', '@1.28', {}, form)).output).toMatch(start);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['nothing to be compared with', () => differed('injected.yaml', '@own', at('saved.txt')), '@own '],
    ['a file that is not there', () => differed('nothere.yaml', '@own', '@1.28'), 'nothere.yaml does not exist'],
    ['a release that no operand takes', () => differed('one.yaml', '@own', '@1.28', { release: '1.20' }), '--release: no operand takes it'],
    ['arguments', () => differed('one.yaml', '@own', '@1.28', { '--': ['-p', '1'] }), '-- arguments and settings'],
    ['an environment', () => differed('one.yaml', '@own', '@1.28', { env: 'A=1' }), '--env goes with arguments'],
    ['an unknown form', () => differed('one.yaml', '@own', '@1.28', {}, 'yaml'), '--output "yaml" is not one of'],
    [
      'one workload that is not injected',
      () => differed('injected.yaml', '@own', '@1.28', { workload: 'plain' }),
      'injected.yaml:21:1 is not injected',
    ],
  ])('refuses %s', async (_, work, start) => {
    expect((await refused(work()))[0]).toMatch(new RegExp(`^${start.replaceAll('.', '\\.')}`));
  });

  it('of a dump with a broken item in the middle goes on behind it', async () => {
    const { text } = clusterText({ pods: 40, slim: true, others: new Map([[20, '{"kind": "Pod", "spec": 7}']]) });
    folder.write('dump.json', text);
    const { output, problems } = await differed('dump.json', '@own', '@1.28');
    expect((JSON.parse(output) as { workloads: number }).workloads).toBeGreaterThanOrEqual(40);
    expect(problems.map(formatProblem).join()).toMatch(/dump\.json:\d+:\d+ /);
  });
});

describe('options are looked at before any manifest is', () => {
  const filename = [at('absent.yaml'), at('not-there-either.yaml')];
  const SET = '--set "outbound.excludPorts" is not a key here; .* \\(did you mean outbound\\.excludePorts\\?\\)$';

  it.each<[string, () => Promise<unknown>, string]>([
    ['a setting', () => previewed('', { filename, set: 'outbound.excludPorts=1' }), SET],
    ['a setting', () => identified('', { filename, set: 'outbound.excludPorts=1' }), SET],
    ['a setting', () => differed('', '@own', '@1.28', { filename, set: 'outbound.excludPorts=1' }), SET],
    ['its value', () => previewed('', { filename, set: 'outbound.excludePorts=80a' }), '--set outbound.excludePorts: "80a" is not a port'],
    ['a release', () => previewed('', { filename, release: '1.2.3.4' }), '--release "1.2.3.4" is not a known release of Istio'],
    ['a release', () => identified('', { filename, release: '9' }), '--release "9" is not a known release of Istio'],
    ['a release on the left', () => differed('', '@1.99', '@1.28', { filename }), '@1.99 "1.99" is not a known release of Istio'],
    ['a release on the right', () => differed('', '@1.12', '@1.99', { filename }), '@1.99 "1.99" is not a known release of Istio'],
    ['@own misspelt', () => differed('', '@Own', '@1.28', { filename }), '@Own is neither a release, .* \\(did you mean @own\\?\\)$'],
    ['a form', () => identified('', { filename }, 'tabel'), '--output "tabel" is not one of'],
    ['an installer', () => previewed('', { filename, installer: 'cnii' }), '--installer "cnii" is not one of'],
  ])('%s: %#', async (_, work, line) => {
    expect(await refused(work())).toEqual([expect.stringMatching(new RegExp(`^${line}`))]);
  });
});

describe('what a mesh is installed with, given as manifests', () => {
  const hint = 'installed.yaml:4:40 the ConfigMap istio holds what a mesh is installed with, no workload; give it with --values';

  it.each<[string, () => Promise<unknown>]>([
    ['preview', () => previewed('installed.yaml')],
    ['identify', () => identified('installed.yaml')],
    ['diff', () => differed('installed.yaml', '@1.12', '@1.28')],
    ['explain, trace, check and apply', () => planInput(sourceOptions({ filename: at('installed.yaml') }))],
  ])('is refused with the hint where nothing else is there: %s', async (_, work) => {
    expect(await refused(work())).toEqual([expect.stringMatching(new RegExp(`^${hint.replace('4:40', '4:\\d+')}$`))]);
  });
});

describe('an identification of many workloads', () => {
  it('is trouble where none of them has rules', async () => {
    write('none.yaml', pod('a', 'sidecar.istio.io/inject: "false"'), pod('b', '', 'hostNetwork: true, containers: [{name: app}]'));
    expect((await identified('none.yaml')).exitCode).toBe(2);
    write('some.yaml', pod('a', 'sidecar.istio.io/inject: "false"'), pod('b', ''));
    expect((await identified('some.yaml')).exitCode).toBe(0);
  });

  it('names the releases that make the same rules', async () => {
    const { output, exitCode } = await identified('injected.yaml');
    const rows = output.split('\n').map((line) => line.split(/ {2,}/).slice(-3));
    expect(rows[0]).toEqual(['rules', 'identified as', 'of']);
    expect(rows[1]).toEqual(['REDIRECT, IPv4; outbound.excludePorts=3306', '1.18.0 to 1.24.6', 'Pod shop/cart, Pod shop/orders']);
    expect(exitCode).toBe(0);
  });
});
