/** A workload in a mesh, as a release's template looks at it. */

import type { Profile } from '../../releases/profile.ts';
import type { Workload } from '../manifest/workload.ts';
import type { LayerRules } from '../mesh/effective.ts';
import { effectiveProxyConfig } from '../mesh/effective.ts';
import type { Mesh } from '../mesh/mesh.ts';
import { broughtMetadata } from './profiles.ts';
import { proxyIdsOf } from './proxy-user.ts';
import type { TemplateData } from './template-data.ts';

export function templateDataOf(workload: Workload, mesh: Mesh, profile: Profile): TemplateData {
  const { annotations, containers } = workload.pod;
  const { interceptionMode: meshMode } = effectiveProxyConfig(mesh, workload, layerRules(profile, mesh));
  const ids = proxyIdsOf(mesh, workload.namespace, profile);
  return { profile, annotations, containers, mesh, ...(meshMode === undefined ? {} : { meshMode }), ...ids };
}

/** How a release lays the layers of proxy configuration over each other. */
export function layerRules(profile: Profile, mesh: Mesh): LayerRules {
  const { has } = profile;
  return {
    brought: broughtMetadata(mesh, profile),
    annotation: has('injectsProxyConfigAnnotation'),
    resources: has('injectsProxyConfigResources'),
    zeroKeeps: has('injectsMergedProxyConfig'),
    metadataReplaces: !has('injectsMergedMetadata'),
  };
}
