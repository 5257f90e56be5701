/**
 * Where a text shows a table in part: it breaks off or begins in the middle, or its rules name chains that it does not
 * show. A chain that is jumped to is there, for neither iptables nor the kernel takes the jump otherwise.
 */

import type { Family } from '../family.ts';
import { BUILT_IN_CHAINS, isBuiltIn } from '../rule.ts';
import type { TableDraft } from './edit.ts';
import type { Gap } from './gap.ts';
import type { PlacedEdit } from './listing.ts';
import type { Section } from './sections.ts';

/** A section with the table that it is of. */
export interface PlacedSection {
  readonly section: Section;
  readonly family: Family;
  readonly table: string;
  readonly edits: readonly PlacedEdit[];
  /** It shows every chain of its table. */
  readonly whole: boolean;
}

/** The gaps of one section. */
export function gapsOfSection({ section, family, table, edits, whole }: PlacedSection): readonly Gap[] {
  const { form, lines, committed, line: first } = section;
  const last = lines.at(-1)?.number ?? first;
  const gap = (except: readonly string[], more: boolean, reason: string): readonly Gap[] => [{ family, table, except, more, reason }];
  if (form === 'block' && !committed)
    return gap(whole ? tablesBefore(edits) : [], true, `the text breaks off behind line ${last}, before the COMMIT of this table`);
  if (form === 'rules' && committed && lines[0]?.text.startsWith('-A') === true)
    return gap([], true, `the text begins in the middle of this table, in line ${first}`);
  if (form === 'rules' && edits.length > 0 && edits.every(({ edit }) => edit.kind === 'append')) {
    const reason = `rules stand here from line ${first} on, and no chain is named: others may stand before and behind them`;
    return [{ kind: 'form', family, table, more: true, reason }];
  }
  if (form === 'rules' && whole && isOpenEnded(edits))
    return gap(tablesBefore(edits), false, `chains are named, and no rule of them follows line ${last}: the text may break off there`);
  return [];
}

/** The chains of which a text shows all rules, where it names each before the first rule and breaks off somewhere. */
function tablesBefore(edits: readonly PlacedEdit[]): readonly string[] {
  const named = edits.flatMap(({ edit }) => (edit.kind === 'declare' ? [edit.chain] : []));
  const last = edits.findLast(({ edit }) => edit.kind === 'append')?.edit;
  return last === undefined || last.kind !== 'append' ? [] : named.slice(0, Math.max(named.indexOf(last.chain), 0));
}

/** Whether the last rule is of a chain that is not named, or user chains are named behind it: `iptables -S` prints rules in the order of the names. */
function isOpenEnded(edits: readonly PlacedEdit[]): boolean {
  const named = edits.flatMap(({ edit }) => (edit.kind === 'declare' ? [edit] : []));
  const last = edits.findLast(({ edit }) => edit.kind === 'append')?.edit;
  const at = last?.kind === 'append' ? named.findIndex(({ chain }) => chain === last.chain) : -1;
  return (at === -1 && last !== undefined) || named.slice(at + 1).some(({ policy }) => policy === '-');
}

/** The gaps of a table, by all sections that show it. */
export function gapsOfTable(family: Family, draft: TableDraft, sections: readonly PlacedSection[]): readonly Gap[] {
  const listed = sections.every(({ section: { form } }) => form === 'listing' || form === 'rules');
  const lost = [...jumpsLost(family, draft, sections), ...jumpedTo(family, draft)];
  const known = sections.some(({ section: { committed } }) => committed);
  return [
    ...(listed && !sections.some(({ whole }) => whole) ? partial(family, draft.name, sections) : []),
    ...lost,
    ...(listed ? openEnd(family, draft, sections, lost.length > 0) : []),
    ...(known ? [] : neverMade(family, draft, sections)),
  ];
}

/** Chains behind the last one that a listing shows, and the rest of that, where something must have been there. */
function openEnd(family: Family, { name: table, chains }: TableDraft, sections: readonly PlacedSection[], isLost: boolean): readonly Gap[] {
  const last = sections.at(-1);
  if (last?.whole !== true) return [];
  const names = last.edits.flatMap(({ edit }) => (edit.kind === 'declare' ? [edit.chain] : []));
  const end = names.at(-1) ?? '';
  const isEmpty = last.section.form === 'listing' && !isBuiltIn(table, end) && chains.get(end)?.rules.length === 0;
  if (!isLost && !isEmpty) return [];
  return [
    { family, table, except: names.slice(0, -1), more: false, reason: `the text may break off in ${end}, the last chain that it shows` },
  ];
}

