import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inject } from '../../../src/istio/kubernetes/injection/inject.ts';
import type { InjectedArgument, Injection, Installer } from '../../../src/istio/kubernetes/injection/injected.ts';
import { wordsOf } from '../../../src/istio/kubernetes/injection/injected.ts';
import type { NamespaceResource } from '../../../src/istio/kubernetes/manifest/mesh-resources.ts';
import { readManifest } from '../../../src/istio/kubernetes/manifest/read.ts';
import type { Workload } from '../../../src/istio/kubernetes/manifest/workload.ts';
import { withContext } from '../../../src/istio/kubernetes/mesh/context.ts';
import type { Mesh } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../../../src/istio/kubernetes/mesh/read.ts';
import type { Origin } from '../../../src/istio/origin.ts';
import { formatProblem } from '../../../src/istio/problems.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import { readYaml } from '../../../src/istio/yaml.ts';

type Outcome = { readonly releases: readonly string[] } & (
  | { readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> }
  | { readonly cni: Readonly<Record<string, string | boolean>> }
  | { readonly refused: string }
  | { readonly skipped: string }
);

interface Expected {
  readonly why: string;
  readonly installer?: Installer;
  readonly outcomes: readonly Outcome[];
}

const folder = new URL('../../../golden/manifests/', import.meta.url);

const NAMES = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

function textOf(name: string, file: string): string {
  return readFileSync(new URL(`${name}/${file}`, folder), 'utf8');
}

function expectedOf(name: string): Expected {
  return JSON.parse(textOf(name, 'expected.json')) as Expected;
}

function givenBy(name: string): { readonly workload: Workload; readonly mesh: Mesh } {
  const values = existsSync(new URL(`${name}/values.yaml`, folder)) ? [{ file: 'values.yaml', text: textOf(name, 'values.yaml') }] : [];
  const mesh = readMesh(values);
  const documents = readYaml(textOf(name, 'input.yaml'));
  if ('reason' in documents) throw new Error(documents.reason);
  const items = documents.flatMap((document) => readManifest(document, 'input.yaml'));
  const problems = [...mesh.problems, ...items.flatMap((item) => (item.kind === 'problem' ? item.problem : []))];
  const [workload] = items.flatMap((item) => (item.kind === 'workload' ? item.workload : []));
  if (workload === undefined || problems.some(({ severity }) => severity === 'error'))
    throw new Error(['no workload is read', ...problems.map(formatProblem)].join('\n'));
  // These take the cluster for one of OpenShift, and injection for on.
  const openshift: Mesh['values'] = name.includes('openshift')
    ? new Map([...mesh.values, ['global.platform', said('openshift')], ['pilot.cni.enabled', said('false')]])
    : mesh.values;
  const context = items.flatMap((item) => (item.kind === 'proxy config' ? item : item.kind === 'namespace' ? asked(item) : []));
  return {
    workload,
    mesh: withContext({ ...mesh, values: openshift }, ...context),
  };
}

function said(value: string): { readonly value: string; readonly source: Origin } {
  return { value, source: { kind: 'option', option: '--values' } };
}

function asked<I extends { readonly resource: NamespaceResource }>(item: I): I {
  return { ...item, resource: { ...item.resource, labels: new Map([['istio-injection', said('enabled')], ...item.resource.labels]) } };
}

// The settings that the plugin works with: the name that golden gives each, its flag, and what it is without it.
const OF_PLUGIN: readonly (readonly [name: string, flag: string, without: string])[] = [
  ['mode', '-m', 'REDIRECT'],
  ['uid', '-u', '1337'],
  ['gid', '-g', '1337'],
  ['includeRanges', '-i', '*'],
  ['excludeRanges', '-x', ''],
  ['includeInboundPorts', '-b', '*'],
  ['excludeInboundPorts', '-d', ''],
  ['includeOutboundPorts', '-q', ''],
  ['excludeOutboundPorts', '-o', ''],
  ['excludeInterfaces', '-c', ''],
  ['reroute', '-k', ''],
];

function pluginSettings(args: readonly InjectedArgument[]): Readonly<Record<string, string | boolean>> {
  const has = (flag: string): boolean => args.some((one) => one.flag === flag);
  return {
    ...Object.fromEntries(OF_PLUGIN.map(([name, flag, without]) => [name, args.find((one) => one.flag === flag)?.value ?? without])),
    dns: has('--redirect-dns') ? (has('--capture-all-dns') ? 'all' : 'servers') : 'off',
    dropInvalid: has('--drop-invalid'),
    dualStack: has('--dual-stack'),
  };
}

/** What golden has of an injection, in its words. */
function shown(injection: Injection): object {
  if (injection.kind === 'none') return { skipped: injection.reason };
  if (injection.kind === 'refused') return { refused: injection.problems.map(formatProblem) };
  if (injection.installer === 'cni') return { cni: pluginSettings(injection.arguments) };
  const env = Object.fromEntries([...injection.environment].map(([name, { value }]) => [name, value]));
  return { args: wordsOf(injection.arguments), ...(Object.keys(env).length === 0 ? {} : { env }) };
}

const REASONS: Readonly<Record<string, string>> = {
  hostNetwork: 'host network',
  'mode NONE': 'mode NONE',
  namespace: 'not asked for',
  'inject annotation': 'own choice',
  'inject label': 'own choice',
  DISABLE_ENVOY: 'no sidecar',
};

function wanted(outcome: Outcome): object {
  const { releases: _, ...rest } = outcome;
  if ('skipped' in rest) return { skipped: REASONS[rest.skipped] ?? rest.skipped };
  return 'refused' in rest ? { refused: [expect.stringContaining(rest.refused)] } : rest;
}

describe('the injector makes of the manifests in golden/manifests what Istio makes of them:', () => {
  it('there are enough of them', () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(90);
  });

  it.each(NAMES.map((name) => [name, expectedOf(name).why]))('%s: %s', (name) => {
    const { installer = 'init', outcomes } = expectedOf(name);
    const { workload, mesh } = givenBy(name);
    const made = outcomes.map(({ releases }) =>
      releases.map((release) => [release, shown(inject(workload, mesh, profileOf(release), installer))]),
    );
    expect(made).toEqual(outcomes.map((outcome) => outcome.releases.map((release) => [release, wanted(outcome)])));
  });
});
