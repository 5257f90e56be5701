/** Annotations of Istio that stand in no workload: names and values are checked where they stand. */

import type { OtherObject, OtherPlace } from '../../kubernetes/manifest/other-object.ts';
import type { Texts, Workload } from '../../kubernetes/manifest/workload.ts';
import type { Origin } from '../../origin.ts';
import type { Diagnostic, LintRequest } from '../lint.ts';
import { filled, lintWorkload } from '../lint.ts';
import { OF_PODS } from './known-annotations.ts';
import type { Raised } from './subject.ts';

export function lintOther(object: OtherObject, request: LintRequest): readonly Diagnostic[] {
  const raised = object.places.flatMap((place) => raisedAt(place, object));
  const inPlace = object.places.flatMap((place) => (place.as === 'annotations' ? ofAnnotations(place.texts, object, request) : []));
  return [...raised, ...notKnown(object)].map(filled).concat(inPlace);
}

function raisedAt(
  { as, where, belongs = 'metadata.annotations of the pod template', texts }: OtherPlace,
  { what }: OtherObject,
): readonly Raised[] {
  switch (as) {
    case 'labels':
      return [...texts].map(([name, { source }]) => ({
        code: 'annotation-as-label',
        source,
        args: { name, where: where === '' ? 'here' : where },
      }));
    case 'object':
      return [...texts]
        .filter(([name]) => OF_PODS.includes(name))
        .map(([name, { source }]) => ({ code: 'misplaced-annotation', source, args: { name, where, path: belongs } }));
    case 'capture mode':
      return [...texts].map(([direction, { source }]) => {
        const inbound = direction === 'ingress';
        const annotation = `traffic.sidecar.istio.io/${inbound ? 'excludeInboundPorts' : 'excludeOutboundPorts'}`;
        const port = where === '' ? '' : ` of port${where}`;
        return { code: 'sidecar-capture-mode', source, args: { what, direction: inbound ? 'inbound' : 'outbound', port, annotation } };
      });
    case 'annotations':
      return [];
    default:
      return as satisfies never;
  }
}

/** A value that a template fills in later. */
const FILLED_IN = /\{\{|\$\{|\$\(/;

/** They are looked at as those of a pod of which nothing else is known; what is not about one of them is not told. */
function ofAnnotations(texts: Texts, { source }: OtherObject, request: LintRequest): readonly Diagnostic[] {
  const given = new Map([...texts].filter(([, { value }]) => !FILLED_IN.test(value)));
  const bare = { hostNetwork: false, ids: { supplementalGroups: [] }, containers: [], initContainers: [], addresses: [] };
  const pod = { ...bare, source, annotations: given, labels: new Map() };
  const workload: Workload = { kind: 'Pod', namespace: '', name: '', source, annotations: new Map(), pod };
  return lintWorkload(workload, request).diagnostics.filter((one) => [...given.values()].some((text) => isWithin(one.source, text.source)));
}

function isWithin(source: Origin, text: Origin): boolean {
  if (source.kind !== 'file' || text.kind !== 'file') return false;
  // What stands in a literal block stands below its header.
  if (text.indent !== undefined && source.line >= text.line && source.key?.startsWith(text.key ?? '') === true) return true;
  return source.line === text.line && source.column === text.column;
}

function notKnown({ what, source, podsKnown, places }: OtherObject): readonly Raised[] {
  const count = places.reduce((sum, { as, texts }) => sum + (as === 'annotations' ? texts.size : 0), 0);
  if (podsKnown || count === 0) return [];
  const command = what === 'Helm values' ? 'helm template . | istio-init lint -' : 'kubectl get pods -A -o json | istio-init lint -';
  const args = { what, count: count === 1 ? '1 annotation' : `${count} annotations`, command };
  return [{ code: 'pods-not-known', source, args }];
}
