/** What belongs to `--values` and is given among the manifests. */

import { nameOf } from './object.ts';
import type { Fields } from './reading.ts';
import { fieldsOf } from './reading.ts';

/** The first keys of Istio's charts, and of a MeshConfig, that no object of Kubernetes has. */
const FIRST_KEYS: Readonly<Record<string, readonly string[]>> = {
  'Helm values': ['global', 'pilot', 'meshConfig', 'istio_cni', 'cni', 'sidecarInjectorWebhook', 'revision', 'gateways', 'ztunnel'],
  'a MeshConfig': ['defaultConfig', 'rootNamespace', 'trustDomain', 'accessLogFile', 'outboundTrafficPolicy', 'proxyListenPort'],
};

/** Says what a document without a kind is, where it is none of Kubernetes'. */
export function kindlessSettings(fields: Fields): string | undefined {
  if (fields.has('apiVersion')) return undefined;
  for (const [what, keys] of Object.entries(FIRST_KEYS)) {
    const key = keys.find((name) => fields.has(name));
    if (key !== undefined) return `${what} (${key})`;
  }
  return undefined;
}

/** Says what an object is, where it holds what a mesh is installed with. */
export function settingsObject(fields: Fields, kind: string, group: string, file: string): string | undefined {
  if (kind === 'IstioOperator') return 'an IstioOperator';
  // The Sail operator's; its older API was operator.istio.io.
  if (kind === 'Istio' && /(?:^|\.)(?:istio|sailoperator)\.io$/.test(group)) return 'an Istio resource';
  if (kind === 'MeshConfig') return 'a MeshConfig';
  if (kind !== 'ConfigMap') return undefined;
  const { name } = nameOf(fieldsOf(fields.get('metadata')?.value, 'metadata', { file, problems: [] }));
  const data = fieldsOf(fields.get('data')?.value, 'data', { file, problems: [] });
  // Revisions have their own: istio-canary, istio-sidecar-injector-canary.
  const holds = /^istio(?:-|$)/.test(name) && (data.has('mesh') || data.has('values'));
  return holds ? `the ConfigMap ${name}` : undefined;
}
