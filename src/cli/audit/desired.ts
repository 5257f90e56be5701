/** What the proxy of a pod calls for: the plans that its release makes of what the pod tells. */

import { badOption } from '../../istio/bad-option.ts';
import type { ProxyProcess } from '../../istio/found/audit/proxy-process.ts';
import { meshFor, releaseOfProxy, workloadOf } from '../../istio/found/audit/proxy-process.ts';
import type { Installer } from '../../istio/kubernetes/injection/injected.ts';
import { INSTALLERS } from '../../istio/kubernetes/injection/injected.ts';
import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import { injectionOf } from '../../istio/kubernetes/workload-injection.ts';
import { planOfWorkload } from '../../istio/kubernetes/workload-plan.ts';
import type { Sourced } from '../../istio/origin.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { ProblemError } from '../../istio/problems.ts';
import type { Facts } from '../../istio/settings/facts.ts';

/** What holds for all pods of the node. */
export interface Desired {
  readonly mesh: Mesh;
  /** In place of what the proxy's image tells. */
  readonly release?: Sourced<string>;
  /** Who makes the rules; where it is not said, a pod may have those of either. */
  readonly installer?: Installer;
}

export interface DesiredPlan {
  readonly installer: Installer;
  readonly plan: CapturePlan;
}

export interface DesiredPlans {
  /** Those that are as good as each other. */
  readonly plans: readonly DesiredPlan[];
  /** Whether no rules at all are as good: an installer leaves such a pod alone. */
  readonly orNone: boolean;
}

/**
 * What may be there, of either installer where it is not said which was at work.
 * Throws a ProblemError where its release is not known, or its settings can't be used by any installer.
 */
export function desiredPlans(proxy: ProxyProcess, facts: Facts, { mesh, release, installer }: Desired): DesiredPlans {
  const at = release ?? releaseOfProxy(proxy);
  if (at === undefined) throw badOption('--release', 'the release of the proxy is unknown; name it');
  const workload = workloadOf(proxy, facts.addresses ?? [], facts.nameservers);
  const request = { mesh: meshFor(mesh, proxy), at: { kind: 'release', release: at, keepArguments: false }, images: [] } as const;
  const refused: unknown[] = [];
  let orNone = false;
  const plans = (installer === undefined ? INSTALLERS : [installer]).flatMap((one): DesiredPlan[] => {
    try {
      const plan = planOfWorkload(injectionOf(workload, { ...request, installer: one }), facts);
      orNone ||= plan === undefined;
      return plan === undefined ? [] : [{ installer: one, plan }];
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      refused.push(error);
      return [];
    }
  });
  if (plans.length === 0 && !orNone) throw refused[0];
  return { plans, orNone };
}
