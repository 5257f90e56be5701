/** Before against after: what an annotation, a value of the mesh, a setting or a release would change. */

import { badOption } from '../../istio/bad-option.ts';
import { ANNOTATION_NAMES, ANNOTATIONS } from '../../istio/kubernetes/annotations.ts';
import type { Workload } from '../../istio/kubernetes/manifest/workload.ts';
import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../../istio/kubernetes/mesh/read.ts';
import { numbering } from '../../istio/kubernetes/rule-groups/planner.ts';
import type { Origin, Sourced } from '../../istio/origin.ts';
import { nearest, quoted, throwErrors } from '../../istio/problems.ts';
import { writeYaml } from '../../istio/yaml.ts';
import type { SourceOptions } from '../options.ts';
import { defaultPod } from '../plan-input/default-pod.ts';
import { factsOf } from '../plan-input.ts';
import { injectionRequest } from '../workloads/injection-request.ts';
import type { WorkloadOption } from '../workloads/option.ts';
import type { Subject, SubjectPlanner } from '../workloads/subject.ts';
import { memberOf, oncePerFingerprint, subjectPlanner } from '../workloads/subject.ts';
import { readSelected } from './selected.ts';
import type { Upgrade } from './upgrade.ts';
import { optionsAt, pairsOf } from './upgrade.ts';

/** What is changed on the right only. */
export interface WhatIf {
  /** `KEY=VALUE`, full or short names. */
  readonly annotations: readonly string[];
  /** `PATH=VALUE` of the chart. */
  readonly values: readonly string[];
  readonly sets: readonly string[];
  readonly release?: string;
}

/** Plans each workload as it is, and as it would be. Throws a ProblemError for options that can't be used. */
export async function whatIfOf(given: SourceOptions & WorkloadOption, base: string | undefined, change: WhatIf): Promise<Upgrade> {
  const annotations = change.annotations.map(readAnnotation);
  const asIs = { ...given, sets: [], ...(base === undefined ? {} : { release: base }) };
  const one = await injectionRequest(asIs);
  const after = change.release === undefined ? one : { ...one, at: optionsAt(change.release) };
  // What the options ask is checked before anything is read.
  if (change.release !== undefined || change.sets.length > 0)
    await injectionRequest({
      ...given,
      manifests: withoutValues(given),
      sets: change.sets,
      ...(change.release === undefined ? {} : { release: change.release }),
    });
  const values = change.values.length === 0 ? undefined : meshOfValues(change.values);
  const [facts, numbers] = [await factsOf(given), numbering()];
  const planAt = (request: typeof one, sets: readonly string[]): SubjectPlanner =>
    subjectPlanner(request, { facts, sets, numbering: numbers, unknownServers: true });
  const found = planAt(one, []);
  const isReinjected = annotations.length > 0 || values !== undefined;
  const planners = new Map<string, SubjectPlanner>();
  const plannerAt = (release: string, sets: readonly string[]): SubjectPlanner => {
    const key = `${release} ${sets.length}`;
    const known = planners.get(key) ?? planAt({ ...one, at: optionsAt(release) }, sets);
    planners.set(key, known);
    return known;
  };
  const changed = planAt(after, change.sets);
  const both = oncePerFingerprint((subject) => {
    const first = found(subject);
    // A pod that was injected has the arguments of its time: what an annotation changes shows between two new injections.
    const kept = isReinjected && first.found && first.release !== undefined ? first.release : undefined;
    const before = kept === undefined ? first : plannerAt(kept, [])(subject);
    const other = withChange(subject, annotations, values);
    return {
      before,
      after: kept !== undefined && change.release === undefined ? plannerAt(kept, change.sets)(other) : changed(other),
      isUnlike: kept !== undefined && before.number !== first.number,
    };
  });
  const words = wordsOf(change);
  return pairsOf(
    (visit) => readAll(given, one.mesh, visit),
    (subject) => ({ ...both(subject), made: { left: 'as it is', right: words } }),
    memberOf,
  );
}

function withoutValues({ manifests }: SourceOptions): NonNullable<SourceOptions['manifests']> {
  return { filenames: [], imageReleases: [], keepArguments: false, ...manifests, values: [] };
}

