/** Traffic that the rules are meant for and never meet: IPv6, DNS. */

import type { WorkloadCheck } from './subject.ts';

/** An address that others can reach, and no rules that redirect anything of its family. */
export const ip6NotCaptured: WorkloadCheck = ({ workload: { pod }, facts, settings, profile }) => {
  const { plan } = settings ?? {};
  const first = (facts.addresses ?? []).findIndex((one) => one.includes(':') && !/^(fe[89ab]|::1$)/i.test(one));
  if (first < 0 || settings === undefined || plan === undefined) return [];
  if (plan.ip6.tables.some(({ name }) => name === 'nat' || name === 'mangle')) return [];
  const fix = profile.has('dualStack')
    ? 'set ISTIO_DUAL_STACK: "true" in proxyMetadata, and dual stack in the mesh'
    : 'use a release with dual stack, or give the pod IPv4 alone';
  return [
    { code: 'ip6-not-captured', source: pod.addressesAt?.[first] ?? settings.place('dualStack'), args: { release: profile.release, fix } },
  ];
};

export const dnsWithoutServers: WorkloadCheck = ({ settings }) =>
  (settings?.plan?.problems ?? [])
    .filter(({ code }) => code === 'no-servers')
    .map(({ source, args }) => ({ code: 'dns-without-servers', source, args: { consequence: args['consequence'] ?? '' } }));
