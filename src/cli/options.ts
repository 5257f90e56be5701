/** Options that mean the same in every command. */

import type { Options, PositionalOptions } from 'yargs';
import { badOption } from '../istio/bad-option.ts';
import { isNamespace } from '../istio/kubernetes/cluster/cluster-name.ts';
import { quoted } from '../istio/problems.ts';
import type { SourceOptions } from '../sources/options.ts';
import { parseSource } from '../sources/source-name.ts';
import { holdsManifests, withFile, workloadIn } from '../sources/workloads/detect.ts';
import type { WorkloadOption } from '../sources/workloads/option.ts';
import { flags, valued } from './option-rows.ts';
import { COLOR_WORDS } from './terminal/color.ts';
import { progressFor } from './terminal/progress.ts';

/** `-o`: in which form a command prints; `byDefault` is null where that depends. */
export function outputOption(describe: string, byDefault: string | null = 'text'): { readonly output: Options } {
  return valued('Output', { output: { alias: 'o', ...(byDefault !== null && { default: byDefault }), describe } });
}

/** Settings of a sidecar, and what is known of its pod. */
export const SETTINGS_OPTIONS = {
  ...valued('Settings', {
    filename: {
      alias: 'f',
      describe: 'Settings or manifests: a file (SidecarCapture, Pod, Deployment, List, ...), a folder, or - for standard input',
    },
    set: 'One setting, as inbound.excludePorts=80,443 (repeatable)',
    release: 'Release of Istio, as 1.23 or 1.23.4 (default: the newest known)',
    env: 'Environment of istio-iptables for arguments after --, as K=V (repeatable)',
    'env-file': 'The same from a file with a K=V a line',
  }),
  ...valued('Manifests', {
    values: 'What the mesh is installed with: Helm values, an IstioOperator, a MeshConfig or its ConfigMaps (repeatable)',
    installer: 'Who makes the rules: init or cni (default: what is found)',
    'image-release': 'The release of images whose tag does not name it, as "*/proxyv2@sha256:ab*=1.20.3" (repeatable)',
  }),
  ...flags('Manifests', {
    'keep-args': "An injected pod's own arguments at another release, in place of a new injection",
    'as-injected': 'What an injector would make of a pod that runs without a sidecar',
  }),
  ...valued('Facts', {
    address: 'An address of the pod (repeatable; default: IPv4 only)',
    nameserver: 'A nameserver of the pod (repeatable)',
    facts: '"host": addresses, nameservers and names of this machine',
    deadline: 'Seconds for the command of exec: (default: 30), and for each answer of a cluster (default: 60)',
  }),
};

/** For commands that take one plan. */
export const WORKLOAD_OPTIONS = valued('Manifests', {
  workload: 'The one of several workloads: KIND/NAMESPACE/NAME, KIND/NAME or NAME',
});

/** Which cluster, and what of it: in kubectl's words, and handed on to kubectl. */
export const CLUSTER_OPTIONS = {
  ...valued('Cluster', {
    context: 'The context of the kubeconfig',
    kubeconfig: 'The kubeconfig',
    namespace: { alias: 'n', describe: 'Where names are looked for; without a SOURCE, all pods there' },
  }),
  ...flags('Cluster', { 'all-namespaces': { alias: 'A', describe: 'The same as the SOURCE cluster' } }),
  ...valued('Cluster', { selector: { alias: 'l', describe: 'Only what has these labels, as app=web,tier!=db' } }),
};

/** The words of a SOURCE that kubectl is asked for. */
export const CLUSTER_SOURCES = 'pod/NAME, deploy/NAME, ns/NAME, cluster';

/** What a SOURCE may be, for the help of every command that takes one. */
export const SOURCES = `FILE, - (standard input), FILE@1.23, @1.23, live, pid:N, netns:PATH, exec:TEXT, ${CLUSTER_SOURCES}`;

/** The operand that names a SOURCE. */
export function sourceOperand(describe: string): PositionalOptions {
  // yargs hands over a lone dash as an empty text.
  return { type: 'string', coerce: (text: string) => (text === '' ? '-' : text), describe };
}

