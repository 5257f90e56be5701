/** The SOURCE of a command that names none. */

import type { ClusterAccess } from '../host/cluster/access.ts';
import { isOfCluster } from '../host/cluster/cluster-in.ts';
import { holdsStandardInput } from '../host/standard-input.ts';
import { OWN_NAMESPACE } from '../istio/kubernetes/cluster/cluster-name.ts';
import { refuseUnusedAccess } from './cluster-options.ts';
import { kindOfFile } from './kind-of-file.ts';
import type { SourceOptions } from './options.ts';
import { isPrefixed, parseSource } from './source-name.ts';

type Named = Pick<SourceOptions, 'filename' | 'manifests' | 'args' | 'cluster'>;

/**
 * The source that was named; else standard input where it is a pipe or a file that holds something and nothing else says what to
 * work on. Throws a ProblemError for an option of a cluster beside anything else.
 */
export function implicitSource(named: string | undefined, given: Named): string | undefined {
  const source = namedOrImplied(named, given);
  refuseUnusedAccess([source], given);
  return source;
}

function namedOrImplied(source: string | undefined, { filename, args, cluster }: Named): string | undefined {
  if (source !== undefined || filename !== undefined || args !== undefined) return source;
  const asked = cluster === undefined ? undefined : clusterSource(cluster);
  if (asked !== undefined) return asked;
  return holdsStandardInput() ? '-' : undefined;
}

/** What kubectl would take without a name: all pods of a namespace, or of all of them. */
function clusterSource({ allNamespaces, namespace, selector }: ClusterAccess): string | undefined {
  if (allNamespaces === true) return 'cluster';
  return namespace !== undefined || selector !== undefined ? OWN_NAMESPACE : undefined;
}

/** Whether a word stands for something to work on: standard input, a namespace, a release, a command, a cluster's pods, or a file that is there. */
export function isSource(word: string): boolean {
  if (word === '-' || isPrefixed(word)) return true;
  const name = parseSource(word);
  return name.kind === 'file' && (kindOfFile(name.file) !== undefined || isOfCluster(name.file));
}
