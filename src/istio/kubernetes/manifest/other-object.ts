/** Objects that are no workload and yet say something of pods' rules: annotations of Istio wherever they are written. */

import type { Origin, Sourced } from '../../origin.ts';
import type { YamlNode } from '../../yaml.ts';
import { readYaml } from '../../yaml.ts';
import { field, isNull, itemsIn, sourceOf, textOf } from '../../yaml-fields.ts';
import { groupOf, podKind } from './kinds.ts';
import type { Texts } from './workload.ts';

export interface OtherPlace {
  /** `object`: annotations for pods on an object that is none; `capture mode`: of a listener of a Sidecar. */
  readonly as: 'annotations' | 'labels' | 'object' | 'capture mode';
  /** Of `object`: what it stands on, and where it belongs. Of `capture mode`: the port, where one is named. */
  readonly where: string;
  readonly belongs?: string;
  readonly texts: Texts;
}

export interface OtherObject {
  /** `Elasticsearch search/logs`, `Helm values`, `a JSON patch`. */
  readonly what: string;
  readonly source: Origin;
  /** Whether the pods stand there as well, so that only what is beside them is told. */
  readonly podsKnown: boolean;
  readonly places: readonly OtherPlace[];
}

/** Names that make a mapping one of Istio's annotations. */
const OF_ISTIO =
  /^(?:(?:[a-z-]+\.)*sidecars?\.istio\.io|(?:proxy|inject|prometheus)\.istio\.io|(?:traffic|status|readiness)\.[\w.-]*istio[\w.-]*)\/|^istio\.io\/reroute-virtual-interfaces$/;
/** The one that is read as a label, too. */
const LABEL = 'sidecar.istio.io/inject';
/** Kinds of Kubernetes itself without pods: nobody copies their annotations to any. Those of others' groups may be an operator's. */
const PLAIN_GROUPS = ['', 'networking.k8s.io', 'rbac.authorization.k8s.io', 'policy', 'autoscaling', 'storage.k8s.io', 'discovery.k8s.io'];
/** They hold copies, schemas or patterns of pods, which are nobody's annotations. */
const PASSED = ['ControllerRevision', 'CustomResourceDefinition', 'ClusterPolicy', 'Policy', 'Event', 'ConstraintTemplate'];
// A copy of the object itself.
const COPY = 'kubectl.kubernetes.io/last-applied-configuration';

interface Walk {
  readonly at: (node: YamlNode, key?: string) => Origin;
  readonly places: OtherPlace[];
  /** What was read already. */
  readonly read: ReadonlySet<YamlNode>;
  /** Whether the pods of the object are known: what stands elsewhere in it is for nobody then. */
  readonly podsKnown: boolean;
  /** The kind that a patch is for. */
  readonly target?: string;
}

/** What an object says of rules, where it is no workload; undefined where it says nothing. */
export function otherObject(node: YamlNode, file: string, what: string): OtherObject | undefined {
  const kind = textOf(field(node, 'kind'));
  if (kind !== undefined && PASSED.includes(kind)) return undefined;
  return found(node, file, what, { read: new Set(), podsKnown: false });
}

/** What stands in a workload beside its own annotations and those of its pods. */
export function besideWorkload(node: YamlNode, file: string, what: string, kind: string): OtherObject | undefined {
  const { template, between } = podKind(kind) ?? { template: [] };
  const metadata = [[], template, ...(between === undefined ? [] : [between])].map((path) => [...path, 'metadata']);
  const read = [...metadata.map((path) => field(node, ...path, 'annotations')), field(node, ...template, 'metadata', 'labels')];
  return found(node, file, what, { read: new Set(read.filter((one) => one !== undefined)), podsKnown: true });
}

function found(node: YamlNode, file: string, what: string, how: Pick<Walk, 'read' | 'podsKnown'>): OtherObject | undefined {
  const places: OtherPlace[] = [];
  step(node, '', '', { ...how, places, at: (one, key) => sourceOf(one, file, key) });
  return places.length === 0 ? undefined : { what, source: sourceOf(node, file), podsKnown: how.podsKnown, places };
}

function step(node: YamlNode, key: string, path: string, walk: Walk): void {
  if (walk.read.has(node)) return;
  if (node.kind === 'sequence') {
    for (const item of node.items) step(item, key, path, walk);
    return;
  }
  if (node.kind === 'scalar') {
    within(node, walk);
    return;
  }
  const texts = textsIn(node, walk);
  if (texts.size > 0) add(texts, key, path, walk);
  misplacedIn(node, walk);
  operationIn(node, walk);
  const target = textOf(field(node, 'target', 'kind'));
  for (const { key: name, value } of node.entries) {
    if (name.kind !== 'scalar' || name.text === COPY || (texts.has(name.text) && value.kind === 'scalar')) continue;
    step(value, name.text, path === '' ? name.text : `${path}.${name.text}`, target === undefined ? walk : { ...walk, target });
  }
}

