/** The injection templates that a pod chooses for itself: `inject.istio.io/templates`. */

import type { Origin } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { problem, quoted } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import type { PodTemplate } from '../manifest/workload.ts';
import type { Mesh } from '../mesh/mesh.ts';

const TEMPLATES = 'inject.istio.io/templates';

/** Istio's own templates, of all releases (istiod-injector-configmap.yaml), and whether they have an init container for rules. */
const STOCK: ReadonlyMap<string, boolean> = new Map([
  ['sidecar', true],
  ...['gateway', 'grpc-simple', 'grpc-agent', 'waypoint', 'kube-gateway', 'agentgateway', 'agentgateway-waypoint'].map(
    (name) => [name, false] as const,
  ),
]);

export interface ChosenTemplates {
  readonly source: Origin;
  readonly makeRules: boolean;
  /** An error where the injector has no such template; a warning where it may have one that is not known here. */
  readonly problems: readonly Problem[];
}

export function choosesTemplates({ annotations }: PodTemplate): boolean {
  return annotations.has(TEMPLATES);
}

/** What a pod's templates come to (`selectTemplates` in `pkg/kube/inject/inject.go`); undefined where it chooses none. */
export function chosenTemplates({ annotations }: PodTemplate, { templates }: Mesh, { has }: Profile): ChosenTemplates | undefined {
  const chosen = has('injectsGatewayTemplate') ? annotations.get(TEMPLATES) : undefined;
  if (chosen === undefined) return undefined;
  const names = chosen.value.split(',').flatMap((name) => templates?.aliases.get(name.trim()) ?? [name.trim()]);
  const makesRules = (name: string): boolean | undefined => templates?.makeRules.get(name) ?? STOCK.get(name);
  const makeRules = names.some(makesRules);
  const unknown = names.filter((name) =>
    templates?.all === true ? !templates.makeRules.has(name) : name === '' || makesRules(name) === undefined,
  );
  if (unknown.length === 0) return { source: chosen.source, makeRules, problems: [] };
  const value = unknown.map((name) => quoted(name)).join(', ');
  const refused = templates?.all === true || unknown.includes('');
  const allowed = `a template of the injector: ${[...(templates?.makeRules ?? STOCK).keys()].map((name) => quoted(name)).join(', ')}`;
  const found = refused
    ? problem('not-a-value', chosen.source, { name: TEMPLATES, value, allowed })
    : problem('unknown-template', chosen.source, { value, consequence: makeRules ? WITH : WITHOUT });
  return { source: chosen.source, makeRules, problems: [found] };
}

const WITH = 'the pod is given the rules of the others';
const WITHOUT = 'no other of the pod has an init container, so it is given no rules';
