/** The names of chains that are Istio's: what any release makes, by table. A prefix is nobody's, for anyone may begin a name so. */

// What the rules of every release from 1.0.0 on have, all settings tried (golden/istio-iptables; a test holds them together).
const MADE: ReadonlyMap<string, readonly string[]> = new Map([
  ['nat', ['ISTIO_INBOUND', 'ISTIO_IN_REDIRECT', 'ISTIO_OUTPUT', 'ISTIO_OUTPUT_DNS', 'ISTIO_REDIRECT']],
  ['mangle', ['ISTIO_INBOUND', 'ISTIO_DIVERT', 'ISTIO_TPROXY', 'ISTIO_DROP']],
  ['raw', ['ISTIO_INBOUND', 'ISTIO_OUTPUT', 'ISTIO_OUTPUT_DNS']],
]);

// What the node agent (istio-cni) makes in an ambient pod and on the node, for ztunnel; no release of istio-iptables
// ever made either (istio-history, 4.3).
export const AMBIENT_CHAINS: readonly string[] = ['ISTIO_PRERT', 'ISTIO_POSTRT'];

// The one name that both use. In every table where the agent has it, it has one of the others as well.
export const SHARED_CHAIN = 'ISTIO_OUTPUT';

/** Whether some release of istio-iptables makes a chain of this name in this table. */
export function isSidecarChain(table: string, name: string): boolean {
  return MADE.get(table)?.includes(withoutMark(name)) ?? false;
}

// A chain of legacy beside one of nft has its name with a mark (netfilter/merge.ts).
function withoutMark(name: string): string {
  return name.replace(/(?:\.legacy)+$/, '');
}

/** Whether a chain has the look of Istio's and no release, nor the ambient mode, makes it: it is somebody else's, and stays. */
export function isForeignIstioChain(table: string, name: string): boolean {
  return name.startsWith('ISTIO_') && !isSidecarChain(table, name) && !AMBIENT_CHAINS.includes(name) && withoutMark(name) !== SHARED_CHAIN;
}

/** Whether a table of nft's own is one that the node agent makes with native nftables. */
export function isAmbientTable(name: string): boolean {
  return /^inet istio-ambient-(?:nat|mangle|raw)$/.test(name);
}
