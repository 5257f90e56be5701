import { describe, expect, it } from 'vitest';
import type { ClusterAccess } from '../../src/host/cluster/access.ts';
import { formatProblem, ProblemError } from '../../src/istio/problems.ts';
import { refuseUnusedAccess, usedAccess } from '../../src/sources/cluster-options.ts';
import { implicitSource } from '../../src/sources/implicit-source.ts';

const GIVEN = {
  '--context': { context: 'trial' },
  '--kubeconfig': { kubeconfig: 'config' },
  '--namespace': { namespace: 'shop' },
  '--all-namespaces': { allNamespaces: true },
  '--selector': { selector: 'app=web' },
} as const satisfies Record<string, ClusterAccess>;
const OPTIONS = Object.keys(GIVEN) as (keyof typeof GIVEN)[];

/** The options that are refused beside the sources. */
function refused(...sources: readonly string[]): readonly string[] {
  return OPTIONS.filter((option) => said(() => refuseUnusedAccess(sources, { cluster: GIVEN[option] })) !== '');
}

function said(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problems.map(formatProblem).join('\n');
  }
}

describe('the options of a cluster', () => {
  it.each([
    'pod.yaml',
    './pod/web',
    'depoy/web',
    '-',
    '@1.23',
    '@own',
    'saved.txt@1.23',
    'pods.json#Deployment/shop/web',
    'live',
    'pid:7',
    'netns:/run/netns/a',
    'exec:deploy/web',
  ])('are refused beside %s, which is in no cluster', (source) => {
    expect(refused(source)).toEqual(OPTIONS);
  });

  it.each<[string, readonly string[]]>([
    ['pod/web', ['--all-namespaces', '--selector']],
    ['deploy/web@1.20', ['--all-namespaces', '--selector']],
    ['Deployment/shop/web', ['--all-namespaces', '--selector']],
    ['Deployment/bank/web', ['--namespace', '--all-namespaces', '--selector']],
    ['ns/', ['--all-namespaces']],
    ['ns/shop', ['--all-namespaces']],
    ['ns/bank', ['--namespace', '--all-namespaces']],
    ['cluster', ['--namespace']],
    ['cluster#Deployment/shop/web', ['--namespace']],
    ['pod/--kubeconfig=x', []],
  ])('beside %s are refused where they would change nothing there: %j', (source, options) => {
    expect(refused(source)).toEqual(options);
  });

  it('are for any of several sources', () => {
    expect(refused('before.yaml', 'cluster')).toEqual(['--namespace']);
    expect(refused('@own', '@1.28')).toEqual(OPTIONS);
    const settings = { filename: 'cluster', manifests: { filenames: ['cluster'], values: [], imageReleases: [], keepArguments: false } };
    expect(said(() => refuseUnusedAccess(['@own', '@1.28'], { ...settings, cluster: GIVEN['--selector'] }))).toBe('');
  });

  it('are refused in one line that says what they go with', () => {
    const line = (sources: readonly string[], cluster: ClusterAccess): string => said(() => refuseUnusedAccess(sources, { cluster }));
    expect(line(['pod.yaml'], GIVEN['--context'])).toBe(
      '--context changes nothing beside "pod.yaml"; it goes with a SOURCE in a cluster: pod/NAME, deploy/NAME, ns/NAME or cluster',
    );
    expect(line(['a.yaml', 'b\n.yaml'], GIVEN['--namespace'])).toBe(
      '--namespace changes nothing beside "a.yaml" and "b\\n.yaml"; it goes with pod/NAME or deploy/NAME, or with no SOURCE, for all pods there; in a file a workload is named as NAMESPACE/NAME (--workload, FILE#NAME)',
    );
    expect(line(['pod/web'], GIVEN['--selector'])).toBe(
      '--selector changes nothing beside "pod/web"; it goes with many pods: ns/NAME, cluster, -n NAME or -A',
    );
    expect(line([], GIVEN['--kubeconfig'])).toContain('--kubeconfig changes nothing without a SOURCE; ');
  });

  it('are taken without a SOURCE where they say which pods', () => {
    expect(implicitSource(undefined, { cluster: { ...GIVEN['--namespace'], ...GIVEN['--selector'], ...GIVEN['--context'] } })).toBe(
      `ns/${GIVEN['--namespace'].namespace}`,
    );
    expect(implicitSource(undefined, { cluster: GIVEN['--selector'] })).toBe('ns/');
    expect(implicitSource(undefined, { cluster: { ...GIVEN['--all-namespaces'], ...GIVEN['--selector'] } })).toBe('cluster');
    expect(said(() => implicitSource(undefined, { args: ['-p', '15001'], cluster: GIVEN['--namespace'] }))).toContain('without a SOURCE');
    expect(said(() => implicitSource(undefined, { filename: 'pod.yaml', cluster: GIVEN['--namespace'] }))).toContain('beside "pod.yaml"');
  });

  it('stand in a command that is proposed where they are taken', () => {
    const access = { ...GIVEN['--context'], ...GIVEN['--namespace'], ...GIVEN['--selector'], seconds: 5 };
    expect(usedAccess(['Pod/shop/web-1'], access)).toEqual({ context: 'trial', namespace: 'shop', seconds: 5 });
    expect(usedAccess(['ns/'], access)).toEqual(access);
    expect(usedAccess(['pod.yaml'], access)).toEqual({ seconds: 5 });
  });
});
