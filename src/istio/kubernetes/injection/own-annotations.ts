/** What an injector of old wrote into the annotations of its pods: to a new injection it must not look like the user's. */

import { argumentNamed } from '../../arguments/arguments.ts';
import type { Problem } from '../../problems.ts';
import { problem } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import { profileOf } from '../../releases/profile.ts';
import type { AnnotationName } from '../annotations.ts';
import { ANNOTATIONS } from '../annotations.ts';
import type { PodTemplate, Workload } from '../manifest/workload.ts';
import type { Mesh, MeshValue } from '../mesh/mesh.ts';
import { redirectAnnotations, type Written } from './for-plugin.ts';
import type { FoundInjection } from './observed.ts';
import { programOf } from './observed.ts';
import { foundArguments, programWords } from './observed-arguments.ts';
import { templateDataOf } from './template-data-of.ts';

export interface OwnAnnotations {
  /** The workload with the annotations of its user alone. */
  readonly workload: Workload;
  /** One warning, where a value may as well be the mesh's. */
  readonly problems: readonly Problem[];
}

/** The mesh values that were written in the same place. */
const VALUES: Partial<Record<AnnotationName, MeshValue>> = {
  includeRanges: 'global.proxy.includeIPRanges',
  excludeRanges: 'global.proxy.excludeIPRanges',
  excludeInboundPorts: 'global.proxy.excludeInboundPorts',
  excludeOutboundPorts: 'global.proxy.excludeOutboundPorts',
};

/** Takes away what the injector of an injected pod writes by itself. */
export function ownAnnotations(workload: Workload, { release }: FoundInjection, mesh: Mesh): OwnAnnotations {
  const profile = release === undefined ? undefined : profileOf(release.value);
  if (profile?.has('injectsRedirectAnnotations') !== true) return { workload, problems: [] };
  const { pod } = workload;
  const written = writtenInto(workload, mesh, profile);
  const passed = inboundPassed(pod, profile);
  const names = Object.keys(written) as AnnotationName[];
  const injectors = names.filter((name) => {
    const value = pod.annotations.get(ANNOTATIONS[name].key)?.value;
    // Its container was given the user's annotation, or else all ports: never the ports that the containers declare.
    if (name === 'includeInboundPorts' && passed !== undefined) return value !== passed;
    return value === written[name]?.value;
  });
  const gone = injectors.map((name): string => ANNOTATIONS[name].key);
  const annotations = new Map([...pod.annotations].filter(([key]) => !gone.includes(key)));
  const doubtful = names.filter((name) => isDoubtful(name, mesh)).map((name): string => ANNOTATIONS[name].key);
  return {
    workload: { ...workload, pod: { ...pod, annotations } },
    problems: doubts(
      doubtful.filter((key) => annotations.has(key)),
      workload,
      profile,
    ),
  };
}

/** What the injector writes into a pod of which its user says nothing. */
function writtenInto(workload: Workload, mesh: Mesh, profile: Profile): Written {
  const data = templateDataOf(workload, mesh, profile);
  const { key: statusPort } = ANNOTATIONS.statusPort;
  return redirectAnnotations({
    ...data,
    annotations: new Map([...data.annotations].filter(([key]) => key === statusPort)),
    containers: data.containers.filter(({ name }) => name.value !== 'istio-proxy'),
  });
}

/** The inbound ports that the container of the pod was given, be it one that makes rules or one that looks at them. */
function inboundPassed(pod: PodTemplate, profile: Profile): string | undefined {
  const program = programOf(pod);
  if (program === undefined) return undefined;
  return foundArguments(programWords(program), profile).findLast(({ flag }) => argumentNamed(flag)?.setting === 'inbound.includePorts')
    ?.value;
}

/** Where the values of the mesh are given, another text is the user's. */
function isDoubtful(name: AnnotationName, { values, defaultConfig }: Mesh): boolean {
  const value = VALUES[name];
  if (name === 'mode') return defaultConfig?.interceptionMode === undefined;
  return value !== undefined && !values.has(value);
}

function doubts(keys: readonly string[], { pod }: Workload, { release }: Profile): readonly Problem[] {
  const [first] = keys;
  const source = first === undefined ? undefined : pod.annotations.get(first)?.source;
  return source === undefined ? [] : [problem('maybe-injected', source, { names: keys.join(', '), release })];
}
