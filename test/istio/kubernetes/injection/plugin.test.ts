import { describe, expect, it } from 'vitest';
import { inject } from '../../../../src/istio/kubernetes/injection/inject.ts';
import type { Injection } from '../../../../src/istio/kubernetes/injection/injected.ts';
import { wordsOf } from '../../../../src/istio/kubernetes/injection/injected.ts';
import type { Workload } from '../../../../src/istio/kubernetes/manifest/workload.ts';
import type { Mesh } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { planOfWorkload } from '../../../../src/istio/kubernetes/workload-plan.ts';
import { formatProblem } from '../../../../src/istio/problems.ts';
import { RELEASES } from '../../../../src/istio/releases/every-release.ts';
import { profileOf } from '../../../../src/istio/releases/profile.ts';
import { spansOf } from '../../../golden.ts';
import { at, container, mesh, openShift, texts, workload } from './workload.ts';

const TRAFFIC = 'traffic.sidecar.istio.io';

function plugged(of: Workload, release: string, within: Mesh = NO_MESH): Extract<Injection, { kind: 'arguments' }> {
  const made = inject(of, within, profileOf(release), 'cni');
  if (made.kind !== 'arguments') throw new Error(`${release}: ${JSON.stringify(made)}`);
  return made;
}

function words(of: Workload, release: string, within?: Mesh): string {
  return wordsOf(plugged(of, release, within).arguments).join(' ');
}

// The plugin is known from 1.7 on; what stands for it before is that of 1.7.
const FROM_1_7 = RELEASES.slice(RELEASES.indexOf('1.7.0'));

const spans = (holds: (release: string) => boolean): string => spansOf(FROM_1_7, holds);

