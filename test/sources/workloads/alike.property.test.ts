import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LintReport } from '../../../src/istio/advice/lint/collect.ts';
import { lintGathering } from '../../../src/istio/advice/lint/collect.ts';
import type { Mesh } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { numbering } from '../../../src/istio/kubernetes/rule-groups/planner.ts';
import type { Subject } from '../../../src/sources/workloads/subject.ts';
import { oncePerFingerprint, subjectPlanner } from '../../../src/sources/workloads/subject.ts';
import { podOf } from '../../cluster/injected-pod.ts';
import { ASKED } from '../../cluster/large.ts';
import { rawItems } from '../../host/manifests/reading.ts';
import { property } from '../../property.ts';
import { rounds } from '../../trials.ts';

type Plain = null | boolean | number | string | Plain[] | { [name: string]: Plain };

/** An injected pod in which everything stands that something may be said of. */
const BASE = ((): Plain => {
  const pod = JSON.parse(JSON.stringify(podOf(ASKED[1] ?? { annotations: {}, changed: {} }, '1.28.0', false)).replaceAll(/@@\w+@@/g, 'x'));
  Object.assign(pod.metadata.annotations, {
    'sidecar.istio.io/rewriteAppHTTPProbers': 'false',
    'traffic.sidecar.istio.io/includeInboundPorts': '*',
    'proxy.istio.io/config': '{}',
  });
  Object.assign(pod.metadata.labels, { 'sidecar.istio.io/inject': 'true', 'istio.io/rev': 'default' });
  pod.spec.containers[0].readinessProbe = { httpGet: { port: 'http', path: '/' } };
  pod.status.initContainerStatuses = [{ name: 'istio-init', state: { terminated: { exitCode: 0, reason: 'Completed', message: '' } } }];
  return pod;
})();

const VALUES: readonly Plain[] = [
  null,
  true,
  false,
  0,
  1,
  1337,
  8080,
  65_535,
  '',
  '0',
  'true',
  'false',
  'x',
  '80',
  '1.20',
  'http',
  'ALL',
  'TPROXY',
  [],
  {},
];

/** Every place in it, as a path. */
function placesIn(value: Plain, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))];
}

const PLACES = placesIn(BASE).filter((path) => path.length > 1);

type Change = { readonly path: string; readonly value: Plain | undefined };

function changed({ path: words, value }: Change): string {
  const path = words.split(' ');
  const copy = structuredClone(BASE);
  const parent = path.slice(0, -1).reduce((at, key) => (at as { [name: string]: Plain })[key] as Plain, copy) as { [name: string]: Plain };
  const last = path.at(-1) as string;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return JSON.stringify(copy);
}

const change = fc
  .tuple(fc.constantFrom(...PLACES), fc.option(fc.constantFrom(...VALUES), { nil: undefined }))
  .map(([path, value]) => ({ path: path.join(' '), value }));

const source = { kind: 'option', option: '--values' } as const;
const SELECTING: Mesh = {
  ...NO_MESH,
  values: new Map([['sidecarInjectorWebhook.neverInjectSelector', { value: '[{"matchLabels":{"app":"x"}}]', source }]]),
};
const mesh = fc.constantFrom(NO_MESH, SELECTING);

function subjectsIn(text: string, known: Mesh): readonly Subject[] {
  return rawItems(text).flatMap((item): readonly Subject[] => (item.kind === 'workload' ? [{ ...item, mesh: known }] : []));
}

function linted(texts: readonly string[], known: Mesh): LintReport {
  const gathering = lintGathering({ images: [], installer: 'init' });
  for (const subject of texts.flatMap((text) => subjectsIn(text, known)))
    if (subject.kind === 'workload') gathering.workload(subject.workload, known);
  return gathering.report();
}

/** What was said, and of how many. */
function counted(reports: readonly LintReport[]): unknown {
  const counts = new Map<string, number>();
  for (const { results } of reports)
    for (const { code, severity, text, workloads } of results)
      counts.set(`${code} ${severity} ${text}`, (counts.get(`${code} ${severity} ${text}`) ?? 0) + workloads.count);
  return [...counts].sort();
}

/** So many that nobody looks any more where each of them stands. */
function many<T>(one: T): readonly T[] {
  return Array.from({ length: 12 }, () => one);
}

describe('a pod that is folded with another one', () => {
  it.each<[string, string, Plain, Mesh]>([
    ['the port of a probe', 'spec containers 0 readinessProbe httpGet port', 8081, NO_MESH],
    ['the number of a named port', 'spec containers 0 ports 0 containerPort', 8081, NO_MESH],
    ['the rights of istio-init', 'spec initContainers 0 securityContext capabilities add', [], NO_MESH],
    ['its user', 'spec initContainers 0 securityContext runAsNonRoot', true, NO_MESH],
    ['how its run ended', 'status initContainerStatuses 0 state terminated exitCode', 1, NO_MESH],
  ])('differs from it in %s, and keeps the diagnostics that it has alone', (_, path, value, known) => {
    const [one, other] = [JSON.stringify(BASE), changed({ path, value })];
    const [first, second] = [linted([one], known), linted([other], known)];
    expect(counted([second])).not.toEqual(counted([first]));
    expect(counted([linted([...many(one), other], known)])).toEqual(counted([...many(first), second]));
  });

  property([change, change, mesh], { numRuns: rounds(30) })('has the diagnostics that it has alone', (one, other, known) => {
    const pods = [one, other].map(changed);
    const [first, second] = pods.map((text) => linted([text], known)) as [LintReport, LintReport];
    const together = linted([...many(pods[0] as string), pods[1] as string], known);
    expect(counted([together])).toEqual(counted([...many(first), second]));
  });

  property([change, change, fc.constantFrom('1.20.0', '1.28.0')], { numRuns: rounds(30) })(
    'has the rules that it has alone',
    (one, other, release) => {
      const numbers = numbering();
      const request = { images: [], mesh: NO_MESH } as const;
      const at = { kind: 'release', release: { value: release, source }, keepArguments: false } as const;
      for (const asked of [{ ...request, at }, { ...request, at: { kind: 'own' } } as const]) {
        const options = { facts: {}, sets: [], numbering: numbers };
        const folded = oncePerFingerprint(subjectPlanner(asked, options));
        for (const subject of [one, other].map(changed).flatMap((text) => subjectsIn(text, NO_MESH)))
          expect(folded(subject).number).toBe(subjectPlanner(asked, options)(subject).number);
      }
    },
  );
});
