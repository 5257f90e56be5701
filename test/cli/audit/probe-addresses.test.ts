import { expect, it } from 'vitest';
import type { AuditedPod } from '../../../src/cli/audit/line.ts';
import { comparedByProbe } from '../../../src/cli/audit/probe-addresses.ts';

function pod(name: string, knobs: string, verdict: AuditedPod['verdict'] = 'ambient'): AuditedPod {
  return { node: 'n', namespace: 'shop', pod: name, workload: '', uid: '', pid: 1, verdict, release: '1.29.0', knobs };
}

const of = (pods: readonly AuditedPod[]): readonly (readonly [string, string])[] =>
  comparedByProbe(pods).flatMap((one) => (one.reason === undefined ? [] : [[one.pod, one.verdict] as const]));

it.each([
  ['all have the same', ['', '', 'dns=true'], []],
  ['one has another', ['', '', 'dns=true probeV4=192.0.2.1'], ['2']],
  ['one has another of IPv6', ['ipv6=true', 'ipv6=true', 'ipv6=true probeV6=fd00::1'], ['2']],
  ['most have one that is not the default', ['probeV4=192.0.2.1', 'probeV4=192.0.2.1', ''], ['2']],
  ['there are as many of each', ['', 'probeV4=192.0.2.1'], []],
  ['there is one alone', ['probeV4=192.0.2.1'], []],
])('of ambient pods on a node of which %s', (_, knobs, told) => {
  expect(of(knobs.map((one, index) => pod(`${index}`, one)))).toEqual(told.map((name) => [name, 'not as it should be']));
});

it('pods that are not ambient are left as they are', () => {
  expect(of([pod('a', ''), pod('b', ''), pod('c', 'probeV4=192.0.2.1', 'as it should be')])).toEqual([]);
});
