/** What `nft -j list ruleset` shows: every rule of every table with its chain and verdict, each name as one value, and of iptables' own matches only the names. */

/** One rule, as far as it can be compared with what iptables-save prints of it. */
export interface NftRule {
  /** `accept`, `jump X`, `goto X`, `return`, `drop`; empty for none, `other` for a target of an extension. */
  readonly verdict: string;
  /** Of `other`, the name of iptables' target, where nft shows it. */
  readonly target?: string;
  /** What is asked of a packet natively, as iptables' matches are called; `other` where iptables has no such match. */
  readonly matched: readonly string[];
  /** It asks a set or a map, which iptables-save does not print. */
  readonly matchesSet: boolean;
}

export interface NftChain {
  readonly name: string;
  /** `input`, `output`, ...; undefined for one that is only jumped to. */
  readonly hook?: string;
  /** Of a base chain: `nat`, `filter`, `route`. */
  readonly type?: string;
  readonly priority?: number;
  /** `accept` or `drop` of a base chain. */
  readonly policy?: string;
  readonly rules: readonly NftRule[];
}

export interface NftTable {
  /** `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`. */
  readonly family: string;
  readonly name: string;
  /** Undefined where only the names of the tables are known. */
  readonly chains?: readonly NftChain[];
}

/** Reads the output of `nft -j list ruleset`; undefined for a text that is none. Never throws. */
export function readNftListing(text: string): readonly NftTable[] | undefined {
  const items = nftItems(text);
  if (items === undefined) return undefined;
  const tables = new Map<string, { family: string; name: string; chains: Map<string, NftChain & { rules: NftRule[] }> }>();
  for (const item of items) {
    const { table, chain, rule } = item;
    if (isRecord(table))
      tables.set(`${table['family']} ${table['name']}`, { family: `${table['family']}`, name: `${table['name']}`, chains: new Map() });
    if (isRecord(chain))
      tables.get(`${chain['family']} ${chain['table']}`)?.chains.set(`${chain['name']}`, {
        name: `${chain['name']}`,
        ...(typeof chain['hook'] === 'string' && { hook: chain['hook'] }),
        ...(typeof chain['type'] === 'string' && { type: chain['type'] }),
        ...(typeof chain['prio'] === 'number' && { priority: chain['prio'] }),
        ...(typeof chain['policy'] === 'string' && { policy: chain['policy'] }),
        rules: [],
      });
    if (isRecord(rule))
      tables
        .get(`${rule['family']} ${rule['table']}`)
        ?.chains.get(`${rule['chain']}`)
        ?.rules.push(ruleOf(Array.isArray(rule['expr']) ? rule['expr'] : []));
  }
  return [...tables.values()].map(({ family, name, chains }) => ({ family, name, chains: [...chains.values()] }));
}

/** An object of JSON of which nothing is known yet. */
export type Json = Readonly<Record<string, unknown>>;

/** The objects that `nft -j` lists; undefined for another text. Never throws. */
export function nftItems(text: string): readonly Json[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && Array.isArray(value['nftables']) ? value['nftables'].filter(isRecord) : undefined;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const VERDICTS: readonly string[] = ['accept', 'drop', 'return'];
// What changes nothing of what a packet is asked.
const SILENT: readonly string[] = ['counter', 'comment', 'xt', 'match', 'limit'];

function ruleOf(expressions: readonly unknown[]): NftRule {
  let verdict = '';
  let target: string | undefined;
  const matched: string[] = [];
  let matchesSet = false;
  for (const expression of expressions.filter(isRecord)) {
    for (const [key, value] of Object.entries(expression)) {
      if (VERDICTS.includes(key)) verdict = key;
      else if ((key === 'jump' || key === 'goto') && isRecord(value)) verdict = `${key} ${value['target']}`;
      else if (key === 'xt' && isRecord(value) && value['type'] === 'target') {
        verdict = 'other';
        target = `${value['name']}`;
      } else if (key === 'match' && isRecord(value)) {
        matched.push(fieldOf(value['left']));
        matchesSet ||= matchesSetIn(value['right'], matched.at(-1) ?? '');
      } else if (key === 'limit') matched.push('other');
      else if (key === 'vmap' || key === 'map') matchesSet = true;
      else if (!SILENT.includes(key)) verdict = verdict === '' ? 'other' : verdict;
    }
  }
  return { verdict, matched, matchesSet, ...(target !== undefined && { target }) };
}

// A state is a list by nature, and newer iptables may write the ports of multiport as one.
const LISTS: readonly string[] = ['conntrack-state', 'source-port', 'destination-port'];

function matchesSetIn(right: unknown, field: string): boolean {
  if (typeof right === 'string') return right.startsWith('@');
  return isRecord(right) && 'set' in right && !LISTS.includes(field);
}

const META: Readonly<Record<string, string>> = {
  iifname: 'in-interface',
  iif: 'in-interface',
  oifname: 'out-interface',
  oif: 'out-interface',
  l4proto: 'protocol',
  mark: 'mark',
  skuid: 'uid-owner',
  skgid: 'gid-owner',
};
const PAYLOAD: Readonly<Record<string, string>> = {
  saddr: 'source',
  daddr: 'destination',
  protocol: 'protocol',
  nexthdr: 'protocol',
  sport: 'source-port',
  dport: 'destination-port',
};
const PROTOCOLS: readonly string[] = ['ip', 'ip6', 'tcp', 'udp', 'th', 'sctp', 'dccp', 'udplite'];

function fieldOf(left: unknown): string {
  if (!isRecord(left)) return 'other';
  const { meta, payload, ct } = left;
  if (isRecord(meta)) return META[`${meta['key']}`] ?? 'other';
  if (isRecord(payload)) return (PROTOCOLS.includes(`${payload['protocol']}`) ? PAYLOAD[`${payload['field']}`] : undefined) ?? 'other';
  if (isRecord(ct)) return ct['key'] === 'state' ? 'conntrack-state' : ct['key'] === 'mark' ? 'connmark' : 'other';
  return Array.isArray(left['&']) ? fieldOf(left['&'][0]) : 'other';
}
