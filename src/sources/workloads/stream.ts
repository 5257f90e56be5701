/** Manifests to workloads, one after another: nothing is kept of those that were passed on. */

import type { ClusterAccess } from '../../host/cluster/access.ts';
import type { WalkedFolders } from '../../host/manifests/walk.ts';
import type { Progress } from '../../host/manifests.ts';
import { manifestItems } from '../../host/manifests.ts';
import type { ManifestItem } from '../../istio/kubernetes/manifest/item.ts';
import type { OtherObject } from '../../istio/kubernetes/manifest/other-object.ts';
import type { Workload } from '../../istio/kubernetes/manifest/workload.ts';
import type { ContextItem } from '../../istio/kubernetes/mesh/context.ts';
import { withContext } from '../../istio/kubernetes/mesh/context.ts';
import { meshOf } from '../../istio/kubernetes/mesh/injector-of.ts';
import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import type { Problem } from '../../istio/problems.ts';
import { problem } from '../../istio/problems.ts';
import { quoteForPasting } from '../../netfilter/words.ts';

/** What was seen on the way, besides the workloads. */
export interface Passed {
  /** Kinds without pods, and how many of each. */
  readonly skipped: Map<string, number>;
  readonly problems: Problem[];
  /** How much of the folders was read, where some were named. */
  folders?: readonly WalkedFolders[];
  /** Who wants them is shown what is no workload and yet says something of pods' rules. */
  readonly other?: (object: OtherObject, mesh: Mesh) => void;
}

/** Who has made so many mistakes has made one. */
const MOST_PROBLEMS = 200;

export type Streamed =
  /** With the mesh as far as it is known when the workload comes. */
  /** `count`: so many that have all in common with this one but their names, where that is more than one. */
  | { readonly kind: 'workload'; readonly workload: Workload; readonly mesh: Mesh; readonly count?: number }
  | Extract<ManifestItem, { readonly kind: 'sidecar' }>;

export interface StreamOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly cluster?: ClusterAccess | undefined;
  /** Of what a cluster has, owners beside their pods. */
  readonly owners?: boolean;
  /** What stands in files in place of what they hold. */
  readonly texts?: ReadonlyMap<string, string>;
  /** Whether one stands for those that have all in common with it but their names; without it, each comes by itself. */
  readonly folds?: (one: Streamed) => boolean;
}

/** The workloads of files, folders and standard input (`-`). What else is there goes into `passed`. */
export async function* workloadsOf(
  files: readonly string[],
  mesh: Mesh,
  passed: Passed,
  { onProgress, cluster, owners, texts, folds }: StreamOptions = {},
): AsyncGenerator<Streamed> {
  let known = mesh;
  // Added when a workload asks: each time costs a copy of all that is known.
  let pending: ContextItem[] = [];
  for await (const item of manifestItems(files, {
    rootNamespace: mesh.rootNamespace,
    onFolders: (folders) => {
      passed.folders = [folders];
      passed.problems.push(...chartProblems(folders));
    },
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(texts === undefined ? {} : { texts }),
    ...(owners === undefined ? {} : { owners }),
    folds: folds !== undefined,
  })) {
    switch (item.kind) {
      case 'workload':
        if (pending.length > 0) known = withContext(known, ...pending);
        pending = [];
        yield { kind: 'workload', workload: item.workload, mesh: meshOf(item.workload, known) };
        break;
      case 'row': {
        if (pending.length > 0) known = withContext(known, ...pending);
        pending = [];
        const withMesh = (workload: Workload) => ({ kind: 'workload', workload, mesh: meshOf(workload, known) }) as const;
        const kin = item.kin.map(({ workload, count }) => ({ ...withMesh(workload), count }));
        yield* folds !== undefined && kin.every(folds) ? kin : item.all().map(withMesh);
        break;
      }
      case 'sidecar':
        yield item;
        break;
      case 'proxy config':
      case 'namespace':
        pending.push(item);
        break;
      case 'other object':
        if (pending.length > 0) known = withContext(known, ...pending);
        pending = [];
        passOther(item, known, passed);
        break;
      default:
        pass(item, passed);
    }
  }
}

function chartProblems({ charts }: WalkedFolders): readonly Problem[] {
  return charts.map(({ folder, templates }) =>
    problem(
      'unrendered-chart',
      { kind: 'file', file: folder, line: 0, column: 0 },
      {
        count: templates === 1 ? '1 template is' : `${templates} templates are`,
        command: `helm template ${quoteForPasting(folder)} > rendered.yaml`,
      },
    ),
  );
}

/** Shows it to who wants it; to all others it is what it was before. */
export function passOther(item: Extract<ManifestItem, { readonly kind: 'other object' }>, mesh: Mesh, passed: Passed): void {
  if (passed.other !== undefined) passed.other(item.object, mesh);
  else if (item.otherwise !== undefined) pass(item.otherwise, passed);
}

/** Keeps what is no workload. */
export function pass(item: Extract<ManifestItem, { readonly kind: 'skipped' | 'problem' }>, { skipped, problems }: Passed): void {
  if (item.kind === 'skipped') skipped.set(item.what, (skipped.get(item.what) ?? 0) + 1);
  else if (problems.length < MOST_PROBLEMS) problems.push(item.problem);
  else if (problems.length === MOST_PROBLEMS)
    problems.push(problem('too-many-problems', item.problem.source, { most: String(MOST_PROBLEMS) }));
}
