import { badOption } from '../../istio/bad-option.ts';
import { planFromSettings } from '../../istio/kubernetes/plan-from-settings.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import type { SidecarFile } from '../../istio/settings/sidecar-file.ts';
import { KIND } from '../../istio/settings/sidecar-file.ts';
import type { ManifestOptions } from '../options.ts';
import type { PlanInput, PlanOptions } from './input.ts';
import { madeWith } from './placeholder-nameserver.ts';

/** Throws a ProblemError for what can't be used: it sets all of it itself, so that options for workloads have no part in it. */
export function planOfSidecar(file: SidecarFile, { manifests, release, sets, placeholder = false }: PlanOptions, known: Facts): PlanInput {
  const stray = manifests === undefined ? undefined : strayOption(manifests);
  if (stray !== undefined) throw badOption(stray, `goes with workloads of Kubernetes; a ${KIND} sets all of it itself`);
  const named = release === undefined ? {} : { release: { value: release, source: { kind: 'option', option: '--release' } as const } };
  const made = madeWith(known, placeholder, (facts) => planFromSettings({ file, sets, facts, ...named }));
  return { kind: 'plan', ...made, notes: [], basis: { kind: 'settings', file, sets } };
}

function strayOption({ values, installer, imageReleases, keepArguments, asInjected }: ManifestOptions): string | undefined {
  if (values.length > 0) return '--values';
  if (installer !== undefined) return '--installer';
  if (imageReleases.length > 0) return '--image-release';
  if (asInjected === true) return '--as-injected';
  return keepArguments ? '--keep-args' : undefined;
}
