/** What one backend holds of one family, and what of that can't be seen. A look makes no table and loads no module. */

import { existsSync } from 'node:fs';
import type { Family } from '../../netfilter/family.ts';
import type { NftTable } from '../../netfilter/nft-listing.ts';
import type { Unseen } from '../../netfilter/observation.ts';
import { iptables } from '../../netfilter/print.ts';
import { readProblemText } from '../../netfilter/read/problems.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import { holdAgainst } from '../../netfilter/witness/nft-witness.ts';
import type { Failure } from '../failure/failure.ts';
import { legacyDisputes } from '../kernel/legacy-witness.ts';
import { isIptables } from '../kernel/nft-tables.ts';
import type { FamilyRead, Reading } from '../kernel/snapshot.ts';
import { legacyTables, readFamily } from '../kernel/snapshot.ts';
import { succeeded } from '../run.ts';

export interface BackendPart {
  readonly backend: 'nft' | 'legacy';
  readonly ruleset: Ruleset;
  /** The tables that may hold rules which are not in the ruleset. */
  readonly hidden: 'all' | readonly string[];
  readonly unseen: readonly Unseen[];
  readonly warnings: readonly string[];
  readonly failure?: Failure;
  /** Chains of which two looks at the same time showed different rules. */
  readonly disputed?: readonly string[];
}

/** The part of nft, of whose tables those are known that `nft list tables` lists, if it could. */
export async function nftPart(reading: Reading, family: Family, listed: readonly NftTable[] | undefined): Promise<BackendPart> {
  const tables = listed?.filter((table) => table.family === family && isIptables(table)).map(({ name }) => name);
  if (tables?.length === 0) return emptyPart('nft', family);
  const read = await readEither(reading, 'nft', family);
  if ('failure' in read) return unreadable('nft', family, tables ?? 'all', read.failure);
  const incompatible = named(read.text, 'is incompatible');
  const held = holdAgainst(read.ruleset, listed ?? [], read.unseen);
  const unseen = [
    ...read.unseen,
    ...held.unseen.filter(({ table = '' }) => !incompatible.includes(table)),
    ...incompatible.map((table) => ({ family, table, reason: 'iptables-nft calls it incompatible: it holds rules that only nft shows' })),
    ...named(read.text, 'contains incompatible base-chains').map((table) => ({
      family,
      table,
      reason: 'it has more base chains than iptables knows, which only nft shows',
    })),
  ];
  const problems = incompatible.map((table) =>
    readProblemText({ code: 'incompatible-table', severity: 'warning', line: 0, args: { table } }),
  );
  const warnings = read.warnings.filter((line) => !problems.some((text) => line.endsWith(text)));
  return { backend: 'nft', ruleset: held.ruleset, hidden: incompatible, unseen, warnings, disputed: held.disputed };
}

/** The part of legacy. Its tables are listed by the kernel; reading any other one would make it. */
export async function legacyPart(reading: Reading, family: Family): Promise<BackendPart> {
  const tables = legacyTables(reading.netFiles, family);
  if (tables === undefined) return unlisted(reading, family);
  const read = await readEither(reading, 'legacy', family);
  if ('failure' in read) return unreadable('legacy', family, tables, read.failure);
  const disputes = await legacyDisputes(reading, read.ruleset, read.unseen);
  const disputed = disputes.map(({ table, chain }) => `${family} ${table} ${chain}`);
  return { backend: 'legacy', ruleset: read.ruleset, hidden: [], unseen: [...read.unseen, ...disputes], warnings: read.warnings, disputed };
}

// The list is there in every namespace once the module is loaded; root may read it, and a sandbox may have no /proc/net at all.
function unlisted({ netFiles, namespace: { machine } }: Reading, family: Family): BackendPart {
  const file = `/proc/net/${family}_tables_names`;
  const isThere = machine === undefined ? existsSync(file) : machine.listsOfTables.includes(file);
  if (netFiles.fib_trie !== undefined && !isThere) return emptyPart('legacy', family);
  const reason = `only root may read ${file}, which says what legacy holds`;
  return { ...emptyPart('legacy', family), hidden: 'all', unseen: [{ family, reason }] };
}

function emptyPart(backend: BackendPart['backend'], family: Family): BackendPart {
  return { backend, ruleset: { family, tables: [] }, hidden: [], unseen: [], warnings: [] };
}

function unreadable(backend: BackendPart['backend'], family: Family, hidden: BackendPart['hidden'], failure: Failure): BackendPart {
  const reason = `what ${backend} holds can not be read: ${failure.text}`;
  const unseen = hidden === 'all' ? [{ family, reason }] : hidden.map((table) => ({ family, table, reason }));
  return { ...emptyPart(backend, family), hidden, unseen, failure };
}

/** Reads with the backend's own program, or with the plain one where that is of this backend: some images have no other. */
async function readEither(reading: Reading, backend: BackendPart['backend'], family: Family): Promise<FamilyRead> {
  const read = await readFamily(reading, backend, family);
  if (!('failure' in read) || read.failure.cause !== 'program-missing') return read;
  const ran = await reading.namespace.run({ argv: [iptables(family), '--version'], deadline: reading.deadline });
  // Before 1.8 there was one backend, and the version does not name it.
  const plain = !succeeded(ran) ? undefined : ran.stdout.includes('(nf_tables)') ? 'nft' : 'legacy';
  return plain === backend ? readFamily(reading, 'plain', family) : read;
}

/** The tables of which iptables-nft-save 1.8 says this in a comment. */
function named(text: string, what: string): readonly string[] {
  return [...text.matchAll(/^# Table `([^']+)' (.*), use 'nft' tool/gm)]
    .filter(([, , state]) => state === what)
    .map(([, table = '']) => table);
}
