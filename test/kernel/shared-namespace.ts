/** A namespace that is there from before the tests that follow until after them. */

import { afterAll, beforeAll } from 'vitest';
import type { Namespace, Open } from './namespace.ts';
import { inNamespace, opened } from './namespace.ts';

/** Asked for within the tests of the same group. */
export function sharedNamespace(): () => Namespace {
  let open: Open<Namespace> | undefined;
  beforeAll(async () => {
    open = await opened<Namespace>(inNamespace);
  });
  afterAll(() => open?.close());
  return () => {
    if (open === undefined) throw new Error('the namespace is not there yet');
    return open;
  };
}
