/** What two workloads must have in common to be told the same: a text, cheap to make. */

import type { Sourced } from '../origin.ts';
import { MappingValue, SequenceValue } from '../value-nodes.ts';
import type { YamlNode } from '../yaml.ts';
import { field, isNull } from '../yaml-fields.ts';
import { destinationsOf, destinationText } from './destinations.ts';
import type { IdTexts } from './fingerprint-text.ts';
import * as text from './fingerprint-text.ts';
import { isBare } from './go-text.ts';
import { isIgnored } from './injection/left-out.ts';
import { isProgram } from './injection/observed-arguments.ts';
import type { Container, Ids, PodTemplate, Texts, Workload } from './manifest/workload.ts';
import { injectorOf } from './mesh/injector-of.ts';
import type { Mesh } from './mesh/mesh.ts';
import { PlainPod } from './plain-pod.ts';

/**
 * Workloads with equal texts have the same rules and diagnostics. Of addresses only the family counts, of labels only those
 * that are asked for. Of a pod as the API server gives it, nothing is read for this.
 */
export function fingerprintOf(workload: Workload, mesh: Mesh): string {
  const { kind, namespace } = workload;
  const { proxyConfigs, namespaces } = mesh;
  const space = proxyConfigs.length > 0 || namespaces.size > 0 || isIgnored(namespace) ? namespace : '';
  // A namespace may forbid what a container asks for.
  const secured = namespaces.size > 0;
  return `${kind}\0${space}\0${labelsText(workload, mesh)}${PlainPod.textOf(workload, secured) ?? ownText(workload, secured)}`;
}

function ownText({ annotations, jobAnnotations, pod }: Workload, secured: boolean): string {
  const ofJobs = jobAnnotations === undefined ? '' : istioText(jobAnnotations);
  const { livesAt, ids, nameservers, seccomp, ended = [] } = pod;
  const network = text.networkText({ ...pod, nameservers, seccomp, ended, lives: livesAt !== undefined, ids: idTexts(ids) });
  return `${istioText(annotations)}${ofJobs}${istioText(pod.annotations)}${network}${containersText(pod, secured)}`;
}

function istioText(texts: Texts): string {
  let made = '';
  for (const [name, { value }] of texts) if (text.isOfIstio(name)) made += text.istioPart(name, value);
  return `${made}\n\0`;
}

function labelsText(workload: Workload, mesh: Mesh): string {
  const labels = PlainPod.labelsOf(workload) ?? new Map([...workload.pod.labels].map(([name, { value }]) => [name, value]));
  const selectors = SELECTORS.map((name) => mesh.values.get(name)?.value ?? '').join('');
  // An empty label beats the annotation as any other does, so that it is not the same as none.
  let made = text.optional(labels.get('sidecar.istio.io/inject'));
  // Annotations of Istio among the labels; what names the app to Istio says nothing of its rules.
  for (const [name, value] of labels)
    if ((name.includes('istio.io/') && !name.startsWith('service.istio.io/')) || selectors.includes(name)) made += `${name}\0${value}\0`;
  for (const { selector } of mesh.proxyConfigs) for (const label of selector.keys()) made += text.optional(labels.get(label));
  // Webhooks may ask for any label.
  return mesh.injectors === undefined ? made : `${made}${text.optional(injectorOf(workload, mesh)?.revision)}`;
}

function containersText({ annotations, containers, initContainers }: PodTemplate, secured: boolean): string {
  const probed = annotations.has(text.REWRITE);
  let made = '';
  for (const container of containers) {
    made += containerText(container);
    if (probed) for (const probe of text.PROBED) made += `${textOfNode(field(container.node, ...probe))}\0`;
    if (secured) made += `${textOfNode(field(container.node, 'securityContext'))}\0`;
  }
  made += '\n\0';
  for (const container of initContainers) {
    made += containerText(container);
    if (!container.name.value.startsWith('istio-')) for (const one of destinationsOf(container)) made += `${destinationText(one)}\0`;
  }
  return made;
}

function containerText(container: Container): string {
  const { name, restartPolicy, ports, ids, image, command, args, env, envFrom, node } = container;
  let made = `${name.value}\0${restartPolicy ?? ''}\0${text.idsText(idTexts(ids))}`;
  for (const { port, protocol } of ports) made += `${port.value}\0${protocol}\0`;
  made += '\n\0';
  // Of the application's containers nothing else is looked at.
  if (!name.value.startsWith('istio-') && !isProgram(container)) return made;
  const variables = new Map([...env].map(([variable, { value }]) => [variable, value]));
  const texts = { name: name.value, image: image?.value, command: valuesOf(command), args: valuesOf(args) };
  const inText = { ...texts, env: variables, envFrom: valuesOf(envFrom) };
  return `${made}${text.istioContainerText(inText, (name_) => textOfNode(field(node, name_)))}`;
}

function idTexts({ runAsUser, runAsGroup, fsGroup, supplementalGroups }: Ids): IdTexts {
  const numbers = { runAsUser: runAsUser?.value, runAsGroup: runAsGroup?.value, fsGroup: fsGroup?.value };
  return { ...numbers, supplementalGroups: valuesOf(supplementalGroups) };
}

function valuesOf(texts: readonly Sourced<string>[]): readonly string[] {
  return texts.map(({ value }) => value);
}

/** A node as the text of its value. */
function textOfNode(node: YamlNode | undefined): string {
  if (node === undefined) return '';
  if (node instanceof MappingValue || node instanceof SequenceValue) return text.textOfValue(node.values);
  if (node.kind === 'scalar') return isNull(node) ? 'null' : isBare(node) ? node.text : `'${node.text}`;
  if (node.kind === 'sequence') return `[${node.items.map((item) => `\0${textOfNode(item)}`).join('')}]`;
  return `{${node.entries.map(({ key, value }) => `\0${isToken(value) ? '' : `${textOfNode(key)}\0${textOfNode(value)}`}`).join('')}}`;
}

function isToken(value: YamlNode): boolean {
  return value.kind === 'scalar' && text.isTokenName(value.text);
}

const SELECTORS = ['sidecarInjectorWebhook.neverInjectSelector', 'sidecarInjectorWebhook.alwaysInjectSelector'] as const;
