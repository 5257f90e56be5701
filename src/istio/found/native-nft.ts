/** Istio's native nftables, as `nft list ruleset` names them: iptables shows nothing of them. */

const TABLE = /\btable\s+(?:inet|ip6?)\s+(istio-(proxy|ambient)-[a-z]+)/g;

/** A native table that a text names. */
export interface NativeTable {
  readonly name: string;
  /** Whose it is. */
  readonly of: 'sidecar' | 'ambient';
}

/** The native tables that a text names, each once. */
export function nativeTablesIn(text: string): readonly NativeTable[] {
  if (!text.includes('istio-')) return [];
  const found = [...text.matchAll(TABLE)].map(([, name = '', of]): NativeTable => ({ name, of: of === 'proxy' ? 'sidecar' : 'ambient' }));
  return [...new Map(found.map((table) => [table.name, table])).values()];
}

/** What is to be said of such tables; undefined where there are none. */
export function nativeText(tables: readonly NativeTable[]): string | undefined {
  if (tables.length === 0) return undefined;
  const whose = tables.some(({ of }) => of === 'sidecar') ? "Istio's sidecar" : "Istio's ambient mode";
  const names = tables.map(({ name }) => name).join(', ');
  return `${names}: native nft tables of ${whose}, which no iptables shows; this text names them and shows none of their rules, as nft list ruleset does`;
}
