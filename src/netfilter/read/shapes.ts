/** What a single line looks like, seen without the lines around it. */

import type { Family } from '../family.ts';
import type { Policy } from '../rule.ts';
import { isChainName } from './rule-words.ts';

// The space in `* nat` is Istio's own (istio-iptables 1.5 to 1.30).
const TABLE = /^\\?\*\s?([A-Za-z][A-Za-z0-9_-]{0,30})$/;

/** The table that a line begins a block of (`*nat`), or null. */
export function tableStart(text: string): string | null {
  return TABLE.exec(text)?.[1] ?? null;
}

/** `Chain OUTPUT (policy ACCEPT 5 packets, 300 bytes)`, `Chain ISTIO_OUTPUT (1 references)`. */
export interface ChainHeading {
  /** Null where it can't be a chain's name. */
  readonly chain: string | null;
  readonly policy: Policy;
  readonly packets: string | undefined;
  readonly bytes: string | undefined;
  readonly references: string | undefined;
}

const CHAIN = /^Chain ([^(]{0,80}) \((?:policy ([A-Z]+)(?: (\d+[KMGT]?) packets, (\d+[KMGT]?) bytes)?|(-?\d+) references?)\)/;

const POLICIES: ReadonlyMap<string, Policy> = new Map([
  ['ACCEPT', 'ACCEPT'],
  ['DROP', 'DROP'],
  ['QUEUE', 'QUEUE'],
]);

/** The chain that a listing goes on with, or null for another line. */
export function chainHeading(text: string): ChainHeading | null {
  const [, chain, policy, packets, bytes, references] = (text.startsWith('Chain ') && CHAIN.exec(text)) || [];
  if (chain === undefined) return null;
  return {
    chain: isChainName(chain) ? chain : null,
    policy: policy === undefined ? '-' : (POLICIES.get(policy) ?? 'unknown'),
    packets,
    bytes,
    references,
  };
}

/** Whether a line outside a block is one of iptables -S or of a save that has lost its first line. */
export function isLooseRule(text: string): boolean {
  return /^(?:\[\d+:\d+\] )?-A \S+ +(?:!|-)|^-I \S+ +(?:\d+ +)?(?:!|-)|^-N \S+$|^-P \S+ [A-Z]+(?: -c \d+ \d+)?$|^:\S+ +(?:-|[A-Z]+) \[\d+:\d+\]$/.test(
    text,
  );
}

/** Whether a line in a block is meant to be part of it. */
export function isBlockLine(text: string): boolean {
  return /^[:[-]/.test(text);
}

/** Whether a line has the columns of a listing's row, whatever stands behind them. */
export function isRow(text: string): boolean {
  return /^(?:\d+\s+)?(?:\d+[KMGT]?\s+\d+[KMGT]?\s+)?(?:\S+\s+)?!?(?:\d{1,3}|[a-z][\w-]*)\s+(?:--|-f|!f)\s/.test(text);
}

/** The start or end of a block of code in Markdown. */
export function isFence(text: string): boolean {
  return text.startsWith('```') || text.startsWith('~~~');
}

const IP6 =
  /(?:^|[\s!])(?:[0-9a-fA-F]{0,4}:){1,7}:[0-9a-fA-F:.]*(?:\/\d{1,3})?(?=\s|$)|(?:^|[\s!])(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?=[/\s]|$)|\sicmp6-|\s(?:ipv6-icmp|icmpv6)\s/;
const IP = /(?:^|[\s!])\d{1,3}(?:\.\d{1,3}){3}(?:\/\d|\s|$)|\sicmp-[a-z]/;

/** The family of the addresses in a rule or a row, or null where it has none. */
export function listedFamily(text: string): Family | null {
  if (IP6.test(text)) return 'ip6';
  return IP.test(text) ? 'ip' : null;
}

/** A note of iptables-nft that it can't show a table. */
export function incompatibleTable(text: string): string | null {
  return /[Tt]able [`']([\w-]{1,40})' is incompatible, use 'nft' tool/.exec(text)?.[1] ?? null;
}

/** The program that shows the legacy tables, where a line says that there are some. */
export function legacyProgram(text: string): string | null {
  return /Warning: ip6?tables-legacy tables present, use (ip6?tables-legacy(?:-save)?) to see them/.exec(text)?.[1] ?? null;
}

/** A shell's prompt, which ends the output above it. */
export function isPrompt(text: string): boolean {
  return /^(?:[^\s#$%]{0,80}[@~:\]/][^\s#$%]{0,80} ?)?[#$%](?:\s|$)/.test(text);
}
