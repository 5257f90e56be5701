/** The options that say which cluster, and what of it: each goes with some SOURCES, and beside others it would change nothing. */

import type { ClusterAccess } from '../host/cluster/access.ts';
import { clusterIn } from '../host/cluster/cluster-in.ts';
import { badOption } from '../istio/bad-option.ts';
import type { ClusterName } from '../istio/kubernetes/cluster/cluster-name.ts';
import { quoted } from '../istio/problems.ts';
import type { SourceOptions } from './options.ts';
import { parseSource } from './source-name.ts';

interface ClusterOption {
  readonly option: string;
  readonly key: keyof ClusterAccess;
  readonly appliesTo: (name: ClusterName, access: ClusterAccess) => boolean;
  /** The SOURCES that it goes with, in words. */
  readonly commands: string;
}

const EVERY = 'a SOURCE in a cluster: pod/NAME, deploy/NAME, ns/NAME or cluster';

const CLUSTER_OPTIONS: readonly ClusterOption[] = [
  { option: '--context', key: 'context', appliesTo: () => true, commands: EVERY },
  { option: '--kubeconfig', key: 'kubeconfig', appliesTo: () => true, commands: EVERY },
  {
    option: '--namespace',
    key: 'namespace',
    // Whoever names the same namespace twice means one thing.
    appliesTo: (name, { namespace }) => name.kind !== 'cluster' && (namespaceIn(name) ?? namespace) === namespace,
    commands: 'pod/NAME or deploy/NAME, or with no SOURCE, for all pods there',
  },
  {
    option: '--all-namespaces',
    key: 'allNamespaces',
    appliesTo: ({ kind }) => kind === 'cluster',
    commands: 'no other SOURCE: it is the same as cluster',
  },
  {
    option: '--selector',
    key: 'selector',
    appliesTo: ({ kind }) => kind !== 'object',
    commands: 'many pods: ns/NAME, cluster, -n NAME or -A',
  },
];

function namespaceIn(name: Exclude<ClusterName, { kind: 'cluster' }>): string | undefined {
  return name.kind === 'namespace' ? name.name : name.namespace;
}

/** Refuses an option that none of the SOURCES takes, of which `-f` names some. Throws a ProblemError. */
export function refuseUnusedAccess(
  sources: readonly (string | undefined)[],
  { filename, manifests, cluster: access = {} }: Pick<SourceOptions, 'filename' | 'manifests' | 'cluster'>,
): void {
  const named = [...sources, ...(manifests?.filenames ?? [filename])].flatMap((source) => source ?? []);
  const unused = CLUSTER_OPTIONS.find((one) => access[one.key] !== undefined && !named.some((source) => usesOption(source, one, access)));
  if (unused === undefined) return;
  const beside = named.length === 0 ? 'without a SOURCE' : `beside ${named.map((source) => quoted(source)).join(' and ')}`;
  const ofFiles =
    unused.key === 'namespace' && named.length > 0 ? '; in a file a workload is named as NAMESPACE/NAME (--workload, FILE#NAME)' : '';
  throw badOption(unused.option, `changes nothing ${beside}; it goes with ${unused.commands}${ofFiles}`);
}

/** What of the access the SOURCES take: the rest would be refused beside them. */
export function usedAccess(sources: readonly string[], access: ClusterAccess = {}): ClusterAccess {
  const unused = CLUSTER_OPTIONS.filter((one) => !sources.some((source) => usesOption(source, one, access))).map(({ key }) => key);
  return Object.fromEntries(Object.entries(access).filter(([key]) => !unused.some((one) => one === key)));
}

function usesOption(source: string, { appliesTo }: ClusterOption, access: ClusterAccess): boolean {
  const name = parseSource(source);
  const cluster = name.kind === 'file' ? clusterIn(name.file) : undefined;
  // Of a name that can be none its reader says why.
  return cluster !== undefined && ('refused' in cluster || appliesTo(cluster, access));
}
