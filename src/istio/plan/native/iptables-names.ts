/** The names that chains of Istio's native tables have in iptables. */

/** `ISTIO_OUTPUT_DNS` for `istio-output-dns`. */
export function iptablesName(native: string): string {
  return native.toUpperCase().replaceAll('-', '_');
}

/** The same where a table is Istio's; the node agent's own chains are called otherwise in iptables. Names of others stay. */
export function iptablesNameIn(chain: string, table: string): string {
  const [, of] = /^inet istio-(proxy|ambient)-/.exec(table) ?? [];
  if (of === undefined) return chain;
  return (of === 'ambient' ? AGENT[chain] : undefined) ?? iptablesName(chain);
}

const AGENT: Readonly<Record<string, string>> = { 'istio-prerouting': 'ISTIO_PRERT', 'istio-postrouting': 'ISTIO_POSTRT' };
