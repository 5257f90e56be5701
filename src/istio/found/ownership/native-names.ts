/** The names of nft's tables and chains that are Istio's: what any release makes of a sidecar's rules. */

// What every release with native nftables has, all settings tried (golden/nftables).
export const NATIVE_TABLES: readonly string[] = ['istio-proxy-nat', 'istio-proxy-mangle', 'istio-proxy-raw'];
const CHAIN = /^(?:prerouting|output|istio-(?:inbound|redirect|in-redirect|output|output-dns|divert|tproxy|drop))$/;

/** Whether a table is one that some release makes. */
export function isNativeTable({ family, name }: { readonly family: string; readonly name: string }): boolean {
  return family === 'inet' && NATIVE_TABLES.includes(name);
}

/** Whether some release makes a chain of this name in its tables. */
export function isNativeChain(name: string): boolean {
  return CHAIN.test(name);
}
