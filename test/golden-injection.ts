/** Manifests that were given to the real injectors, and what we make of them in the same form. */

import { initContainersOf } from '../src/istio/kubernetes/injection/init-containers.ts';
import { readManifest } from '../src/istio/kubernetes/manifest/read.ts';
import type { Workload } from '../src/istio/kubernetes/manifest/workload.ts';
import { withContext } from '../src/istio/kubernetes/mesh/context.ts';
import type { Mesh } from '../src/istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../src/istio/kubernetes/mesh/read.ts';
import { injectionOf } from '../src/istio/kubernetes/workload-injection.ts';
import { formatProblem } from '../src/istio/problems.ts';
import { profileOf } from '../src/istio/releases/profile.ts';
import { readYaml } from '../src/istio/yaml.ts';
import { casesIn, goldenFolder } from './golden.ts';

interface Outcome {
  readonly releases: readonly string[];
  readonly workload?: string;
  readonly injected: boolean;
  readonly because?: string;
  readonly refused?: string;
  readonly initContainers?: readonly object[];
}

export interface InjectionCase {
  readonly name: string;
  readonly manifest: string;
  readonly values?: object;
  readonly meshConfig?: object;
  readonly nodes?: string;
  readonly outcomes: readonly Outcome[];
}

export const INJECTION_CASES: readonly InjectionCase[] = casesIn(goldenFolder('injection', 'GOLDEN_INJECTION'));

/** A release of one outcome, with what stands there and what we make. */
export interface Pair {
  readonly release: string;
  readonly wanted: object;
  readonly made: object;
}

export function pairsOf(one: InjectionCase): readonly Pair[] {
  const { workloads, mesh } = inputOf(one);
  return one.outcomes.flatMap((outcome) => {
    const workload = workloads.find(({ kind, name }) => outcome.workload === undefined || outcome.workload === `${kind}/${name}`);
    if (workload === undefined) throw new Error(`${one.name}: no ${outcome.workload ?? 'workload'}`);
    const { injected, because, refused, initContainers = [] } = outcome;
    return outcome.releases.map((release) => ({
      release,
      wanted: { injected, because, refused, initContainers: initContainers.map(plain) },
      made: madeOf(workload, mesh, release, one.nodes),
    }));
  });
}

function plain(container: object): object {
  const { args, ...rest } = container as { args?: readonly unknown[] };
  return args === undefined ? rest : { args: args.map(String), ...rest };
}

function inputOf({ name, manifest, values, meshConfig }: InjectionCase): { readonly workloads: readonly Workload[]; readonly mesh: Mesh } {
  const text = JSON.stringify({
    ...values,
    ...(meshConfig === undefined ? {} : { meshConfig: { ...(values as { meshConfig?: object } | undefined)?.meshConfig, ...meshConfig } }),
  });
  const mesh = readMesh(text === '{}' ? [] : [{ file: 'values.yaml', text }]);
  const documents = readYaml(manifest);
  if ('reason' in documents) throw new Error(`${name}: ${documents.reason}`);
  const items = documents.flatMap((document) => readManifest(document, 'manifest.yaml'));
  const context = items.flatMap((item) => (item.kind === 'proxy config' || item.kind === 'namespace' ? item : []));
  const workloads = items.flatMap((item) => (item.kind === 'workload' ? item.workload : []));
  if (workloads.length === 0)
    throw new Error(`${name}: ${items.map((item) => (item.kind === 'problem' ? formatProblem(item.problem) : item.kind)).join()}`);
  return { workloads, mesh: withContext(mesh, ...context) };
}

function madeOf(workload: Workload, mesh: Mesh, named: string, nodes: string | undefined): object {
  const release = { value: named, source: { kind: 'option', option: '--release' } } as const;
  const { injection, workload: as } = injectionOf(workload, { mesh, images: [], at: { kind: 'release', release, keepArguments: false } });
  const uninjected = injection.kind === 'none' && injection.by !== undefined;
  return {
    injected: !(injection.kind === 'refused' && injection.refusal !== undefined) && !uninjected,
    because: !uninjected ? undefined : injection.by === 'webhook' ? 'no webhook is called' : 'the injector leaves it alone',
    refused: injection.kind === 'refused' ? injection.refusal : undefined,
    initContainers: initContainersOf(injection, as, mesh, profileOf(named), nodes),
  };
}
