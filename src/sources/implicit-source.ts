/** The SOURCE of a command that names none. */

import type { ClusterAccess } from '../host/cluster/access.ts';
import { isOfCluster } from '../host/cluster/cluster-in.ts';
import { unreadable } from '../host/failure/unreadable.ts';
import { holdsStandardInput, isEmptyPipe } from '../host/standard-input.ts';
import { OWN_NAMESPACE } from '../istio/kubernetes/cluster/cluster-name.ts';
import { ProblemError } from '../istio/problems.ts';
import { refuseUnusedAccess } from './cluster-options.ts';
import { kindOfFile } from './kind-of-file.ts';
import type { SourceOptions } from './options.ts';
import { isPrefixed, parseSource } from './source-name.ts';

type Named = Pick<SourceOptions, 'filename' | 'manifests' | 'args' | 'cluster'> & Partial<Pick<SourceOptions, 'sets' | 'release'>>;

/**
 * The source that was named; else standard input where it is a pipe or a file that holds something and nothing else says what to
 * work on. Throws a ProblemError for an option of a cluster beside anything else, and, unless it is
 * nothing for a command that shows what it was given, for a pipe with nothing in it.
 */
export function implicitSource(named: string | undefined, given: Named, emptyPipe: 'refused' | 'nothing' = 'refused'): string | undefined {
  const source = namedOrImplied(named, given, emptyPipe);
  refuseUnusedAccess([source], given);
  return source;
}

function namedOrImplied(
  source: string | undefined,
  { filename, args, cluster, sets = [], release }: Named,
  emptyPipe: 'refused' | 'nothing',
): string | undefined {
  if (source !== undefined || filename !== undefined || args !== undefined) return source;
  const named = cluster === undefined ? undefined : clusterSource(cluster);
  if (named !== undefined) return named;
  if (holdsStandardInput()) return '-';
  // A command before the pipe that failed must not make this machine, or a default pod, the thing that is judged.
  if (emptyPipe === 'refused' && sets.length === 0 && release === undefined && isEmptyPipe())
    throw new ProblemError([unreadable('-', EMPTY_PIPE)]);
  return undefined;
}

const EMPTY_PIPE = 'is empty: the command before the pipe has printed nothing; without one, name a SOURCE (live is this network namespace)';

/** What kubectl would take without a name: all pods of a namespace, or of all of them. */
function clusterSource({ allNamespaces, namespace, selector }: ClusterAccess): string | undefined {
  if (allNamespaces === true) return 'cluster';
  if (namespace !== undefined) return `ns/${namespace}`;
  return selector === undefined ? undefined : OWN_NAMESPACE;
}

/** Whether a word stands for something to work on: standard input, a namespace, a release, a command, a cluster's pods, or a file that is there. */
export function isSource(word: string): boolean {
  if (word === '-' || isPrefixed(word)) return true;
  const name = parseSource(word);
  return name.kind === 'file' && (name.file === '-' || kindOfFile(name.file) !== undefined || isOfCluster(name.file));
}
