/** Lint over texts. */

import type { LintReport } from '../istio/advice/lint/collect.ts';
import { lintGathering } from '../istio/advice/lint/collect.ts';
import { deadRuleFinder } from '../istio/advice/lint/dead-rules.ts';
import { badOption } from '../istio/bad-option.ts';
import { INSTALLERS } from '../istio/kubernetes/injection/injected.ts';
import { resolveRelease } from '../istio/releases/resolve-release.ts';
import { fields, text } from './checked.ts';
import { meshFrom, readManifests } from './manifests.ts';
import type { PlanInput } from './plan.ts';

/** What of manifests, or of a SidecarCapture, does not do what it seems to. Throws a ProblemError for input that can't be used at all. */
export function lint(input: Pick<PlanInput, 'manifests' | 'values' | 'release' | 'installer'>): LintReport {
  const { manifests, values, release, installer } = fields('lint', input, ['manifests', 'values', 'release', 'installer']);
  const by = INSTALLERS.find((one) => one === installer);
  if (installer !== undefined && by === undefined)
    throw badOption('installer', `${JSON.stringify(installer)} is not one of ${INSTALLERS.join(', ')}`);
  const named =
    release === undefined ? undefined : { value: text('release', release), source: { kind: 'option', option: 'release' } as const };
  if (named !== undefined) resolveRelease(named);
  const gathering = lintGathering({
    images: [],
    findDead: deadRuleFinder().find,
    ...(by && { installer: by }),
    ...(named && { release: named }),
  });
  const { workloads, sidecars, others, mesh, problems } = readManifests(manifests, meshFrom(values));
  for (const workload of workloads) gathering.workload(workload, mesh);
  for (const { sidecar, source } of sidecars) gathering.sidecar(sidecar, source);
  for (const other of others) gathering.other(other, mesh);
  for (const one of [...mesh.problems, ...problems]) gathering.problem(one);
  return gathering.report();
}
