/** Names that a cluster has, for the word at the cursor. Nobody waits long for them, and no failure is told: the command itself will. */

import type { ClusterAccess } from '../../host/cluster/access.ts';
import { NAMESPACES, resourceNamed } from '../../istio/kubernetes/cluster/resources.ts';

const SECONDS = 3;
/** Nobody chooses from a longer list. */
const MOST = 200;

/** `deploy/orders` of `deploy/o`; nothing for a word that names no kind. */
export async function clusterWords(before: readonly string[], word: string): Promise<readonly string[]> {
  const [kind = '', name, more] = word.split('/');
  if (name === undefined || more !== undefined) return [];
  const resource = /^(?:ns|namespaces?)$/.test(kind) ? NAMESPACES : resourceNamed(kind);
  if (resource === undefined) return [];
  const access = accessIn(before);
  const { namespaceOf } = await import('../../host/cluster/namespace.ts');
  return listed(async () => (resource === NAMESPACES ? {} : { namespace: await namespaceOf(access) }), resource, access, `${kind}/`);
}

export function namespaceWords(before: readonly string[]): Promise<readonly string[]> {
  return listed(async () => ({}), NAMESPACES, accessIn(before), '');
}

/** The contexts of the kubeconfig. */
export async function contextWords(before: readonly string[]): Promise<readonly string[]> {
  try {
    const { kubectl } = await import('../../host/cluster/kubectl.ts');
    const { context: _, ...access } = accessIn(before);
    return (await kubectl(['config', 'get-contexts', '-o', 'name'], access)).split('\n').filter((name) => name !== '');
  } catch {
    return [];
  }
}

async function listed(
  where: () => Promise<{ readonly namespace?: string }>,
  resource: typeof NAMESPACES,
  access: ClusterAccess,
  start: string,
): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    const { allObjects } = await import('../../host/cluster/list.ts');
    for await (const { metadata } of allObjects(resource, await where(), access)) {
      names.push(`${start}${metadata?.name ?? ''}`);
      if (names.length === MOST) break;
    }
  } catch {
    // What can't be asked has no names.
  }
  return names;
}

/** How the words before the cursor reach a cluster. */
function accessIn(before: readonly string[]): ClusterAccess {
  const value = (...names: readonly string[]): string | undefined =>
    before.flatMap((word, index) => {
      const [, own, given] = /^(--?[a-z-]+)=(.*)$/s.exec(word) ?? [];
      if (own !== undefined && names.includes(own)) return given ?? [];
      return names.includes(before[index - 1] ?? '') ? word : [];
    })[0];
  const [context, kubeconfig, namespace] = [value('--context'), value('--kubeconfig'), value('--namespace', '-n')];
  return {
    seconds: SECONDS,
    ...(context === undefined ? {} : { context }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}