/** The texts of a mapping with annotations of Istio in it. */
function textsIn(node: YamlNode & { readonly kind: 'mapping' }, { at }: Walk): Map<string, Sourced<string>> {
  const texts = new Map<string, Sourced<string>>();
  for (const { key, value } of node.entries) {
    if (key.kind !== 'scalar' || value.kind !== 'scalar' || !key.text.includes('istio')) continue;
    texts.set(key.text, { value: isNull(value) ? '' : value.text, source: at(value, key.text) });
  }
  return [...texts.keys()].some((name) => OF_ISTIO.test(name)) ? texts : new Map();
}

function add(texts: Texts, key: string, path: string, { places, podsKnown }: Walk): void {
  if (/labels$/i.test(key)) {
    const wrong = new Map([...texts].filter(([name]) => OF_ISTIO.test(name) && name !== LABEL));
    if (wrong.size > 0) places.push({ as: 'labels', where: path, texts: wrong });
  } else places.push({ as: podsKnown ? 'object' : 'annotations', where: path, texts });
}

/** An object whose own annotations are not those of pods. What it holds is walked all the same. */
function misplacedIn(node: YamlNode, walk: Walk): void {
  const kind = textOf(field(node, 'kind'));
  const annotations = field(node, 'metadata', 'annotations');
  if (kind === undefined || annotations?.kind !== 'mapping' || walk.read.has(annotations)) return;
  const template = podKind(kind)?.template;
  const plain = template === undefined && PLAIN_GROUPS.includes(groupOf(textOf(field(node, 'apiVersion')) ?? 'none/v0'));
  if (!plain && (template?.length ?? 0) === 0) return;
  const texts = textsIn(annotations, walk);
  (walk.read as Set<YamlNode>).add(annotations);
  if (texts.size > 0) walk.places.push({ as: 'object', where: `the ${kind} itself`, belongs: belongsTo(template), texts });
}

function belongsTo(template: readonly string[] | undefined): string {
  const path = [...(template ?? ['spec', 'template']), 'metadata.annotations'].join('.');
  return template === undefined ? `${path} of the workload` : path;
}

/** `{op: add, path: /metadata/annotations/traffic.sidecar.istio.io~1..., value: ...}` */
function operationIn(node: YamlNode, walk: Walk): void {
  const [op, path, value] = [textOf(field(node, 'op')), textOf(field(node, 'path')), field(node, 'value')];
  if (op === undefined || path === undefined || value?.kind !== 'scalar' || !['add', 'replace'].includes(op)) return;
  const segments = path.split('/').map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  const [name = '', key = ''] = segments.toReversed();
  if (!OF_ISTIO.test(name)) return;
  const texts = new Map([[name, { value: isNull(value) ? '' : value.text, source: walk.at(value, name) }]]);
  const template = podKind(walk.target ?? '')?.template ?? [];
  if (template.length > 0 && key === 'annotations' && path.startsWith('/metadata/'))
    walk.places.push({ as: 'object', where: `the ${walk.target} itself`, belongs: belongsTo(template), texts });
  else add(texts, key, segments.slice(1, -1).join('.'), walk);
}

/** A text that is YAML itself, as patches and the values of other charts are given. */
function within(scalar: YamlNode & { readonly kind: 'scalar' }, walk: Walk): void {
  if (!scalar.text.includes('istio.io') || !/[\n{[]/.test(scalar.text)) return;
  const documents = readYaml(scalar.text);
  if ('reason' in documents) return;
  const { indent } = scalar;
  const at: Walk['at'] = ({ line, column }, key) =>
    walk.at({ ...scalar, ...(indent === undefined ? {} : { line: scalar.line + line - 1, column: column + indent }), text: '' }, key);
  for (const document of documents) if (document.kind !== 'scalar') step(document, '', '', { ...walk, podsKnown: false, at });
}

/** A Sidecar says which of its listeners are met without capture; rules are made before, and know nothing of it. */
export function captureModes(node: YamlNode, file: string, what: string): OtherObject | undefined {
  const places = ['ingress', 'egress'].flatMap((direction) => {
    return itemsIn(field(node, 'spec', direction)).flatMap((listener): readonly OtherPlace[] => {
      const mode = field(listener, 'captureMode');
      if (mode === undefined || textOf(mode) !== 'NONE') return [];
      const port = textOf(field(listener, 'port', 'number'));
      const name = `spec.${direction}.captureMode`;
      const texts = new Map([[direction, { value: 'NONE', source: sourceOf(mode, file, name) }]]);
      return [{ as: 'capture mode', where: port === undefined ? '' : ` ${port}`, texts }];
    });
  });
  return places.length === 0 ? undefined : { what, source: sourceOf(node, file), podsKnown: true, places };
}