describe('the CNI plugin', () => {
  it('orders the ports of the proxy its own way, and leaves 15020 alone outbound', () => {
    expect(words(workload(), '1.23.4')).toBe('-p 15001 -u 1337 -g 1337 -m REDIRECT -i * -x  -b * -d 15020,15021,15090 -o 15020');
  });

  it('knows no group before 1.19', () => {
    expect(words(workload(), '1.18.7')).toBe('-p 15001 -u 1337 -m REDIRECT -i * -x  -b * -d 15020,15021,15090 -o 15020');
  });

  it('captures the declared ports of TCP up to 1.7', () => {
    const pod = workload({ containers: [container('a', { ports: ['8080', '53/UDP', '9090'] })] });
    expect(spans((release) => words(pod, release).includes('-b 8080,9090 '))).toBe('1.7.0 - 1.7.8');
  });

  it('puts the ports of the pod before those of the proxy, each once', () => {
    const pod = workload({ annotations: { [`${TRAFFIC}/excludeInboundPorts`]: '9090,15021' } });
    expect(words(pod, '1.23.4')).toContain('-d 9090,15021,15020,15090 ');
    const spaced = workload({ annotations: { [`${TRAFFIC}/excludeInboundPorts`]: ' 9090, 15020' } });
    expect(words(spaced, '1.8.0')).toContain('-d 9090, 15020,15020,15021,15090 ');
  });

  it('hears of mesh values only from an injector that writes them into annotations: not in 1.8', () => {
    const values = mesh({ 'global.proxy.includeIPRanges': '10.0.0.0/8', 'global.proxy.excludeOutboundPorts': '3306' });
    expect(spans((release) => words(workload(), release, values).includes('-i 10.0.0.0/8'))).toBe('1.7.0 - 1.7.8, 1.9.0 - 1.30.3');
    expect(words(workload(), '1.9.0', values)).toContain('-o 3306');
    expect(words(workload(), '1.8.0', values)).toContain('-o 15020');
  });

  it('takes an empty mesh value for none, of inbound ports until 1.24', () => {
    const ranges = mesh({ 'global.proxy.includeIPRanges': '' });
    expect(spans((release) => words(workload(), release, ranges).includes('-i * '))).toBe('1.8.0 - 1.30.3');
    const ports = mesh({ 'global.proxy.includeInboundPorts': '' });
    const declaring = workload({ containers: [container('a', { ports: ['8080'] })] });
    expect(spans((release) => words(declaring, release, ports).includes('-b  '))).toBe('1.25.0 - 1.30.3');
  });

  it('takes an empty annotation as it is', () => {
    const pod = workload({ annotations: { [`${TRAFFIC}/includeOutboundIPRanges`]: '', [`${TRAFFIC}/excludeOutboundPorts`]: '' } });
    expect(words(pod, '1.23.4')).toBe('-p 15001 -u 1337 -g 1337 -m REDIRECT -i  -x  -b * -d 15020,15021,15090 -o ');
  });

  it.each<[string, string, string]>([
    [`${TRAFFIC}/includeOutboundPorts`, '-q', '1.12.5 - 1.12.9, 1.13.2 - 1.30.3'],
    [`${TRAFFIC}/excludeInterfaces`, '-c', '1.17.0 - 1.30.3'],
    [`${TRAFFIC}/kubevirtInterfaces`, '-k', '1.7.0 - 1.24.6, 1.26.5 - 1.26.8, 1.27.2 - 1.30.3'],
    ['istio.io/reroute-virtual-interfaces', '-k', '1.25.0 - 1.30.3'],
  ])('reads %s as %s in %j', (key, flag, releases) => {
    const pod = workload({ annotations: { [key]: '7' } });
    const seen = (release: string): boolean => {
      const made = inject(pod, NO_MESH, profileOf(release), 'cni');
      // From 1.30 the name of an interface is checked.
      return made.kind === 'refused' || (made.kind === 'arguments' && wordsOf(made.arguments).join(' ').includes(`${flag} 7`));
    };
    expect(spans(seen)).toBe(releases);
  });

  it.each<[string, string, string]>([
    ['ISTIO_META_DNS_CAPTURE', '--redirect-dns --capture-all-dns', '1.11.0 - 1.30.3'],
    ['INVALID_DROP', '--drop-invalid', '1.12.2 - 1.30.3'],
    ['ISTIO_AGENT_DUAL_STACK', '--dual-stack', '1.18.5 - 1.18.7'],
    ['ISTIO_DUAL_STACK', '--dual-stack', '1.19.1 - 1.30.3'],
  ])('takes the variable %s for %s in %j', (name, flags, releases) => {
    const source = at('values.yaml', name);
    const withMetadata = (value: string): Mesh => ({
      ...NO_MESH,
      defaultConfig: { source, metadata: texts({ [name]: value }, 'values.yaml') },
    });
    expect(spans((release) => words(workload(), release, withMetadata('true')).endsWith(flags))).toBe(releases);
    expect(spans((release) => words(workload(), release, withMetadata('yes')).includes('--'))).toBe('');
    expect(plugged(workload(), '1.28.0', withMetadata('true')).environment.size).toBe(0);
  });

  it('takes the variables of the pod from its own istio-proxy before proxyMetadata', () => {
    const own = container('istio-proxy', { env: { ISTIO_META_DNS_CAPTURE: 'false' } });
    const source = at('values.yaml', 'x');
    const within: Mesh = { ...NO_MESH, defaultConfig: { source, metadata: texts({ ISTIO_META_DNS_CAPTURE: 'true' }) } };
    expect(words(workload({ containers: [own] }), '1.23.4', within)).not.toContain('--redirect-dns');
  });

  it('takes user and group from the container of the proxy from 1.19 on, and 0 for none', () => {
    const pod = (user: string, group: string): Workload => workload({ containers: [container('istio-proxy', { ids: { user, group } })] });
    expect(spans((release) => words(pod('2000', '3000'), release).includes('-u 2000 -g 3000'))).toBe('1.19.0 - 1.30.3');
    expect(words(pod('0', '0'), '1.23.4')).toContain('-u 1337 -g 1337');
  });

  it('sees on OpenShift the ids that the injector gave the proxy', () => {
    const range = openShift({
      annotations: { 'openshift.io/sa.scc.uid-range': '1000650000/10000', 'openshift.io/sa.scc.supplemental-groups': '2000-2999,5000/10' },
    });
    expect(spans((release) => words(workload(), release, range).includes('-u 1000659999 -g 2999'))).toBe('1.20.0 - 1.30.3');
    const tproxy = workload({ annotations: { 'sidecar.istio.io/interceptionMode': 'TPROXY' } });
    expect(words(tproxy, '1.20.0', range)).toContain('-u 1337 -g 2999 -m TPROXY');
    expect(words(tproxy, '1.28.0', range)).toContain('-u 1337 -g 1337 -m TPROXY');
  });

  it('refuses mode NONE, which the injector lets through', () => {
    const made = inject(workload({ annotations: { 'sidecar.istio.io/interceptionMode': 'NONE' } }), NO_MESH, profileOf('1.23.4'), 'cni');
    expect(made).toMatchObject({ kind: 'refused', installer: 'cni' });
    expect(made.kind === 'refused' && made.problems.map(formatProblem)).toEqual([
      'pod.yaml:34:1 sidecar.istio.io/interceptionMode: "NONE" is not REDIRECT or TPROXY, the modes of the CNI plugin',
    ]);
  });

  it('refuses included outbound ports, which no injector checks', () => {
    const pod = workload({ annotations: { [`${TRAFFIC}/includeOutboundPorts`]: 'http' } });
    expect(spans((release) => inject(pod, NO_MESH, profileOf(release), 'cni').kind === 'refused')).toBe('1.12.5 - 1.12.9, 1.13.2 - 1.30.3');
  });

  it('refuses a mesh value that the injector wrote for it, at the place of that value', () => {
    const values = mesh({ 'global.proxy.excludeIPRanges': 'none' });
    const made = inject(workload(), values, profileOf('1.23.4'), 'cni');
    expect(made).toMatchObject({ kind: 'refused', problems: [{ source: at('values.yaml', 'global.proxy.excludeIPRanges') }] });
  });

  it('leaves a pod without Envoy alone, and one whose proxy is no sidecar', () => {
    const off = workload({ containers: [container('istio-proxy', { env: { DISABLE_ENVOY: 'true' } })] });
    expect(inject(off, NO_MESH, profileOf('1.23.4'), 'cni')).toEqual({
      kind: 'none',
      reason: 'no sidecar',
      source: at('pod.yaml', 'DISABLE_ENVOY'),
    });
    const router = workload({ containers: [container('istio-proxy', { args: ['proxy', 'router'] })] });
    expect(inject(router, NO_MESH, profileOf('1.23.4'), 'cni').kind).toBe('none');
    expect(inject(router, NO_MESH, profileOf('1.23.4'), 'init').kind).toBe('arguments');
  });

  it('uses nftables from 1.27 on where the mesh does', () => {
    expect(spans((release) => words(workload(), release, mesh({ 'global.nativeNftables': 'true' })).includes('--native-nftables'))).toBe(
      '1.27.0 - 1.30.3',
    );
  });

  it('is told to be unknown before 1.7, and stood in for', () => {
    expect(plugged(workload(), '1.6.14').problems.map(formatProblem)).toEqual([
      'default injection of 1.6.14 warning: the CNI plugin of Istio 1.6.14 was a program of its own and is not known here; that of 1.7 is assumed',
    ]);
    expect(plugged(workload(), '1.7.0').problems).toEqual([]);
  });

  it('warns of an annotation that its injector reads and it does not', () => {
    const pod = workload({ annotations: { [`${TRAFFIC}/kubevirtInterfaces`]: 'eth0' } });
    expect(plugged(pod, '1.26.4').problems.map(formatProblem)).toEqual([
      `pod.yaml:44:1 warning: ${TRAFFIC}/kubevirtInterfaces has no effect at 1.26.4: the CNI plugin of that release does not read it`,
    ]);
    expect(plugged(pod, '1.26.5').problems).toEqual([]);
  });

  it('gives every argument its annotation, and below it the default of its own', () => {
    const pod = workload({ annotations: { [`${TRAFFIC}/excludeOutboundPorts`]: '80' } });
    expect(plugged(pod, '1.23.4').arguments.find(({ flag }) => flag === '-o')).toEqual({
      flag: '-o',
      value: '80',
      source: at('pod.yaml', `${TRAFFIC}/excludeOutboundPorts`),
      over: [{ value: '15020', source: { kind: 'injected', release: '1.23.4' } }],
    });
  });

  it('knows the mesh value that an annotation beat in the injector, and no default of the injector', () => {
    const pod = workload({ annotations: { [`${TRAFFIC}/includeOutboundIPRanges`]: '10.0.0.0/8' } });
    const made = plugged(pod, '1.23.4', mesh({ 'global.proxy.includeIPRanges': '11.0.0.0/8' }));
    expect(made.arguments.find(({ flag }) => flag === '-i')?.over).toEqual([
      { value: '11.0.0.0/8', source: at('values.yaml', 'global.proxy.includeIPRanges') },
      { value: '*', source: { kind: 'injected', release: '1.23.4' } },
    ]);
  });

  it.each(RELEASES)('has arguments that the program of %s takes', (release) => {
    const injection = inject(workload(), NO_MESH, profileOf(release), 'cni');
    const source = { kind: 'option', option: '--release' } as const;
    const plan = planOfWorkload({ workload: workload(), injection, release: { value: release, source }, found: false, problems: [] });
    expect(plan?.problems.filter(({ code }) => code !== 'plugin-unknown')).toEqual([]);
  });
});