/** Commands that fill a chain which nothing here makes: those before them are lost. */
function neverMade(family: Family, { name: table }: TableDraft, sections: readonly PlacedSection[]): readonly Gap[] {
  const edits = sections.flatMap(({ edits: all, section: { form } }) => (form === 'commands' || form === 'block' ? all : []));
  const made = new Set(sections.flatMap(({ edits: all }) => all.flatMap(({ edit }) => (edit.kind === 'declare' ? [edit.chain] : []))));
  const unmade = edits.find(
    ({ edit }) => 'rule' in edit && edit.kind !== 'delete' && !isBuiltIn(table, edit.chain) && !made.has(edit.chain),
  );
  if (unmade === undefined || !('chain' in unmade.edit)) return [];
  const reason = `${unmade.edit.chain}, which line ${unmade.line.number} fills, is made before the text begins`;
  return [{ family, except: [], more: true, reason }];
}

/** What `iptables -L CHAIN` or `-S CHAIN` leaves out, and a listing that breaks off before it has all chains of the kernel. */
function partial(family: Family, table: string, sections: readonly PlacedSection[]): readonly Gap[] {
  const declared = sections.flatMap(({ edits, section }) => {
    const names = edits.flatMap(({ edit }) => (edit.kind === 'declare' ? [edit.chain] : []));
    const startsAsWhole = names[0] !== undefined && names[0] === BUILT_IN_CHAINS[table]?.[0];
    // A listing prints each chain's rules with its name, -S all names first.
    const cut = startsAsWhole && (section.form === 'listing' || edits.every(({ edit }) => edit.kind === 'declare'));
    return cut ? (section.form === 'listing' ? names.slice(0, -1) : []) : names;
  });
  if (sections.every(({ edits }) => edits.every(({ edit }) => edit.kind !== 'declare'))) return [];
  const except = [...new Set(declared)];
  const reason = except.length === 0 ? 'none of its chains is shown in full' : `only ${namesText(except)} shown in full`;
  return [{ family, table, except, more: false, reason }];
}

const MOST_NAMES = 3;

function namesText(names: readonly string[]): string {
  const listed = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES
    ? `${listed} and ${names.length - MOST_NAMES} more chains are`
    : `${listed} ${names.length === 1 ? 'is' : 'are'}`;
}

/** A listing counts the jumps to each chain: more than are shown are somewhere among what is not. */
function jumpsLost(family: Family, { name: table, chains }: TableDraft, sections: readonly PlacedSection[]): readonly Gap[] {
  const last = sections.findLast(({ whole }) => whole);
  if (last === undefined || last.section.form !== 'listing') return [];
  const jumps = new Map<string, number>();
  for (const { rules } of chains.values())
    for (const { target } of rules) if (target.kind === 'jump') jumps.set(target.chain, (jumps.get(target.chain) ?? 0) + 1);
  return last.edits.flatMap(({ edit }): readonly Gap[] => {
    if (edit.kind !== 'declare' || edit.references === undefined) return [];
    const listed = jumps.get(edit.chain) ?? 0;
    if (listed >= edit.references) return [];
    const reason = `${edit.references} ${edit.references === 1 ? 'rule jumps' : 'rules jump'} to ${edit.chain}, and ${listed} of them ${listed === 1 ? 'is' : 'are'} shown`;
    return [{ family, table, except: [], more: false, reason }];
  });
}

function jumpedTo(family: Family, { name: table, chains }: TableDraft): readonly Gap[] {
  const targets = new Set(
    [...chains.values()].flatMap(({ rules }) => rules.flatMap(({ target }) => (target.kind === 'jump' ? [target.chain] : []))),
  );
  return [...targets]
    .filter((chain) => !chains.has(chain))
    .map((chain) => ({ family, table, chain, more: false, reason: 'rules jump to this chain, and it is not shown' }));
}
