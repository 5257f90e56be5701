/** A pod's proxy as its process tells of it, and the workload that is made of that. */

import { ENVIRONMENT } from '../../arguments/arguments.ts';
import type { Container, Texts, Workload } from '../../kubernetes/manifest/workload.ts';
import type { Mesh } from '../../kubernetes/mesh/mesh.ts';
import type { Origin, Sourced } from '../../origin.ts';

/** What can be read of a process, all of it text from outside. */
export interface ProxyProcess {
  readonly pid: number;
  /** Of {@link VARIABLES}. */
  readonly environment: ReadonlyMap<string, string>;
  /** The downward API's file: lines `key="value"`. */
  readonly annotations: string;
  readonly hostname: string;
  /** The pod's UID, or an empty text. */
  readonly uid: string;
}

/** Whether words start Istio's agent as a sidecar: `pilot-agent proxy sidecar ...`, perhaps behind a shell. */
export function isSidecar(argv: readonly string[]): boolean {
  const at = argv.findIndex((word) => word.replace(/^.*\//, '') === 'pilot-agent');
  // Of a gateway the next word is `router`; some releases leave the role to its default, a sidecar.
  return at >= 0 && at <= 2 && argv[at + 1] === 'proxy' && (argv[at + 2]?.startsWith('-') !== false || argv[at + 2] === 'sidecar');
}

/** Who the pod is; empty where it is not told. */
export interface PodName {
  readonly namespace: string;
  readonly pod: string;
  /** What it belongs to, as Istio names it. */
  readonly workload: string;
  readonly node: string;
}

const NAMED_BY = {
  namespace: 'POD_NAMESPACE',
  pod: 'POD_NAME',
  workload: 'ISTIO_META_WORKLOAD_NAME',
  node: 'ISTIO_META_NODE_NAME',
} as const satisfies Record<keyof PodName, string>;

/** Kubernetes allows no longer name (RFC 1123 subdomains); the text is the pod's own. */
const MOST_OF_A_NAME = 253;

/** The names that a proxy's environment tells; those of other pods are told by their host name alone. */
export function nameOf({ environment, hostname }: ProxyProcess): PodName {
  const of = (name: keyof PodName): string => (environment.get(NAMED_BY[name]) ?? '').slice(0, MOST_OF_A_NAME);
  return { namespace: of('namespace'), pod: of('pod') || hostname.slice(0, MOST_OF_A_NAME), workload: of('workload'), node: of('node') };
}

/** The release that the proxy's image names in its environment. */
export function releaseOfProxy({ environment, pid }: ProxyProcess): Sourced<string> | undefined {
  const value = environment.get(VERSION);
  return value === undefined || value === '' ? undefined : { value, source: environmentPlace(pid, VERSION) };
}

const VERSION = 'ISTIO_META_ISTIO_VERSION';
const MODE = 'ISTIO_META_INTERCEPTION_MODE';
const PORTS = 'ISTIO_META_POD_PORTS';
const INJECTED_WITH = 'ISTIO_METAJSON_ANNOTATIONS';
const MODE_ANNOTATION = 'sidecar.istio.io/interceptionMode';
const INJECT_ANNOTATION = 'sidecar.istio.io/inject';

/** Those that any release of istio-iptables reads. */
const OF_THE_PROGRAM: ReadonlySet<string> = new Set(Object.values(ENVIRONMENT));

/** The variables of a process that are looked at. */
export const VARIABLES: ReadonlySet<string> = new Set([
  ...Object.values(NAMED_BY),
  ...[VERSION, MODE, PORTS, INJECTED_WITH],
  ...OF_THE_PROGRAM,
  // The CNI plugin leaves such a pod alone.
  'DISABLE_ENVOY',
]);

/** Characters of annotations that Istio reads: each of their words may become a rule. */
const MOST_ANNOTATED = 64 * 1024;

/** The workload that such a pod is, as far as its rules depend on it. Throws an Error where that is too much to look at. */
export function workloadOf(proxy: ProxyProcess, addresses: readonly string[], nameservers: readonly string[] | undefined): Workload {
  const { pid, environment } = proxy;
  const source: Origin = { kind: 'file', file: `/proc/${pid}`, line: 0, column: 0 };
  const { namespace, pod } = nameOf(proxy);
  const ids = { supplementalGroups: [] };
  const container = (name: string, rest: Partial<Container>): Container => ({
    ...{ name: { value: name, source }, command: [], args: [], env: new Map(), envFrom: [], ports: [], ids },
    ...rest,
  });
  const env: Texts = new Map([...environment].map(([name, value]) => [name, { value, source: environmentPlace(pid, name) }]));
  return {
    kind: 'Pod',
    namespace,
    name: pod,
    source,
    annotations: new Map(),
    pod: {
      ...{ source, annotations: reportedAnnotations(proxy), labels: new Map(), hostNetwork: false, ids, initContainers: [], addresses },
      containers: [
        container('app', { ports: reportedPorts(environment.get(PORTS) ?? '', environmentPlace(pid, PORTS)) }),
        container('istio-proxy', { env }),
      ],
      ...(nameservers === undefined ? {} : { nameservers }),
    },
  };
}

/**
 * The pod's annotations: as they are, and over them those that the injector saw, which it writes into the proxy's
 * environment: one that was changed since then has changed no rule.
 */
function reportedAnnotations({ pid, environment, annotations }: ProxyProcess): Texts {
  const found = new Map(downwardTexts(annotations, `/proc/${pid}/root/etc/istio/pod/annotations`));
  const source = environmentPlace(pid, INJECTED_WITH);
  for (const [key, value] of jsonTexts(environment.get(INJECTED_WITH) ?? '')) found.set(key, { value, source });
  const mode = environment.get(MODE);
  if (mode !== undefined && !found.has(MODE_ANNOTATION)) found.set(MODE_ANNOTATION, { value: mode, source: environmentPlace(pid, MODE) });
  // It has a sidecar, whoever put that there.
  found.delete(INJECT_ANNOTATION);
  const length = [...found].reduce((sum, [key, one]) => (key.includes('istio.io/') ? sum + one.value.length : sum), 0);
  if (length > MOST_ANNOTATED) throw new Error(`its annotations are too long to read: more than ${MOST_ANNOTATED / 1024} KiB of Istio's`);
  return found;
}

/** Throws an Error for a text that is no JSON: to take it for no annotations would be to hold the rules against others. */
function jsonTexts(text: string): readonly (readonly [string, string])[] {
  const value = jsonIn(text === '' ? '{}' : text);
  if (typeof value !== 'object' || value === null)
    throw new Error(`its annotations can not be read: ${INJECTED_WITH} is no object of JSON`);
  return Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The mesh with the proxyMetadata of this pod: it is in the proxy's environment as well as in that of istio-init, so of
 * the former those variables are taken that any release of the program reads.
 */
export function meshFor(mesh: Mesh, { pid, environment }: ProxyProcess): Mesh {
  const metadata: Texts = new Map(
    [...environment]
      .filter(([name]) => OF_THE_PROGRAM.has(name))
      .map(([name, value]) => [name, { value, source: environmentPlace(pid, name) }]),
  );
  return {
    ...mesh,
    proxyConfigs: [],
    // Whether the namespace asks for injection now is no matter; whom its proxies run as is.
    namespaces: new Map(
      [...mesh.namespaces].map(([name, { annotations, source }]) => {
        const labels: Texts = new Map([['istio-injection', { value: 'enabled', source }]]);
        return [name, { source, labels, annotations }];
      }),
    ),
    defaultConfig: { source: { kind: 'file', file: `/proc/${pid}/environ`, line: 0, column: 0 }, metadata },
  };
}

function environmentPlace(pid: number, name: string): Origin {
  return { kind: 'file', file: `/proc/${pid}/environ`, line: 0, column: 0, key: name };
}

/** The lines of a downward API file; a value is quoted as Go quotes it. */
export function downwardTexts(text: string, file: string): Texts {
  const found = new Map<string, Sourced<string>>();
  for (const [index, line] of text.split('\n').entries()) {
    const [, key, quoted] = /^([^=]+)=(".*")$/.exec(line) ?? [];
    if (key === undefined || quoted === undefined) continue;
    const value = unquoted(quoted);
    if (value !== undefined) found.set(key, { value, source: { kind: 'file', file, line: index + 1, column: key.length + 2, key } });
  }
  return found;
}

// Go's escapes are those of JSON, and some more: \a, \v, \x7f and \U0001f600.
function unquoted(text: string): string | undefined {
  const json = text.replace(/\\(?:x([0-9a-f]{2})|U([0-9a-f]{8})|([av])|(.))/g, (all, byte?: string, point?: string, letter?: string) => {
    if (byte !== undefined) return `\\u00${byte}`;
    if (point !== undefined) return Number.parseInt(point, 16) > 0x10ffff ? all : String.fromCodePoint(Number.parseInt(point, 16));
    return letter === undefined ? all : letter === 'a' ? '\\u0007' : '\\u000b';
  });
  const value = jsonIn(json);
  return typeof value === 'string' ? value : undefined;
}

/** The ports that the app's containers declare, as the injector writes them into the proxy's environment. */
function reportedPorts(text: string, source: Origin): Container['ports'] {
  const list = jsonIn(text);
  if (!Array.isArray(list)) return [];
  return list.flatMap((port: unknown) => {
    if (typeof port !== 'object' || port === null || !('containerPort' in port)) return [];
    const protocol = 'protocol' in port && typeof port.protocol === 'string' ? port.protocol : 'TCP';
    return [{ port: { value: String(port.containerPort), source }, protocol }];
  });
}
