/** Names as the resolver of this machine knows them. */

import { lookup } from 'node:dns/promises';

/** The address of a name, or why there is none. */
export async function resolveName(name: string): Promise<{ readonly address: string } | { readonly failure: string }> {
  try {
    const { address } = await lookup(name);
    return { address };
  } catch (error) {
    return { failure: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}
