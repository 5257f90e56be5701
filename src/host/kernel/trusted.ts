/** What was read of the rules, as far as it can be trusted: compared with what nft itself shows, and against what could not be read. */

import { isSidecarChain } from '../../istio/found/ownership/chain-names.ts';
import type { Family } from '../../netfilter/family.ts';
import type { Rule } from '../../netfilter/rule.ts';
import { inBoth, withChains } from '../../netfilter/rule.ts';
import type { Unseen } from '../../netfilter/unseen.ts';
import { holdAgainst } from '../../netfilter/witness/nft-witness.ts';
import type { Failure } from '../failure/failure.ts';
import { plainFailure } from '../failure/failure.ts';
import type { NftTables } from './nft-tables.ts';
import type { Snapshot } from './snapshot.ts';

export interface Trusted {
  readonly snapshot: Snapshot;
  /** What is not taken for what it seems; each look has then to be compared with what nft shows. */
  readonly doubts: readonly Unseen[];
  /** Why nothing can be said of what is there. */
  readonly failure?: Failure;
}

/** Without `nftTables` nothing is compared with them: they are those of an earlier look. */
export function trusted(snapshot: Snapshot, nftTables: NftTables | undefined): Trusted {
  const open = snapshot.unseen.filter(({ table, chain, lines }) => table !== undefined && chain === undefined && lines !== undefined);
  if (open.length > 0) return { snapshot, doubts: open, failure: untrusted(open) };
  // Of plain iptables nobody knows which of the two it is.
  const listed = snapshot.backend !== 'nft' ? [] : (nftTables?.listed ?? []);
  const held = listed.length === 0 ? [] : snapshot.families.map((family) => holdAgainst(snapshot[family], listed, snapshot.unseen));
  const doubts = held.flatMap(({ unseen }) => unseen);
  const rulesets = Object.fromEntries(held.map(({ ruleset }) => [ruleset.family, ruleset])) as Partial<Snapshot>;
  const marked = withUnread({ ...snapshot, ...rulesets, unseen: [...snapshot.unseen, ...doubts] }, snapshot.unseen);
  const disputed = held.flatMap(({ disputed: of }) => of);
  return { snapshot: marked, doubts, ...(disputed.length > 0 && { failure: untrusted(doubts) }) };
}

const UNREAD: Rule = { matches: [{ kind: 'opaque', text: '(a rule that could not be read)' }], target: { kind: 'none' } };

/** A chain of ours with a rule that could not be read is not as it is wanted: it is written anew. */
function withUnread(snapshot: Snapshot, unseen: readonly Unseen[]): Snapshot {
  const ours = unseen.filter(({ table, chain }) => table !== undefined && chain !== undefined && isSidecarChain(table, chain));
  if (ours.length === 0) return snapshot;
  const isOurs = (family: Family, table: string, chain: string): boolean =>
    ours.some((one) => one.family === family && one.table === table && one.chain === chain);
  return inBoth(snapshot, (ruleset) =>
    withChains(ruleset, (chain, { name }) =>
      isOurs(ruleset.family, name, chain.name) ? { ...chain, rules: [...chain.rules, UNREAD] } : chain,
    ),
  );
}

/** The failure of a look whose text and second witness disagree. */
export function untrusted(doubts: readonly Unseen[]): Failure {
  const text = `the rules can not be trusted: ${doubts.map(placeText).join('; ')}`;
  return plainFailure('not-verified', text, 'remove the rule or the chain that holds such a name or comment, and run again');
}

/** `IPv4 nat OUTPUT: rule 1 asks something ...` */
export function placeText({ family, table = '', chain = '', reason }: Unseen): string {
  return `${family === 'ip6' ? 'IPv6' : 'IPv4'} ${table}${chain === '' ? '' : ` ${chain}`}: ${reason}`;
}
