/** Lists of the API server, piece by piece: a cluster is never there as a whole. */

import type { ClusterResource } from '../../istio/kubernetes/cluster/resources.ts';
import type { ClusterAccess } from './access.ts';
import { ClusterFailure } from './failure.ts';
import { fromApi } from './kubectl.ts';
import type { KubeObject } from './object.ts';
import { objectIn } from './object.ts';

/** As many as kubectl itself asks for at a time. */
const PAGE = 500;
/** So often a list is begun anew that became too old while it was read. */
const MOST_RESTARTS = 3;

/** Where, and which of them. */
export interface ListSelection {
  /** All namespaces without it. */
  readonly namespace?: string;
  /** In the words of Kubernetes. */
  readonly labels?: string;
}

interface Page {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
  readonly items?: readonly KubeObject[] | null;
}

/** The address of a resource. */
export function pathOf(root: string, { plural }: ClusterResource, { namespace }: ListSelection, ...more: readonly string[]): string {
  const place = namespace === undefined ? [] : ['namespaces', namespace];
  return `/${[root, ...place, plural, ...more].map((part) => (part.includes('/') ? part : encodeURIComponent(part))).join('/')}`;
}

/** One object. Throws a ClusterFailure. */
export async function oneObject(
  resource: ClusterResource,
  name: string,
  selection: ListSelection,
  access: ClusterAccess,
): Promise<KubeObject> {
  return objectIn((await atNewest(resource.roots, (root) => fromApi(pathOf(root, resource, selection, name), access))).answer);
}

/** The first version of a resource that the server has, and what that answers. */
async function atNewest(
  [root = '', ...older]: readonly string[],
  ask: (root: string) => Promise<unknown>,
): Promise<{ readonly root: string; readonly answer: unknown }> {
  try {
    return { root, answer: await ask(root) };
  } catch (error) {
    if (older.length === 0 || !(error instanceof ClusterFailure) || error.failure !== 'no such resource') throw error;
    return atNewest(older, ask);
  }
}

/**
 * All objects of a resource. A list that became too old on the way (410) is begun anew, and what was shown is not shown again.
 * Throws a ClusterFailure, after what could be read.
 */
export async function* allObjects(resource: ClusterResource, selection: ListSelection, access: ClusterAccess): AsyncGenerator<KubeObject> {
  const yielded = new Set<string>();
  for (let round = 1; ; round += 1) {
    try {
      for await (const { objects } of pages(resource, selection, access))
        for (const object of objects) {
          const { uid = '' } = object.metadata ?? {};
          if (uid !== '' && yielded.has(uid)) continue;
          if (uid !== '') yielded.add(uid);
          yield object;
        }
      return;
    } catch (error) {
      if (!(error instanceof ClusterFailure) || error.failure !== 'expired' || round === MOST_RESTARTS) throw error;
    }
  }
}

/** The pages of a list, each with the version that it shows. Throws a ClusterFailure. */
export async function* pages(
  resource: ClusterResource,
  selection: ListSelection,
  access: ClusterAccess,
): AsyncGenerator<{ readonly objects: readonly KubeObject[]; readonly version: string }> {
  const { labels } = selection;
  let { roots } = resource;
  let next = '';
  const tokens = new Set<string>();
  do {
    const query = [
      `limit=${PAGE}`,
      ...(labels === undefined ? [] : [`labelSelector=${encodeURIComponent(labels)}`]),
      ...(next === '' ? [] : [`continue=${encodeURIComponent(next)}`]),
    ].join('&');
    const { root, answer } = await atNewest(roots, (tried) => fromApi(`${pathOf(tried, resource, selection)}?${query}`, access));
    const page = (answer ?? {}) as Page;
    roots = [root];
    if (!Array.isArray(page.items) && page.items !== null) throw new ClusterFailure('other', 'the API server answers with no list');
    const { kind = '', apiVersion = '' } = page;
    // Items of a list do not say what they are.
    const known = { kind: kind.replace(/List$/, ''), apiVersion };
    yield { objects: (page.items ?? []).map((item) => ({ ...known, ...objectIn(item) })), version: page.metadata?.resourceVersion ?? '' };
    next = page.metadata?.continue ?? '';
    if (tokens.has(next)) throw new ClusterFailure('other', 'the API server answers with the same page again and again');
    tokens.add(next);
  } while (next !== '');
}
