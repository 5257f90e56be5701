/** Options that mean the same in every command. */

import type { Options, PositionalOptions } from 'yargs';
import { isNamespace } from '../istio/kubernetes/cluster/cluster-name.ts';
import { quoted } from '../istio/problems.ts';
import { badOption } from '../sources/bad-option.ts';
import type { SourceOptions } from '../sources/options.ts';
import { COLOR_WORDS } from './terminal/color.ts';
import { progressFor } from './terminal/progress.ts';

/** `-o`: in which form a command prints; `byDefault` is null where that depends. */
export function outputOption(describe: string, byDefault: string | null = 'text'): Options {
  return { alias: 'o', type: 'string', requiresArg: true, ...(byDefault !== null && { default: byDefault }), describe, group: 'Output:' };
}

/** Settings of a sidecar, and what is known of its pod. */
export const SETTINGS_OPTIONS: Readonly<Record<string, Options>> = {
  filename: {
    alias: 'f',
    type: 'string',
    requiresArg: true,
    describe: 'Settings or manifests: a file (SidecarCapture, Pod, Deployment, List, ...), a folder, or - for standard input',
    group: 'Settings:',
  },
  set: { type: 'string', requiresArg: true, describe: 'One setting, as inbound.excludePorts=80,443 (repeatable)', group: 'Settings:' },
  release: {
    type: 'string',
    requiresArg: true,
    describe: 'Release of Istio, as 1.23 or 1.23.4 (default: the newest known)',
    group: 'Settings:',
  },
  env: {
    type: 'string',
    requiresArg: true,
    describe: 'Environment of istio-iptables for arguments after --, as K=V (repeatable)',
    group: 'Settings:',
  },
  'env-file': { type: 'string', requiresArg: true, describe: 'The same from a file with a K=V a line', group: 'Settings:' },
  values: {
    type: 'string',
    requiresArg: true,
    describe: 'What the mesh is installed with: Helm values, an IstioOperator, a MeshConfig or its ConfigMaps (repeatable)',
    group: 'Manifests:',
  },
  installer: {
    type: 'string',
    requiresArg: true,
    describe: 'Who makes the rules: init or cni (default: what is found)',
    group: 'Manifests:',
  },
  'image-release': {
    type: 'string',
    requiresArg: true,
    describe: 'The release of images whose tag does not name it, as "*/proxyv2@sha256:ab*=1.20.3" (repeatable)',
    group: 'Manifests:',
  },
  'keep-args': {
    type: 'boolean',
    default: false,
    describe: "An injected pod's own arguments at another release, in place of a new injection",
    group: 'Manifests:',
  },
  'as-injected': {
    type: 'boolean',
    default: false,
    describe: 'A pod that lives without a sidecar, as if an injector came to it',
    group: 'Manifests:',
  },
  address: { type: 'string', requiresArg: true, describe: 'An address of the pod (repeatable; default: IPv4 only)', group: 'Facts:' },
  nameserver: { type: 'string', requiresArg: true, describe: 'A nameserver of the pod (repeatable)', group: 'Facts:' },
  facts: { type: 'string', requiresArg: true, describe: '"host": addresses, nameservers and names of this machine', group: 'Facts:' },
  deadline: {
    type: 'string',
    requiresArg: true,
    describe: 'Seconds for the command of exec: (default: 30), and for each answer of a cluster (default: 60)',
    group: 'Facts:',
  },
};

/** Which cluster, and what of it: in kubectl's words, and handed on to kubectl. */
export const CLUSTER_OPTIONS: Readonly<Record<string, Options>> = {
  context: { type: 'string', requiresArg: true, describe: 'The context of the kubeconfig', group: 'Cluster:' },
  kubeconfig: { type: 'string', requiresArg: true, describe: 'The kubeconfig', group: 'Cluster:' },
  namespace: {
    alias: 'n',
    type: 'string',
    requiresArg: true,
    describe: 'Where names are looked for; without a SOURCE, all pods there',
    group: 'Cluster:',
  },
  'all-namespaces': { alias: 'A', type: 'boolean', default: false, describe: 'The same as the SOURCE cluster', group: 'Cluster:' },
  selector: {
    alias: 'l',
    type: 'string',
    requiresArg: true,
    describe: 'Only what has these labels, as app=web,tier!=db',
    group: 'Cluster:',
  },
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
export const COLOR_OPTIONS: Readonly<Record<string, Options>> = {
  color: { type: 'string', requiresArg: true, describe: `Colour: ${COLOR_WORDS.join(', ')} (default: on a terminal)`, group: 'Output:' },
  'no-color': { type: 'boolean', default: false, describe: 'The same as --color=never', group: 'Output:' },
};

/** Whether a report for people has what is as everywhere, too. */
export const VERBOSE_OPTIONS: Readonly<Record<string, Options>> = {
  verbose: { type: 'boolean', default: false, describe: 'The defaults as well', group: 'Output:' },
};

/** Which family an output shows. */
export const FAMILY_OPTIONS: Readonly<Record<string, Options>> = {
  family: { type: 'string', requiresArg: true, describe: 'ip or ip6 (also -4, -6)', group: 'Output:' },
};
type Parsed = Readonly<Record<string, unknown>>;

/** An option that may be given once: the last one counts. */
export function last(parsed: Parsed, name: string): string | undefined {
  return all(parsed, name).at(-1);
}

/** An option that may be given several times. */
export function all(parsed: Parsed, name: string): readonly string[] {
  const value = parsed[name];
  return value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String);
}

/** The settings that a command line gave. */
export function sourceOptions(parsed: Parsed): SourceOptions {
  const one = (name: string, key: string): object => {
    const value = last(parsed, name);
    return value === undefined ? {} : { [key]: value };
  };
  return {
    progress: progressFor(process.stderr, process.env, () => performance.now()),
    ...one('filename', 'filename'),
    ...one('release', 'release'),
    ...one('env-file', 'envFile'),
    ...one('facts', 'facts'),
    ...one('deadline', 'deadline'),
    ...(parsed['--'] === undefined ? {} : { args: all(parsed, '--') }),
    manifests: {
      ...one('installer', 'installer'),
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
  const [context, kubeconfig, namespace, selector, deadline] = ['context', 'kubeconfig', 'namespace', 'selector', 'deadline'].map((name) =>
    last(parsed, name),
  );
  if (namespace !== undefined && !isNamespace(namespace))
    throw badOption('--namespace', `${quoted(namespace)} is not a namespace of Kubernetes, as shop`);
  const allNamespaces = parsed['all-namespaces'] === true;
  if (allNamespaces && namespace !== undefined) throw badOption('--all-namespaces', 'and --namespace do not go together');
  return {
    cluster: {
      ...(context === undefined ? {} : { context }),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(allNamespaces && { allNamespaces }),
      ...(selector === undefined ? {} : { selector }),
      ...(deadline !== undefined && /^[1-9]\d{0,5}$/.test(deadline) && { seconds: Number(deadline) }),
    },
  };
}
