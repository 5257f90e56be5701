/** The live rules of a namespace, read through one backend. */

import type { Family } from '../../netfilter/family.ts';
import { iptables } from '../../netfilter/print.ts';
import type { EarlierLines } from '../../netfilter/read.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import type { Unseen } from '../../netfilter/unseen.ts';
import type { Failure } from '../failure/failure.ts';
import { whyFailed } from '../failure/why-failed.ts';
import type { Namespace, NetFiles } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';
import { system } from '../system.ts';
import type { FamilyRules } from './read-any-save.ts';
import { isSaveOf } from './same-save.ts';

/** Which programs: `iptables-nft-*`, `iptables-legacy-*`, or `iptables-*`, whatever those are on this machine. */
export type Backend = 'nft' | 'legacy' | 'plain';

/** `iptables-nft-save`, `ip6tables-restore`, ... */
export function programOf(backend: Backend, family: Family, action: 'save' | 'restore'): string {
  return `${iptables(family)}${backend === 'plain' ? '' : `-${backend}`}-${action}`;
}

/** What a backend shows; a family that was not looked at is empty and not in `families`. */
export interface Snapshot {
  readonly backend: Backend;
  readonly families: readonly Family[];
  readonly ip: Ruleset;
  readonly ip6: Ruleset;
  /** What the programs printed: with it a state can be put back exactly, rules of others included. */
  readonly texts: Partial<Readonly<Record<Family, string>>>;
  /** What could not be read, in words. */
  readonly warnings: readonly string[];
  /** The same by its place. */
  readonly unseen: readonly Unseen[];
}

/** One family's rules, or why they can't be read. */
export type FamilyRead = FamilyRules | { readonly failure: Failure };

/** What a read needs. */
export interface Reading {
  readonly namespace: Namespace;
  readonly netFiles: NetFiles;
  /** Milliseconds for each program. */
  readonly deadline: number;
  /** What may well be there: it is recognised without being read. */
  readonly likely?: Readonly<Record<Family, Ruleset>>;
  /** The lines that an earlier look of the same run has read. */
  readonly earlier?: Readonly<Record<Family, EarlierLines>>;
  /** Counters are wanted: for people, and not for what is put back. */
  readonly counted?: true;
  /** The backend's programs are to be run even where the kernel's lists say that there is nothing to see. */
  readonly prove?: boolean;
}

/** The file that lists a family's legacy tables in use, one name a line; reading it makes none and starts nothing. */
export function legacyTables(netFiles: NetFiles, family: Family): readonly string[] | undefined {
  return (family === 'ip' ? netFiles.ip_tables_names : netFiles.ip6_tables_names)?.split('\n').filter((name) => name !== '');
}

/** Reads one family. */
export async function readFamily(reading: Reading, backend: Backend, family: Family): Promise<FamilyRead> {
  const program = programOf(backend, family, 'save');
  const texts: string[] = [];
  for (const arguments_ of savesFor(reading, backend, family)) {
    const argv = [program, ...(reading.counted ? ['-c'] : []), ...arguments_] as const;
    const ran = await reading.namespace.run({ argv, deadline: reading.deadline });
    if (!succeeded(ran)) return { failure: await whyFailed(ran, { family }) };
    texts.push(ran.stdout);
  }
  const text = texts.join('');
  const likely = reading.likely?.[family];
  if (likely !== undefined && isSaveOf(text, likely)) return { ruleset: likely, text, warnings: [], unseen: [] };
  const ruleset = { family, tables: [] };
  if (text.trim() === '') return { ruleset, text, warnings: [], unseen: [] };
  // An ordinary run sees nothing, or what it wants.
  return (await import('./read-save.ts')).readSave(text, program, family, reading.earlier?.[family]);
}

/**
 * The arguments of each save that it takes. Legacy: none where the kernel lists no table. Without root the
 * list may not be read, and iptables-legacy-save without -t prints no rules (kernel.md): then every table by
 * name, which makes those that are not there.
 */
function savesFor({ netFiles, prove = false }: Reading, backend: Backend, family: Family): readonly (readonly string[])[] {
  if (backend !== 'legacy') return [[]];
  const listed = legacyTables(netFiles, family);
  if (listed !== undefined) return listed.length === 0 && !prove ? [] : [[]];
  return system.user() === 0 ? [[]] : ['nat', 'mangle', 'raw', 'filter'].map((table) => ['-t', table]);
}