/** The change as it was typed; the release stands in front of it. */
function wordsOf({ annotations, values, sets }: WhatIf): string {
  const changed = [...annotations, ...values, ...sets];
  return changed.length === 0 ? 'at this release' : `with ${changed.join(', ')}`;
}

/** The workloads that are named; where none are, a default pod. */
async function readAll(
  given: SourceOptions & WorkloadOption,
  mesh: Mesh,
  visit: (subject: Subject) => void,
): ReturnType<typeof readSelected> {
  if (given.filename !== undefined) return readSelected(given, mesh, visit);
  const subject: Subject = { kind: 'workload', workload: defaultPod(), mesh };
  visit(subject);
  return { count: 1, only: subject, skipped: new Map(), problems: [] };
}

function withChange(subject: Subject, annotations: readonly (readonly [string, Sourced<string>])[], values: Mesh | undefined): Subject {
  if (subject.kind !== 'workload') return subject;
  const { workload, mesh } = subject;
  return { ...subject, workload: annotated(workload, annotations), mesh: values === undefined ? mesh : laidOver(mesh, values) };
}

function annotated(workload: Workload, annotations: readonly (readonly [string, Sourced<string>])[]): Workload {
  if (annotations.length === 0) return workload;
  return { ...workload, pod: { ...workload.pod, annotations: new Map([...workload.pod.annotations, ...annotations]) } };
}

/** The mesh with values that beat its own. */
function laidOver(mesh: Mesh, { values, proxyListenPort, proxyInboundListenPort, defaultConfig, release }: Mesh): Mesh {
  return {
    ...mesh,
    ...(proxyListenPort && { proxyListenPort }),
    ...(proxyInboundListenPort && { proxyInboundListenPort }),
    ...(defaultConfig && { defaultConfig }),
    ...(release && { release }),
    values: new Map([...mesh.values, ...values]),
  };
}

/** `excludeInboundPorts=8080`: by its full name, or by what stands behind the slash. Throws a ProblemError for a name that no injector reads. */
function readAnnotation(text: string): readonly [string, Sourced<string>] {
  const source: Origin = { kind: 'option', option: '--annotation' };
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  const keys = ANNOTATION_NAMES.map((one): string => ANNOTATIONS[one].key);
  const short = keys.map((key) => key.slice(key.indexOf('/') + 1));
  const key = keys.find((one, index) => one === name || short[index] === name);
  if (key === undefined && !ANY.has(name))
    throw badOption('--annotation', `${quoted(name)} is not one of ${short.join(', ')}${nearest(name, [...short, ...keys])}`);
  if (at < 0)
    throw badOption('--annotation', `${quoted(text)} has no value, as in ${short.includes(name) ? name : 'excludeInboundPorts'}=8080`);
  return [key ?? name, { value: text.slice(at + 1), source }];
}

// Read by injectors as well, beside those that make rules.
const ANY: ReadonlySet<string> = new Set(['sidecar.istio.io/inject', 'proxy.istio.io/config', 'inject.istio.io/templates']);

/** `global.proxy.excludeInboundPorts=80` as the values file that says it. Throws a ProblemError for what can't be used. */
function meshOfValues(values: readonly string[]): Mesh {
  const root: Record<string, unknown> = {};
  for (const text of values) {
    const at = text.indexOf('=');
    const path = text.slice(0, at).split('.');
    if (at < 1 || path.includes(''))
      throw badOption('--value', `${quoted(text)} is not PATH=VALUE, as global.proxy.excludeInboundPorts=8080`);
    place(root, path, text.slice(at + 1));
  }
  const mesh = readMesh([{ file: '--value', text: writeYaml(root) }]);
  throwErrors(mesh.problems);
  if (mesh.values.size === 0 && mesh.defaultConfig === undefined)
    throw badOption('--value', `${values.join(', ')}: no such value makes rules`);
  // Nobody wrote the file that its lines would be of.
  const source: Origin = { kind: 'option', option: '--value' };
  return { ...mesh, values: new Map([...mesh.values].map(([key, { value }]) => [key, { value, source }])) };
}

function place(into: Record<string, unknown>, [name = '', ...rest]: readonly string[], value: string): void {
  if (rest.length === 0) {
    into[name] = value === 'true' || value === 'false' ? value === 'true' : value;
    return;
  }
  const inner = (into[name] ?? {}) as Record<string, unknown>;
  into[name] = inner;
  place(inner, rest, value);
}
