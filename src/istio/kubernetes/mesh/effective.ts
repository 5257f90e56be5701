/** The proxy configuration of one workload, of all the layers that say something of it. */

import type { Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import type { ProxyConfigLayer } from '../manifest/mesh-resources.ts';
import type { Workload } from '../manifest/workload.ts';
import { readProxyConfigAnnotation } from './annotation.ts';
import type { Mesh } from './mesh.ts';
import { resourcesFor } from './resources-for.ts';

/** A value, and the weaker ones that it beat, the strongest first. */
export interface Layered extends Sourced<string> {
  readonly over: readonly Sourced<string>[];
}

export interface EffectiveProxyConfig {
  readonly interceptionMode?: Layered;
  /** Whether the containers of the application start when the proxy has. */
  readonly holds?: boolean;
  /** proxyMetadata by name, in the order in which it is rendered. */
  readonly metadata: ReadonlyMap<string, Layered>;
  /** An annotation that can't be read. */
  readonly problems: readonly Problem[];
}

/** What an injector does with the layers; a release that has changes is asked by its profile. */
export interface LayerRules {
  /** Whether there are ProxyConfig resources. */
  readonly resources: boolean;
  /** Whether the annotation `proxy.istio.io/config` is read. */
  readonly annotation: boolean;
  /**
   * Whether layers are merged as protobuf merges messages: REDIRECT, the zero of its enum, then never beats another mode.
   * Before, an annotation was laid over the mesh's defaults field by field.
   */
  readonly zeroKeeps: boolean;
  /** Whether the annotation's proxyMetadata takes the place of the mesh's: before 1.10.2 (its change notes) maps were not merged. */
  readonly metadataReplaces?: boolean;
  /** proxyMetadata that lies below that of the mesh. */
  readonly brought?: ReadonlyMap<string, Sourced<string>>;
}

export const NEWEST_LAYERS: LayerRules = { resources: true, annotation: true, zeroKeeps: true };

/**
 * Lays mesh defaults, ProxyConfig resources and the annotation `proxy.istio.io/config` over each other as Istio does
 * (pilot/pkg/model/proxy_config.go): mesh, root namespace, namespace, annotation, resource that selects the pod.
 */
export function effectiveProxyConfig(mesh: Mesh, workload: Workload, rules: LayerRules = NEWEST_LAYERS): EffectiveProxyConfig {
  const annotation = rules.annotation ? readProxyConfigAnnotation(workload.pod.annotations) : undefined;
  const { root, namespace, selected } = rules.resources ? resourcesFor(mesh, workload) : {};
  const brought = rules.brought === undefined || rules.brought.size === 0 ? undefined : layerBelow(rules.brought);
  const layers = [brought, mesh.defaultConfig, root, namespace, annotation?.layer, selected].filter((layer) => layer !== undefined);
  const interceptionMode = modeOf(layers, rules);
  const holds = layers.findLast((layer) => layer.holds !== undefined)?.holds;
  // An annotation that says nothing of proxyMetadata leaves it alone.
  const alone = rules.metadataReplaces === true && (annotation?.layer?.metadata.size ?? 0) > 0;
  return {
    ...(interceptionMode === undefined ? {} : { interceptionMode }),
    ...(holds === undefined ? {} : { holds }),
    metadata: metadataOf(alone ? layers.filter((layer) => layer !== mesh.defaultConfig && layer !== brought) : layers),
    problems: annotation?.problems ?? [],
  };
}

function layerBelow(metadata: ReadonlyMap<string, Sourced<string>>): ProxyConfigLayer {
  return { source: [...metadata.values()][0]?.source ?? { kind: 'option', option: '--values' }, metadata };
}

function modeOf(layers: readonly ProxyConfigLayer[], { zeroKeeps }: LayerRules): Layered | undefined {
  const given = layers.flatMap(({ interceptionMode }) => interceptionMode ?? []).reverse();
  const winner = (zeroKeeps ? given.find(({ value }) => value !== 'REDIRECT') : undefined) ?? given[0];
  return winner && { ...winner, over: given.filter((mode) => mode !== winner) };
}

/** Go's templates range over a map in the order of its keys. */
function metadataOf(layers: readonly ProxyConfigLayer[]): ReadonlyMap<string, Layered> {
  const metadata = new Map<string, Layered>();
  for (const layer of layers) {
    for (const [name, { value, source }] of layer.metadata) {
      const before = metadata.get(name);
      const over = before === undefined ? [] : [{ value: before.value, source: before.source }, ...before.over];
      metadata.set(name, { value, source, over });
    }
  }
  return new Map([...metadata].sort(([a], [b]) => byBytes(a, b)));
}

/** Go compares texts by their UTF-8 bytes, which is the order of code points. */
function byBytes(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
