/** What of a cluster a SOURCE names: `pod/NAME`, `deploy/NAME`, `ns/NAME`, `cluster`. */

import { quoted } from '../../problems.ts';
import type { ClusterResource } from './resources.ts';
import { resourceNamed } from './resources.ts';

export type ClusterName =
  | { readonly kind: 'object'; readonly resource: ClusterResource; readonly name: string; readonly namespace?: string }
  /** All pods of a namespace; without a name, of the one that kubectl would take. */
  | { readonly kind: 'namespace'; readonly name?: string }
  | { readonly kind: 'cluster' };

/** The word for the namespace that kubectl would take: no path begins so that anybody would write. */
export const OWN_NAMESPACE = 'ns/';

const NAMESPACE_WORDS = ['ns', 'namespace', 'namespaces'];
const LONGEST = 253;

/**
 * What a word names; undefined for a word that is no name of this form, and the reason for one that is and names nothing that can be.
 * Names go into addresses, and those that hold anything but what Kubernetes allows never get there.
 */
export function clusterName(word: string): ClusterName | { readonly refused: string } | undefined {
  if (word === 'cluster') return { kind: 'cluster' };
  if (word === OWN_NAMESPACE) return { kind: 'namespace' };
  const [first = '', second, third, ...more] = word.split('/');
  if (second === undefined || more.length > 0) return undefined;
  if (NAMESPACE_WORDS.includes(first.toLowerCase()) && third === undefined)
    return isNamespace(second) ? { kind: 'namespace', name: second } : refused(second, 'a namespace of Kubernetes', 'ns/shop');
  const resource = resourceNamed(first);
  if (resource === undefined) return undefined;
  const name = third ?? second;
  const example = `${first}/orders`;
  if (!isName(name)) return refused(name, 'a name of Kubernetes', example);
  if (third === undefined) return { kind: 'object', resource, name };
  return isNamespace(second)
    ? { kind: 'object', resource, name, namespace: second }
    : refused(second, 'a namespace of Kubernetes', `${first}/shop/orders`);
}

function refused(text: string, what: string, example: string): { readonly refused: string } {
  return { refused: `${quoted(text)} is not ${what}, as in ${example}` };
}

/** A DNS subdomain (RFC 1123): small letters, digits, hyphens and dots, of which none stands at an end. */
function isName(text: string): boolean {
  return text.length <= LONGEST && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(text);
}

/** A DNS label (RFC 1123). */
export function isNamespace(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text);
}
