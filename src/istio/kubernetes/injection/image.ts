/** The image of the init container (`ProxyImage` in pkg/kube/inject/inject.go). */

import type { Profile } from '../../releases/profile.ts';
import type { PodTemplate } from '../manifest/workload.ts';
import type { Mesh, MeshValue } from '../mesh/mesh.ts';

/** `HUB` stands for Istio's own registry where no other is given, `RELEASE` for the tag of the release. */
export function proxyImage({ annotations }: PodTemplate, { values }: Mesh, { has }: Profile): string {
  const value = (path: MeshValue): string => values.get(path)?.value ?? '';
  const [hub, tag] = [value('global.hub') || 'HUB', value('global.tag') || 'RELEASE'];
  const init = value('global.proxy_init.image');
  if (init.includes('/')) return init;
  if (has('initImageApart')) return `${hub}/${init || 'proxy_init'}:${tag}`;
  const profiled = has('ambientProfileVariant') && value('profile') === 'ambient' ? 'distroless' : '';
  const variant = has('imagesByVariant') ? value('global.variant') || profiled : '';
  const type = (has('imagesByType') ? annotations.get('sidecar.istio.io/proxyImageType')?.value : undefined) ?? variant;
  const name = has('initImageByName') ? init : has('imagesByType') ? value('global.proxy.image') : '';
  return `${hub}/${name || 'proxyv2'}:${withType(tag, type)}`;
}

/** `default` is the image without a type. */
function withType(tag: string, type: string): string {
  const known = /-(?:distroless|debug)$/.exec(tag);
  const bare = known === null ? tag : tag.slice(0, known.index);
  return type === '' ? tag : type === 'default' ? bare : `${bare}-${type}`;
}
