/** What a release's injector, or its CNI plugin, makes of a workload that is not injected yet. */

import type { Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { problem, quoted } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import { ANNOTATIONS } from '../annotations.ts';
import type { Texts, Workload } from '../manifest/workload.ts';
import { PROXY_CONFIG_ANNOTATION } from '../mesh/annotation.ts';
import type { EffectiveProxyConfig } from '../mesh/effective.ts';
import { effectiveProxyConfig } from '../mesh/effective.ts';
import type { Mesh } from '../mesh/mesh.ts';
import { annotationProblems } from './checked.ts';
import { chosenTemplates } from './chosen-templates.ts';
import { configProblems } from './config-checks.ts';
import { filledIn } from './filled-in.ts';
import { annotationsForPlugin } from './for-plugin.ts';
import { excludedStatusPort } from './inbound-ports.ts';
import { initContainer, wasInjected } from './init-container.ts';
import type { InitContainer, InjectedArgument, Injection, Installer, Refusal } from './injected.ts';
import { leftOut, proxyLeftOut } from './left-out.ts';
import { NO_YAML, otherProblems, prometheusRefusal, templateRefusal } from './other-annotations.ts';
import { pluginInjection } from './plugin.ts';
import { proxyContainer } from './proxy-container.ts';
import { ownProxyIds } from './proxy-user.ts';
import { meshRefusal } from './refusals.ts';
import { cniValue } from './template.ts';
import type { TemplateData } from './template-data.ts';
import { injectedText, meshSwitch, modeOf } from './template-data.ts';
import { layerRules, templateDataOf } from './template-data-of.ts';

/**
 * Follows the release exactly. `installer`: who makes the rules; without it, whom the mesh's values name, else the init container.
 * With `init` in a mesh whose values name the CNI plugin, the arguments are those of the container that only validates.
 */
export function inject(workload: Workload, mesh: Mesh, profile: Profile, installer?: Installer): Injection {
  const by = installer ?? (cniValue({ mesh, profile }) === undefined ? 'init' : 'cni');
  const unusable = meshRefusal(mesh, profile);
  if (unusable !== undefined) return { kind: 'refused', installer: by, ...unusable };
  const skipped = leftOut(workload, mesh, profile);
  if (skipped !== undefined) return { kind: 'none', ...skipped };
  const config = effectiveProxyConfig(mesh, workload, layerRules(profile, mesh));
  const data = templateDataOf(workload, mesh, profile);
  const templates = chosenTemplates(workload.pod, mesh, profile);
  const annotationFaults = annotationProblems(data.annotations, profile);
  const refused = (refusal: Refusal, problems: readonly Problem[]): Injection => ({ kind: 'refused', installer: by, refusal, problems });
  const wrong = [...annotationFaults, ...otherProblems(data.annotations, profile)].filter(isError);
  if (wrong.length > 0) return refused(`annotation ${wrong[0]?.args['name'] ?? ''}`, [...wrong, ...config.problems.filter(isError)]);
  const inConfig = [...config.problems.filter(isError), ...configProblems(workload.pod.annotations, profile)];
  if (inConfig.length > 0) return refused(`annotation ${PROXY_CONFIG_ANNOTATION}`, inConfig);
  const problems = [...config.problems, ...annotationFaults];
  if (templates?.refusal !== undefined) return refused(templates.refusal, templates.problems);
  const unfilled = templates?.makeRules === false ? undefined : templateRefusal(data.annotations, profile);
  if (unfilled !== undefined) return refused(unfilled.refusal, unfilled.problems);
  const statusPort = excludedStatusPort(data);
  const scraped = prometheusRefusal(data.annotations, mesh, statusPort, profile);
  if (scraped !== undefined) return refused(scraped.refusal, scraped.problems);
  if (templates?.makeRules === false) return { kind: 'none', reason: 'no sidecar', source: templates.source, problems: [] };
  const { value: mode, source: modeSource } = modeOf(data);
  if (mode === 'NONE' && by === 'init' && profile.has('injectsNothingInModeNone'))
    return { kind: 'none', reason: 'mode NONE', source: modeSource };
  const container = initContainer({ workload, mesh, data, environment: environmentOf(data, config), overlays: templates?.overlays ?? [] });
  const filled = readFilledIn(container);
  if ('problems' in filled) return refused(NO_YAML, filled.problems);
  // In mode NONE there is no container, and the plugin refuses the pod all the same.
  if (by === 'cni') return byPlugin(workload, data, config, problems, mode === 'NONE' ? undefined : filled);
  if (filled.otherProgram !== undefined)
    return { kind: 'none', reason: 'own command', source: filled.otherProgram.source, container: filled };
  return {
    kind: 'arguments',
    installer: 'init',
    arguments: filled.arguments,
    environment: filled.environment,
    container: filled,
    problems,
  };
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

/** The container as it is read back from the filled-in template. */
function readFilledIn(made: InitContainer): InitContainer | { readonly problems: readonly Problem[] } {
  const broken: Problem[] = [];
  const read = <T extends Sourced<string>>(name: string, given: T): T => {
    // A pod's own words never were in the template.
    if (ownWords.has(given.value)) return given;
    const value = filledIn(given.value);
    if (value === undefined)
      broken.push(
        problem('not-a-value', given.source, { name, value: quoted(given.value), allowed: 'a text that may stand between double quotes' }),
      );
    return { ...given, value: value ?? given.value };
  };
  const ownWords = new Set<string>();
  const environment = new Map([...made.environment].map(([name, given]) => [name, read(name, given)] as const));
  const args = made.arguments.map((argument): InjectedArgument => {
    if (argument.value === undefined) return argument;
    const { value } = read(argument.flag, { value: argument.value, source: argument.source });
    // This one stands without quotes.
    return argument.joined === true ? argument : { ...argument, value };
  });
  if (broken.length > 0) return { problems: broken };
  const variables = made.variables.map((one) => ('value' in one ? { ...one, value: environment.get(one.name)?.value ?? one.value } : one));
  return { ...made, environment, arguments: args, variables };
}

function environmentOf(data: TemplateData, { metadata }: EffectiveProxyConfig): Texts {
  const { annotations, mesh, profile } = data;
  const capture = profile.has('injectsCapturePortVariable') ? annotations.get(ANNOTATIONS.includeInboundPorts.key) : undefined;
  if (capture?.value.includes('*') === true) return new Map([['INBOUND_CAPTURE_PORT', { value: '15006', source: capture.source }]]);
  // The charts of the 1.6 time set resources, so that only values which take them away matter.
  const beside = profile.has('injectsEnvironmentBesideResources') && mesh.values.get('global.proxy_init.resources')?.value !== '';
  return profile.has('injectsEnvironment') || beside ? metadata : new Map();
}

function byPlugin(
  workload: Workload,
  data: TemplateData,
  config: EffectiveProxyConfig,
  problems: readonly Problem[],
  container: InitContainer | undefined,
): Injection {
  const beside = workload.pod.initContainers.find(({ name }) => name.value === 'istio-init');
  if (
    beside !== undefined &&
    container !== undefined &&
    data.profile.has('pluginSkipsInit') &&
    !wasInjected(workload.pod.annotations, 'istio-init')
  )
    return { kind: 'none', reason: 'own command', source: beside.name.source, container };
  const own = proxyContainer(workload.pod);
  const ids = ownProxyIds(workload.pod, data.mesh, data.profile);
  const environment: Texts = new Map<string, Sourced<string>>([...config.metadata, ...(own?.env ?? [])]);
  const skipped = proxyLeftOut(environment, own?.args ?? []);
  if (skipped !== undefined) return { kind: 'none', ...skipped };
  const native = meshSwitch(data, 'global.nativeNftables');
  const { user, group } = proxyIds(data);
  const made = pluginInjection({
    profile: data.profile,
    annotations: annotationsForPlugin(data),
    environment,
    user: ids.runAsUser ?? user,
    group: ids.runAsGroup ?? group,
    ...(native === undefined ? {} : { nativeNftables: native }),
  });
  if (made.kind === 'none' || container === undefined) return made;
  return made.kind === 'refused' ? { ...made, container } : { ...made, container, problems: [...problems, ...made.problems] };
}

/** The ids of the proxy's container, as the template has them: in TPROXY mode it is root. */
function proxyIds(data: TemplateData): { readonly user: Sourced<string>; readonly group: Sourced<string> } {
  const { profile, proxyUser: user, proxyGroup: group } = data;
  if (modeOf(data).value !== 'TPROXY') return { user, group };
  return { user: injectedText('0', profile), group: profile.has('injectsTproxyUser') ? injectedText('1337', profile) : group };
}
