/** The injection templates that a pod chooses for itself: `inject.istio.io/templates`. */

import type { Origin } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { problem, quoted } from '../../problems.ts';
import type { ChangeName, Profile } from '../../releases/profile.ts';
import type { PodTemplate } from '../manifest/workload.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { Refusal } from './injected.ts';

const TEMPLATES = 'inject.istio.io/templates';

/** Istio's own templates (istiod-injector-configmap.yaml): whether they have an init container for rules, and since when they are there. */
const STOCK: ReadonlyMap<string, { readonly makesRules?: true; readonly needs?: ChangeName; readonly fails?: true }> = new Map<
  string,
  { readonly makesRules?: true; readonly needs?: ChangeName; readonly fails?: true }
>([
  ['sidecar', { makesRules: true }],
  ['gateway', {}],
  ...['grpc-simple', 'grpc-agent'].map((name) => [name, { needs: 'knowsGrpcTemplates' }] as const),
  // They are filled in with what only the controller of Gateways knows.
  ...['waypoint', 'kube-gateway', 'agentgateway', 'agentgateway-waypoint'].map(
    (name) => [name, { needs: 'knowsWaypointTemplate', fails: true }] as const,
  ),
]);

export interface ChosenTemplates {
  readonly source: Origin;
  readonly makeRules: boolean;
  /** Why there is no pod. */
  readonly refusal?: Refusal;
  /** Errors beside a refusal. */
  readonly problems: readonly Problem[];
  /** Texts of templates that are laid over the pod as they stand, in their order. */
  readonly overlays: readonly string[];
}

export function choosesTemplates({ annotations }: PodTemplate): boolean {
  return annotations.has(TEMPLATES);
}

/** What a pod's templates come to (`selectTemplates` in `pkg/kube/inject/inject.go`); undefined where neither it nor the mesh chooses any. */
export function chosenTemplates(
  { annotations, source: pod }: PodTemplate,
  { templates }: Mesh,
  { has }: Profile,
): ChosenTemplates | undefined {
  if (!has('injectsGatewayTemplate')) return undefined;
  const chosen = annotations.get(TEMPLATES);
  const listed = chosen?.value.split(',') ?? templates?.byDefault;
  if (listed === undefined) return undefined;
  const source = chosen?.source ?? pod;
  const names = listed.flatMap((name) => templates?.aliases.get(name.trim()) ?? [name.trim()]);
  const stock = (name: string): ReturnType<typeof STOCK.get> => {
    const one = templates?.all === true && !templates.makeRules.has(name) ? undefined : STOCK.get(name);
    return one?.needs === undefined || has(one.needs) ? one : undefined;
  };
  const own = (name: string): boolean => templates?.makeRules.has(name) === true;
  const makeRules = names.some((name) => (own(name) ? templates?.makeRules.get(name) : stock(name)?.makesRules) === true);
  const unknown = names.filter((name) => !own(name) && stock(name) === undefined);
  const known = [...STOCK.keys()].filter((name) => stock(name) !== undefined);
  const allowed = `a template of the injector: ${[...new Set([...known, ...(templates?.makeRules.keys() ?? [])])].map((name) => quoted(name)).join(', ')} (--values takes the values or the ConfigMap that has others)`;
  const refused = (which: readonly string[], refusal: Refusal, text: string): ChosenTemplates => {
    const value = which.map((name) => quoted(name)).join(', ');
    return {
      source,
      makeRules,
      refusal,
      problems: [problem('not-a-value', source, { name: TEMPLATES, value, allowed: text })],
      overlays: [],
    };
  };
  if (unknown.length > 0) return refused(unknown, 'unknown template', allowed);
  const failing = names.filter((name) => !own(name) && stock(name)?.fails === true);
  if (failing.length > 0) return refused(failing, 'the template fails', 'a template for sidecars');
  const overlays = names.flatMap((name) => templates?.texts.get(name) ?? []).filter((text) => !text.includes('{{'));
  return { source, makeRules, problems: [], overlays };
}
