/** The words behind a listing's columns: what the modules of a rule ask, and what its target does. */

import type { KnownMatch, Match } from '../rule/match.ts';
import { MATCH_OPTIONS } from '../rule/options.ts';
import type { Target, TargetName, TargetValues } from '../rule/target.ts';
import { LISTED_MATCHES, LISTED_TARGETS } from './forms.ts';

/** Header matches that no column can show exactly (`-s a.example`): the column shows the word, the text keeps the rest. */
export const OPAQUE_COLUMN: RegExp = /^(! )?(-[sd]) (\S+)$/;

/** Fragments, which the column `opt` shows. */
export const FRAGMENTS: RegExp = /^(! )?-f$/;

/** What the matches of a rule, in the kernel's order, add behind the columns. */
export function matchWords(matches: readonly Match[]): readonly string[] {
  const protocol = matches.find((match) => match.kind === 'protocol')?.value ?? '';
  const words: string[] = [];
  let seen = new Set<string>();
  for (const match of matches) {
    if (match.kind === 'unknown' || (match.kind === 'opaque' && (OPAQUE_COLUMN.test(match.text) || FRAGMENTS.test(match.text)))) continue;
    const ofProtocol = match.kind !== 'opaque' && MATCH_OPTIONS[match.kind].module === 'protocol';
    if (!ofProtocol || seen.has(match.kind)) seen = new Set();
    // One `tcp` stands before all that the module asks: `tcp spt:53 dpts:1024:65535`.
    if (ofProtocol && seen.size === 0) words.push(protocol);
    if (ofProtocol) seen.add(match.kind);
    words.push(match.kind === 'opaque' ? match.text : listedWords(match));
  }
  return words.filter((text) => text !== '');
}

function listedWords(match: KnownMatch): string {
  const listed = LISTED_MATCHES[match.kind];
  if (listed === 'column') return '';
  const value = match.kind === 'comment' ? match.value.replaceAll(/\p{Cc}/gu, ' ') : printValue(match);
  const template = match.negated ? (listed.negated ?? `! ${listed.plain}`) : listed.plain;
  const range = typeof match.value === 'object' && 'last' in match.value && match.value.first !== match.value.last;
  return template.replace('{s}', range ? 's' : '').replace('{}', () => value);
}

function printValue<M extends KnownMatch>({ kind, value }: M): string {
  return (MATCH_OPTIONS[kind].print as (value: unknown) => string)(value);
}

/** What stands in the column `target`. */
export function targetName(target: Target): string {
  switch (target.kind) {
    case 'none':
      return '';
    case 'verdict':
      return target.verdict;
    case 'jump':
      return target.chain;
    case 'opaque':
      return target.name;
    default:
      return target.kind;
  }
}

/** What the target adds behind the columns, the words of all matches before it; empty where its name says all. */
export function targetWords(target: Target): string {
  switch (target.kind) {
    case 'none':
    case 'verdict':
    case 'jump':
      return '';
    case 'opaque':
      return target.text.slice(target.name.length).trim();
    default:
      return printTargetValue(target);
  }
}

function printTargetValue<K extends TargetName>({ kind, value }: { readonly kind: K; readonly value: TargetValues[K] }): string {
  return LISTED_TARGETS[kind].print(value);
}
