/** Whether this kernel has nf_tables: where it has not, nft holds nothing in any namespace, and to ask it would load the module. */

import { system } from '../system.ts';

/** Looks at this kernel's files; true where they don't say. */
export function kernelHasNft(): boolean {
  return hasNft(system.readText('/proc/modules'), () => system.readText('/proc/kallsyms'));
}

/**
 * The same from their texts: the modules that are loaded, undefined where the kernel knows no modules, and its
 * symbols, which tell of what is built in.
 */
export function hasNft(modules: string | undefined, symbols: () => string | undefined): boolean {
  if (modules === undefined || /^nf_tables /m.test(modules)) return true;
  const built = symbols();
  return built === undefined || / nft_do_chain\b/.test(built);
}
