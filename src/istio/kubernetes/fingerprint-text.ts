/** The parts of a fingerprint. Small functions that add to a text: a list that all push to costs the runtime's compiler more than a thousand pods cost. */

import type { EndedContainer } from './manifest/workload.ts';

// Of every pod's own making: it is looked at for being there, and for the init containers that it names.
const STATUS = 'sidecar.istio.io/status';
const STATUS_INIT = /"initContainers":\s*(\[[^\]]*\]|\w+)/;

// The volume with the token of a pod has a name of its own.
const TOKEN_VOLUME = 'kube-api-access-';
export const REWRITE = 'sidecar.istio.io/rewriteAppHTTPProbers';

export const PROBED: readonly (readonly string[])[] = [
  ...['startupProbe', 'readinessProbe', 'livenessProbe'].map((probe) => [probe, 'httpGet', 'port']),
  ['ports'],
];

// What names the pod's owner to Istio.
const OWNER =
  /^ISTIO_META_(?:WORKLOAD_NAME|OWNER|APP_CONTAINERS|POD_PORTS|MESH_ID|CLUSTER_ID)$|^(?:POD_NAME|POD_NAMESPACE|INSTANCE_IP|HOST_IP|ISTIO_KUBE_APP_PROBERS)$/;

// What is not there differs from an empty text.
const NONE = '\n\0';

export function optional(text: string | undefined): string {
  return text === undefined ? NONE : `${text}\0`;
}

export function isOfIstio(annotation: string): boolean {
  return annotation.includes('istio') || annotation.includes('prometheus');
}

export function istioPart(name: string, value: string): string {
  return `${name}\0${name === STATUS ? (STATUS_INIT.exec(value)?.[1] ?? '') : value}\0`;
}

interface Network {
  readonly hostNetwork: boolean;
  readonly addresses: readonly string[];
  readonly nameservers: readonly string[] | undefined;
  readonly lives: boolean;
  readonly seccomp: string | undefined;
  readonly ended: readonly EndedContainer[];
  readonly ids: IdTexts;
}

export function networkText({ hostNetwork, addresses, nameservers, lives, seccomp, ended, ids }: Network): string {
  let text = hostNetwork ? 'host\0' : 'own\0';
  for (const address of addresses) text += `${familyOf(address)}\0`;
  text += `\n\0${nameservers === undefined ? NONE : nameservers.join('\0')}\0${lives ? 'lives' : 'made'}\0${optional(seccomp)}`;
  for (const { name, exitCode, reason, message } of ended) text += `${name}\0${exitCode}\0${reason}\0${message}\0`;
  return `${text}\n\0${idsText(ids)}`;
}

function familyOf(address: string): string {
  if (address.includes(':')) return /^fe[89ab]/i.test(address) ? '6l' : '6';
  return address.startsWith('169.254.') ? '4l' : '4';
}

/** The numbers of a security context. */
export interface IdTexts {
  readonly runAsUser: string | undefined;
  readonly runAsGroup: string | undefined;
  readonly fsGroup: string | undefined;
  readonly supplementalGroups: readonly string[];
}

export function idsText({ runAsUser, runAsGroup, fsGroup, supplementalGroups }: IdTexts): string {
  return `${runAsUser ?? ''}\0${runAsGroup ?? ''}\0${fsGroup ?? ''}\0${wordsText(supplementalGroups)}\n\0`;
}

interface ContainerTexts {
  readonly name: string;
  readonly image: string | undefined;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly envFrom: readonly string[];
}

/** `fieldText`: the text of a field of it, as `textOfValue` makes it. */
export function istioContainerText(
  { name, image, command, args, env, envFrom }: ContainerTexts,
  fieldText: (field: 'securityContext' | 'volumeMounts') => string,
): string {
  let text = `${optional(image)}${wordsText(command)}\n\0${wordsText(args)}\n\0`;
  for (const [variable, value] of env) if (!OWNER.test(variable)) text += `${variable}\0${value}\0`;
  // An injector lays it over its own, and a kernel asks for rights.
  text += `\n\0${wordsText(envFrom)}\n\0${fieldText('securityContext')}\0`;
  return name === 'istio-proxy' ? text : `${text}${fieldText('volumeMounts')}\0`;
}

function wordsText(words: readonly string[]): string {
  let text = '';
  for (const word of words) text += `${word}\0`;
  return text;
}

/** What the runtime parsed, as a text without what every pod has of its own; empty for nothing. */
export function textOfValue(value: unknown): string {
  if (typeof value === 'string') return `'${value}`;
  if (value === undefined) return '';
  if (typeof value !== 'object' || value === null) return String(value);
  let text = '';
  if (Array.isArray(value)) {
    for (const inner of value) text += `\0${textOfValue(inner)}`;
    return `[${text}]`;
  }
  for (const key in value) {
    const inner = (value as Readonly<Record<string, unknown>>)[key];
    text += typeof inner === 'string' && isTokenName(inner) ? '\0' : `\0'${key}\0${textOfValue(inner)}`;
  }
  return `{${text}}`;
}

export function isTokenName(value: string): boolean {
  return value.startsWith(TOKEN_VOLUME);
}
