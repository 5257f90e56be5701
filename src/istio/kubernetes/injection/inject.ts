/** What a release's injector, or its CNI plugin, makes of a workload that is not injected yet. */

import type { Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Texts, Workload } from '../manifest/workload.ts';
import type { EffectiveProxyConfig, Layered, LayerRules } from '../mesh/effective.ts';
import { effectiveProxyConfig } from '../mesh/effective.ts';
import type { Mesh } from '../mesh/mesh.ts';
import { ANNOTATIONS } from './annotations.ts';
import { annotationProblems } from './checked.ts';
import { chosenTemplates } from './chosen-templates.ts';
import { annotationsForPlugin } from './for-plugin.ts';
import type { Injection, Installer } from './injected.ts';
import { leftOut, proxyLeftOut } from './left-out.ts';
import { pluginInjection } from './plugin.ts';
import { proxyContainer } from './proxy-container.ts';
import { proxyIdsOf } from './proxy-user.ts';
import { cniValue, templateArguments } from './template.ts';
import type { TemplateData } from './template-data.ts';
import { injectedText, meshSwitch, modeOf } from './template-data.ts';

/**
 * Follows the release exactly. `installer`: who makes the rules; without it, whom the mesh's values name, else the init container.
 * With `init` in a mesh whose values name the CNI plugin, the arguments are those of the container that only validates.
 */
export function inject(workload: Workload, mesh: Mesh, profile: Profile, installer?: Installer): Injection {
  const skipped = leftOut(workload, mesh, profile);
  if (skipped !== undefined) return { kind: 'none', ...skipped };
  const by = installer ?? (cniValue({ mesh, profile }) === undefined ? 'init' : 'cni');
  const config = effectiveProxyConfig(mesh, workload, layerRules(profile));
  const data = templateDataOf(workload, mesh, profile, config.interceptionMode);
  const templates = chosenTemplates(workload.pod, mesh, profile);
  const problems = [...config.problems, ...annotationProblems(data.annotations, profile), ...(templates?.problems ?? [])];
  if (problems.some(({ severity }) => severity === 'error')) return { kind: 'refused', installer: by, problems };
  if (templates?.makeRules === false) return { kind: 'none', reason: 'no sidecar', source: templates.source, problems: templates.problems };
  return by === 'cni' ? byPlugin(workload, data, config, problems) : byContainer(data, config, problems);
}

/** What the release's template looks at; `meshMode` is the mode of the proxy's configuration. */
export function templateDataOf(workload: Workload, mesh: Mesh, profile: Profile, meshMode: Layered | undefined): TemplateData {
  const { annotations, containers } = workload.pod;
  const ids = proxyIdsOf(mesh, workload.namespace, profile);
  return { profile, annotations, containers, mesh, ...(meshMode === undefined ? {} : { meshMode }), ...ids };
}

/** How a release lays the layers of proxy configuration over each other. */
export function layerRules({ has }: Profile): LayerRules {
  return {
    annotation: has('injectsProxyConfigAnnotation'),
    resources: has('injectsProxyConfigResources'),
    zeroKeeps: has('injectsMergedProxyConfig'),
    metadataReplaces: !has('injectsMergedMetadata'),
  };
}

function byContainer(data: TemplateData, config: EffectiveProxyConfig, problems: readonly Problem[]): Injection {
  const { value, source } = modeOf(data);
  if (value === 'NONE' && data.profile.has('injectsNothingInModeNone')) return { kind: 'none', reason: 'mode NONE', source };
  return { kind: 'arguments', installer: 'init', arguments: templateArguments(data), environment: environmentOf(data, config), problems };
}

function environmentOf(data: TemplateData, { metadata }: EffectiveProxyConfig): Texts {
  const { annotations, mesh, profile } = data;
  const capture = profile.has('injectsCapturePortVariable') ? annotations.get(ANNOTATIONS.includeInboundPorts.key) : undefined;
  if (capture?.value.includes('*') === true) return new Map([['INBOUND_CAPTURE_PORT', { value: '15006', source: capture.source }]]);
  // The charts of the 1.6 time set resources, so that only values which take them away matter.
  const beside = profile.has('injectsEnvironmentBesideResources') && mesh.values.get('global.proxy_init.resources')?.value !== '';
  return profile.has('injectsEnvironment') || beside ? metadata : new Map();
}

function byPlugin(workload: Workload, data: TemplateData, config: EffectiveProxyConfig, problems: readonly Problem[]): Injection {
  const own = proxyContainer(workload.pod);
  const environment: Texts = new Map<string, Sourced<string>>([...config.metadata, ...(own?.env ?? [])]);
  const skipped = proxyLeftOut(environment, own?.args ?? []);
  if (skipped !== undefined) return { kind: 'none', ...skipped };
  const native = meshSwitch(data, 'global.nativeNftables');
  const { user, group } = proxyIds(data);
  const made = pluginInjection({
    profile: data.profile,
    annotations: annotationsForPlugin(data),
    environment,
    user: own?.ids.runAsUser ?? user,
    group: own?.ids.runAsGroup ?? group,
    ...(native === undefined ? {} : { nativeNftables: native }),
  });
  return made.kind === 'none' ? made : { ...made, problems: [...problems, ...made.problems] };
}

/** The ids of the proxy's container, as the template has them: in TPROXY mode it is root. */
function proxyIds(data: TemplateData): { readonly user: Sourced<string>; readonly group: Sourced<string> } {
  const { profile, proxyUser: user, proxyGroup: group } = data;
  if (modeOf(data).value !== 'TPROXY') return { user, group };
  return { user: injectedText('0', profile), group: profile.has('injectsTproxyUser') ? injectedText('1337', profile) : group };
}
