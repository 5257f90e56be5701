/** The rules in what a save printed, where they are not just those that are wanted. */

import type { Family } from '../../netfilter/family.ts';
import { readPlainSave } from '../../netfilter/read/plain-save.ts';
import type { EarlierLines } from '../../netfilter/read.ts';
import type { FamilyRules } from './read-any-save.ts';

/** Reads what a program printed for one family. */
export async function readSave(text: string, program: string, family: Family, earlier: EarlierLines | undefined): Promise<FamilyRules> {
  const plain = readPlainSave(text, family, earlier);
  if (plain !== undefined) return { ruleset: plain, text, warnings: [], unseen: [] };
  // What reads any text of rules is a quarter of the program: a pod has nothing for it but where others are at work as well.
  return (await import('./read-any-save.ts')).readAnySave(text, program, family, earlier);
}
