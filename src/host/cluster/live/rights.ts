/** What the user may do, asked as `kubectl auth can-i` asks it. */

import type { ClusterAccess } from '../access.ts';
import { ClusterFailure } from '../failure.ts';
import { kubectl } from '../kubectl.ts';

/** What a user must be allowed to. */
export interface Right {
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace: string;
}

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Those of the rights that are lacking. What can't be asked counts as there: whoever tries is told. Throws a ClusterFailure where nothing can be asked. */
export async function lackingRights(rights: readonly Right[], access: ClusterAccess): Promise<readonly Right[]> {
  const may = await Promise.all(rights.map((right) => mayDo(right, access)));
  return rights.filter((_, index) => !may[index]);
}

async function mayDo(resourceAttributes: Right, access: ClusterAccess): Promise<boolean> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
  try {
    const answer = JSON.parse(await kubectl(['create', '--raw', REVIEWS, '-f', '-'], access, JSON.stringify(review))) as {
      readonly status?: { readonly allowed?: boolean };
    };
    return answer.status?.allowed !== false;
  } catch (error) {
    if (error instanceof SyntaxError) return true;
    if (error instanceof ClusterFailure && (error.failure === 'forbidden' || error.failure === 'no such resource')) return true;
    throw error;
  }
}

/** `patch pods/ephemeralcontainers in shop`. */
export function rightText({ verb, resource, subresource, namespace }: Right): string {
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`} in ${namespace}`;
}