/** Whether an output may have colour. */
export const COLOR_OPTIONS = {
  ...valued('Output', { color: `Colour: ${COLOR_WORDS.join(', ')} (default: on a terminal)` }),
  ...flags('Output', { 'no-color': 'The same as --color=never' }),
};

/** Whether a report for people has what is as everywhere, too. */
export const VERBOSE_OPTIONS = flags('Output', { verbose: 'The defaults as well' });

/** Which family an output shows. */
export const FAMILY_OPTIONS = valued('Output', { family: 'ip or ip6 (also -4, -6)' });

/** What was parsed, by the names of options and operands. */
export type Parsed = Readonly<Record<string, unknown>>;

/** An option that may be given once: the last one counts. */
export function last(parsed: Parsed, name: string): string | undefined {
  return all(parsed, name).at(-1);
}

/** An option that may be given several times. */
export function all(parsed: Parsed, name: string): readonly string[] {
  const value = parsed[name];
  return value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String);
}

/** Those of some options that were given, each once. */
export function givenOf<N extends string>(parsed: Parsed, ...names: readonly N[]): { readonly [K in N]?: string } {
  const values = names.flatMap((name) => {
    const value = last(parsed, name);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(values) as { readonly [K in N]?: string };
}

/** The form that `-o` names; empty where there is none, and no default. */
export function outputOf(parsed: Parsed): string {
  return last(parsed, 'output') ?? '';
}

/** The settings that a command line gave, and which of several workloads. */
export function planOptions(parsed: Parsed): SourceOptions & WorkloadOption {
  const given = { ...sourceOptions(parsed), ...givenOf(parsed, 'workload') };
  const [filename, another] = given.manifests?.filenames ?? [];
  const name = filename === undefined || another !== undefined ? undefined : parseSource(filename);
  // One workload of a file is named behind -f as it is in a SOURCE.
  if (name?.kind !== 'file' || name.workload === undefined || name.release !== undefined || !holdsManifests(name.file)) return given;
  return { ...withFile(given, name.file), ...workloadIn(name, given) };
}

/** The settings that a command line gave. */
export function sourceOptions(parsed: Parsed): SourceOptions {
  const envFile = last(parsed, 'env-file');
  return {
    progress: progressFor(process.stderr, process.env, () => performance.now()),
    ...givenOf(parsed, 'filename', 'release', 'facts', 'deadline'),
    ...(envFile === undefined ? {} : { envFile }),
    ...(parsed['--'] === undefined ? {} : { args: all(parsed, '--') }),
    manifests: {
      ...givenOf(parsed, 'installer'),
      filenames: all(parsed, 'filename'),
      values: all(parsed, 'values'),
      imageReleases: all(parsed, 'image-release'),
      keepArguments: parsed['keep-args'] === true,
      ...(parsed['as-injected'] === true && { asInjected: true }),
    },
    ...clusterOptions(parsed),
    sets: all(parsed, 'set'),
    env: all(parsed, 'env'),
    addresses: all(parsed, 'address'),
    nameservers: all(parsed, 'nameserver'),
  };
}

/** How a cluster is reached, as the options say it. Throws a ProblemError for what no namespace, no context and no selector can be. */
function clusterOptions(parsed: Parsed): Pick<SourceOptions, 'cluster'> {
  const { namespace, ...others } = givenOf(parsed, 'context', 'kubeconfig', 'namespace', 'selector');
  const deadline = last(parsed, 'deadline');
  if (namespace !== undefined && !isNamespace(namespace))
    throw badOption('--namespace', `${quoted(namespace)} is not a namespace of Kubernetes, as shop`);
  if (deadline !== undefined && !/^[1-9]\d{0,5}$/.test(deadline))
    throw badOption('--deadline', `${quoted(deadline)} is not a number of seconds, as 30`);
  const allNamespaces = parsed['all-namespaces'] === true;
  if (allNamespaces && namespace !== undefined) throw badOption('--all-namespaces', 'and --namespace do not go together');
  return {
    cluster: {
      ...others,
      ...(namespace === undefined ? {} : { namespace }),
      ...(allNamespaces && { allNamespaces }),
      ...(deadline !== undefined && { seconds: Number(deadline) }),
    },
  };
}
