/** Places that only the reader of manifests knows. */

import { expect, it } from 'vitest';
import { lintGathering } from '../../../../src/istio/advice/lint/collect.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { APP, codesOf, diagnosticsOf, pod, workloadsIn } from './workloads.ts';

it('an address that is not captured is the place', () => {
  const text = pod(APP);
  const line = text.split('\n').length;
  const [listed] = diagnosticsOf(`${text}status: {podIPs: [{ip: 10.0.0.1}, {ip: "2001:db8::1"}]}\n`);
  expect(listed?.source).toMatchObject({ line, column: 'status: {podIPs: [{ip: 10.0.0.1}, {ip: '.length + 1 });
});

it('annotations of the jobs of a CronJob are not those of its pods', () => {
  const cron = (own: string, jobs: string, pods: string): string =>
    `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, annotations: {${own}}}\nspec:\n  jobTemplate:\n    metadata: {annotations: {${jobs}}}\n    spec: {template: {metadata: {annotations: {${pods}}}, spec: {containers: [{name: a}]}}}\n`;
  const one = 'traffic.sidecar.istio.io/excludeOutboundPorts: "2"';
  expect(
    diagnosticsOf(cron('', one, '')).map(({ code, text, fix, source }) => [code, text, fix, source.kind === 'file' && source.line]),
  ).toEqual([
    [
      'misplaced-annotation',
      'traffic.sidecar.istio.io/excludeOutboundPorts stands on the jobs of the CronJob; Istio reads only annotations of its pods',
      'put it under spec.jobTemplate.spec.template.metadata.annotations',
      6,
    ],
  ]);
  expect(codesOf(cron(one, one, ''))).toEqual(['misplaced-annotation', 'misplaced-annotation']);
  expect(codesOf(cron(one, one, one))).toEqual([]);
  expect(codesOf(cron('', 'proxy.istio.io/confg: ""', ''))).toEqual(['unknown-annotation']);
  expect(codesOf(cron('', 'example.com/x: ""', ''))).toEqual([]);
  const gathering = lintGathering({ images: [] });
  for (const workload of workloadsIn(['', one].map((jobs) => cron('', jobs, '')).join('---\n'))) gathering.workload(workload, NO_MESH);
  expect(gathering.report()).toMatchObject({ distinct: 2, results: [{ code: 'misplaced-annotation', workloads: { count: 1 } }] });
});
