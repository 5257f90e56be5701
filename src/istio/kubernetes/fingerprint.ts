/** What two workloads must have in common to be told the same: a text, cheap to make. */

import { MappingValue, SequenceValue } from '../value-nodes.ts';
import type { YamlNode } from '../yaml.ts';
import { field } from '../yaml-fields.ts';
import { destinationsOf, destinationText } from './destinations.ts';
import { isIgnored } from './injection/left-out.ts';
import { isProgram } from './injection/observed-arguments.ts';
import type { Container, Ids, Texts, Workload } from './manifest/workload.ts';
import { injectorOf } from './mesh/injector-of.ts';
import type { Mesh } from './mesh/mesh.ts';

// Of every pod's own making: it is looked at for being there, and for the init containers that it names.
const STATUS = 'sidecar.istio.io/status';
const STATUS_INIT = /"initContainers":\s*(\[[^\]]*\]|\w+)/;

const TOKEN_VOLUME = 'kube-api-access-';
const REWRITE = 'sidecar.istio.io/rewriteAppHTTPProbers';

/** Workloads with equal texts have the same rules and diagnostics. Of addresses only the family counts, of labels only those that are asked for. */
export function fingerprintOf(workload: Workload, mesh: Mesh): string {
  const { kind, namespace, annotations, jobAnnotations, pod } = workload;
  const { proxyConfigs, namespaces, injectors } = mesh;
  const parts: string[] = [kind];
  if (proxyConfigs.length > 0 || namespaces.size > 0 || isIgnored(namespace)) parts.push(namespace);
  pushIstio(parts, annotations);
  if (jobAnnotations !== undefined) pushIstio(parts, jobAnnotations);
  pushIstio(parts, pod.annotations);
  // An empty label beats the annotation as any other does, so that it is not the same as none.
  parts.push(pod.labels.get('sidecar.istio.io/inject')?.value ?? '\n');
  const selectors = SELECTORS.map((name) => mesh.values.get(name)?.value ?? '').join('');
  // Annotations of Istio among the labels; what names the app to Istio says nothing of its rules.
  for (const [name, { value }] of pod.labels)
    if ((name.includes('istio.io/') && !name.startsWith('service.istio.io/')) || selectors.includes(name)) parts.push(name, value);
  for (const { selector } of proxyConfigs) for (const label of selector.keys()) parts.push(pod.labels.get(label)?.value ?? '\n');
  // Webhooks may ask for any label.
  if (injectors !== undefined) parts.push(injectorOf(workload, mesh)?.revision ?? '\n');
  parts.push(pod.hostNetwork ? 'host' : 'own', ...pod.addresses.map(familyOf), '\n', ...(pod.nameservers ?? ['\n']));
  parts.push(pod.livesAt === undefined ? 'made' : 'lives', pod.seccomp ?? '\n');
  for (const { name, exitCode, reason, message } of pod.ended ?? []) parts.push(name, `${exitCode}`, reason, message);
  parts.push('\n');
  pushIds(parts, pod.ids);
  const probed = pod.annotations.has(REWRITE);
  for (const container of pod.containers) {
    pushContainer(parts, container);
    if (probed) for (const probe of PROBED) parts.push(textOfNode(field(container.node, ...probe)));
    if (namespaces.size > 0) parts.push(textOfNode(field(container.node, 'securityContext')));
  }
  parts.push('\n');
  for (const container of pod.initContainers) {
    pushContainer(parts, container);
    if (!container.name.value.startsWith('istio-')) parts.push(...destinationsOf(container).map(destinationText));
  }
  return parts.join('\0');
}

function familyOf(address: string): string {
  if (address.includes(':')) return /^fe[89ab]/i.test(address) ? '6l' : '6';
  return address.startsWith('169.254.') ? '4l' : '4';
}

function pushIstio(parts: string[], texts: Texts): void {
  for (const [name, { value }] of texts)
    if (name.includes('istio') || name.includes('prometheus'))
      parts.push(name, name === STATUS ? (STATUS_INIT.exec(value)?.[1] ?? '') : value);
  parts.push('\n');
}

function pushIds(parts: string[], { runAsUser, runAsGroup, fsGroup, supplementalGroups }: Ids): void {
  parts.push(runAsUser?.value ?? '', runAsGroup?.value ?? '', fsGroup?.value ?? '', ...supplementalGroups.map(({ value }) => value), '\n');
}

function pushContainer(parts: string[], container: Container): void {
  const { name, image, command, args, env, envFrom, ports, ids, restartPolicy, node } = container;
  parts.push(name.value, restartPolicy ?? '');
  pushIds(parts, ids);
  for (const { port, protocol } of ports) parts.push(port.value, protocol);
  parts.push('\n');
  // Of the application's containers nothing else is looked at.
  if (!name.value.startsWith('istio-') && !isProgram(container)) return;
  parts.push(image?.value ?? '\n', ...command.map(({ value }) => value), '\n', ...args.map(({ value }) => value), '\n');
  for (const [variable, { value }] of env) if (!OWNER.test(variable)) parts.push(variable, value);
  parts.push('\n', ...envFrom.map(({ value }) => value));
  // An injector lays it over its own, and a kernel asks for rights.
  parts.push(textOfNode(field(node, 'securityContext')));
  if (name.value !== 'istio-proxy') parts.push(textOfNode(field(node, 'volumeMounts')));
}

/** A node as a text, without what every pod has of its own. */
function textOfNode(node: YamlNode | undefined): string {
  if (node === undefined) return '';
  if (node.kind === 'scalar') return node.plain ? node.text : `'${node.text}`;
  if (node instanceof MappingValue || node instanceof SequenceValue) return textOfValue(node.values);
  if (node.kind === 'sequence') return `[${node.items.map(textOfNode).join('\0')}]`;
  return `{${node.entries.map(({ key, value }) => (isTokenName(value) ? '' : `${textOfNode(key)}\0${textOfNode(value)}`)).join('\0')}}`;
}

/** The same text of what the runtime parsed, without a node for each value in it. */
function textOfValue(value: unknown): string {
  if (typeof value === 'string') return `'${value}`;
  if (Array.isArray(value)) return `[${value.map(textOfValue).join('\0')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => (typeof inner === 'string' && inner.startsWith(TOKEN_VOLUME) ? '' : `'${key}\0${textOfValue(inner)}`))
    .join('\0')}}`;
}

/** The volume with the token of a pod has a name of its own. */
function isTokenName(value: YamlNode): boolean {
  return value.kind === 'scalar' && value.text.startsWith(TOKEN_VOLUME);
}

const SELECTORS = ['sidecarInjectorWebhook.neverInjectSelector', 'sidecarInjectorWebhook.alwaysInjectSelector'] as const;
const PROBED: readonly (readonly string[])[] = [
  ...['startupProbe', 'readinessProbe', 'livenessProbe'].map((probe) => [probe, 'httpGet', 'port']),
  ['ports'],
];

// What names the pod's owner to Istio.
const OWNER =
  /^ISTIO_META_(?:WORKLOAD_NAME|OWNER|APP_CONTAINERS|POD_PORTS|MESH_ID|CLUSTER_ID)$|^(?:POD_NAME|POD_NAMESPACE|INSTANCE_IP|HOST_IP|ISTIO_KUBE_APP_PROBERS)$/;
