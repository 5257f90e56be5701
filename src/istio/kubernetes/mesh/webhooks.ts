/** Whom Kubernetes sends to an injector: MutatingWebhookConfigurations of Istio. */

import type { YamlNode } from '../../yaml.ts';
import { field, itemsIn, textOf } from '../../yaml-fields.ts';
import { dataOf } from '../go-text.ts';
import type { Injector } from './mesh.ts';
import type { Place } from './place.ts';
import type { MeshReading } from './reading.ts';

export const WEBHOOK_KIND = 'MutatingWebhookConfiguration';
/** All of Istio's end so (istio manifests, mutatingwebhook.yaml): `rev.namespace.sidecar-injector.istio.io`. */
const OF_ISTIO = /(?:^|\.)sidecar-injector\.istio\.io$/;

/** Reads those of a configuration that are an injector's; others are no matter of ours. */
export function readWebhooks(object: YamlNode, place: Place, reading: MeshReading): void {
  const webhooks = itemsIn(field(object, 'webhooks')).filter((item) => OF_ISTIO.test(textOf(field(item, 'name')) ?? ''));
  if (webhooks.length === 0) return;
  const revision = textOf(field(object, 'metadata', 'labels', 'istio.io/rev')) ?? 'default';
  const injector: Injector = {
    revision,
    source: place.at(object),
    webhooks: webhooks.map((item) => ({
      ofNamespace: selectorIn(field(item, 'namespaceSelector')),
      ofPod: selectorIn(field(item, 'objectSelector')),
    })),
  };
  reading.injectors.push(injector);
}

function selectorIn(node: YamlNode | undefined): unknown {
  return node === undefined ? {} : dataOf(node);
}
