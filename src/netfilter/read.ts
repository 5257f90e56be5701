/** Rules from a text that people have: saves, listings, commands, logs, pages. */

import type { Family } from './family.ts';
import { FAMILIES } from './family.ts';
import { readAllLines } from './read/all-lines.ts';
import type { Edit, TableDraft } from './read/edit.ts';
import { addJumpedTo, applyEdit, EDIT_BUDGET, finishTable } from './read/edit.ts';
import { declaredName, readEditLine } from './read/edit-line.ts';
import type { Gap } from './read/gap.ts';
import type { PlacedSection } from './read/gaps.ts';
import { gapsOfSection, gapsOfTable } from './read/gaps.ts';
import type { Line } from './read/lines.ts';
import type { LostLine, PlacedEdit, ReadLines } from './read/listing.ts';
import { readListing } from './read/listing.ts';
import { deduceTable, familyOf } from './read/place.ts';
import type { ReadProblem, ReadProblems } from './read/problems.ts';
import { collectProblems } from './read/problems.ts';
import { mayHaveRemark } from './read/remarks.ts';
import type { Form, Section } from './read/sections.ts';
import { readSections } from './read/sections.ts';
import type { Unread } from './read/unread.ts';
import { placed } from './read/unread.ts';
import type { Ruleset } from './rule.ts';
import { BUILT_IN_CHAINS, isBuiltIn } from './rule.ts';

/** Lines of tables that were read before, by their text: what a run changes is a few of them, and it reads all of them twice. */
export type EarlierLines = Map<string, Edit>;

export interface ReadOptions {
  /** The family of rules that the text does not say the family of. */
  readonly family?: Family;
  /** The table of listings and of iptables -S where the text does not show it. */
  readonly table?: string;
  /** Where the text comes from: stands in every problem. */
  readonly file?: string;
}

/** A piece of the text that rules were read from. */
export interface ReadTable {
  readonly family: Family;
  readonly table: string;
  readonly form: Form;
  /** Whether the text, or the caller, names the table; otherwise it is deduced. */
  readonly stated: boolean;
  /** 1-based line that it starts in. */
  readonly line: number;
}

export interface ReadResult {
  /** One for each family that the text has rules or tables of, `ip` first. */
  readonly rulesets: readonly Ruleset[];
  /** By line. */
  readonly problems: readonly ReadProblem[];
  /** Where the rules were found, in the order of the text. */
  readonly tables: readonly ReadTable[];
  /** The rules and declarations that could not be read, as closely placed as is known. */
  readonly unread: readonly Unread[];
  /** Rules of which nft shows all but what they ask of iptables' modules, in their chains; none of them is among `rulesets`. */
  readonly hiding?: readonly Ruleset[];
  /** Where the text breaks off, begins in the middle, or shows a table in part. */
  readonly gaps: readonly Gap[];
  /** The families of which the text shows that all tables were saved, so that what is not there is not there. */
  readonly listed?: readonly Family[];
}

/**
 * Reads rules in any form that iptables prints or takes, with other text around them: iptables-save,
 * input of iptables-restore, iptables-xml, iptables -S, iptables -L in all its forms, single commands, the logs of an
 * istio-init container. A line that can't be read becomes a problem and nothing else is lost; the whole
 * state of a table (a save, a full listing) replaces what the text said of the table before.
 * Never throws; time and memory grow with the length of the text.
 *
 * @param earlier - lines of this family that need not be read again; those that are read are added.
 */
export function readRules(text: string, options: ReadOptions = {}, earlier?: EarlierLines): ReadResult {
  const problems = collectProblems(options.file);
  const cuts: Gap[] = [];
  const { sections, gaps, listed } = readSections(readAllLines(text, problems, cuts), problems);
  const cut = text.endsWith('\n') ? undefined : sections.at(-1)?.lines.at(-1);
  const drafts = new Drafts();
  const placedSections: PlacedSection[] = [];
  const unread: Unread[] = [];
  const tables = sections.map((section) => {
    const isCut = cut !== undefined && section === sections.at(-1) && section.form === 'block' && !section.committed;
    // Of a rule that stands in a text's last line, when the text breaks off, some may be lost.
    const kept = isCut ? { ...section, lines: section.lines.slice(0, -1) } : section;
    const { table, lost, placedSection } = placeSection(kept, options, drafts, problems, earlier);
    for (const line of lost) unread.push(placed(line, table));
    placedSections.push(placedSection);
    return table;
  });
  if (sections.length === 0) problems.add(text.trim() === '' ? 'empty-text' : 'no-rules-found', 1);
  reportWrongTable(tables, drafts, problems);
  const inTables = drafts.all().flatMap(([family, draft]) =>
    gapsOfTable(
      family,
      draft,
      placedSections.filter((one) => one.family === family && one.table === draft.name),
    ),
  );
  return {
    rulesets: drafts.rulesets(),
    problems: problems.list(),
    tables,
    unread,
    gaps: [...gaps, ...cuts, ...placedSections.flatMap(gapsOfSection), ...inTables],
    ...(listed.length > 0 && { listed }),
  };
}

/** The tables of both families, while a text is read. */
class Drafts {
  readonly budget = { left: EDIT_BUDGET };
  readonly #tables: Readonly<Record<Family, Map<string, TableDraft>>> = { ip: new Map(), ip6: new Map() };

  table(family: Family, name: string): TableDraft {
    const table = this.#tables[family].get(name) ?? { name, chains: new Map() };
    this.#tables[family].set(name, table);
    return table;
  }

  all(): readonly (readonly [Family, TableDraft])[] {
    return FAMILIES.flatMap((family) => [...this.#tables[family].values()].map((draft) => [family, draft] as const));
  }

  rulesets(): readonly Ruleset[] {
    return FAMILIES.flatMap((family) => {
      const tables = [...this.#tables[family].values()].map(finishTable);
      return tables.length === 0 ? [] : [{ family, tables }];
    });
  }
}

function placeSection(
  section: Section,
  options: ReadOptions,
  drafts: Drafts,
  problems: ReadProblems,
  earlier: EarlierLines | undefined,
): { readonly table: ReadTable; readonly lost: readonly LostLine[]; readonly placedSection: PlacedSection } {
  const { form, origin, line } = section;
  const family = familyOf(origin, options.family);
  const read = form === 'listing' ? readListing(section.lines, family) : readEdits(section, family, earlier);
  const lost = [...read.lost];
  for (const { line: of, reason } of lost) problems.add('unreadable-line', of.number, { text: of.text, reason });
  if (read.hidden !== undefined) problems.add('interfaces-not-shown', read.hidden);
  const table = tableOf(section, read.edits, options, problems);
  const draft = drafts.table(family, table);
  const whole = showsWholeTable(form, table, read.edits);
  if (whole) draft.chains.clear();
  for (const { edit, line: from } of read.edits) {
    // `iptables -S CHAIN` and `-L CHAIN` show all of one chain.
    if (edit.kind === 'declare' && !whole && (form === 'rules' || form === 'listing'))
      applyEdit(draft, { kind: 'flush', chain: edit.chain }, drafts.budget);
    if (applyEdit(draft, edit, drafts.budget)) continue;
    problems.add('too-many-edits', from.number, { text: from.text });
    lost.push({ line: from, reason: 'the text inserts and deletes too often' });
  }
  // A declaration that can't be read may have been that of a chain which now only jumps tell of.
  if (lost.some(({ line: { text } }) => text.startsWith(':'))) addJumpedTo(draft);
  return {
    table: { family, table, form, line, stated: form === 'commands' || table === (options.table ?? section.table) },
    lost,
    placedSection: { section, family, table, edits: read.edits, whole },
  };
}

function readEdits({ lines, strays }: Section, family: Family, earlier: EarlierLines | undefined): ReadLines {
  const edits: PlacedEdit[] = [];
  const lost: LostLine[] = strays.map((line) => ({ line, reason: line.lost ?? 'it is not a line of a table' }));
  const declared = new Set(lines.flatMap((line) => declaredName(line) ?? []));
  for (const line of lines) {
    const edit = earlier === undefined ? readEditLine(line, family, declared) : readAsOther(line, family, declared, earlier);
    if (edit !== null && 'reason' in edit) lost.push({ line, reason: edit.reason });
    else if (edit !== null && isMimicry(line, edit))
      lost.push({ line, reason: 'it goes on over line ends, and has words that are not understood' });
    else if (edit !== null) edits.push({ line, edit });
  }
  return { edits, lost };
}

function readAsOther(line: Line, family: Family, declared: ReadonlySet<string>, earlier: EarlierLines): ReturnType<typeof readEditLine> {
  const known = earlier.get(line.text);
  if (known?.kind === 'append') return { ...known, rule: { ...known.rule, line: line.number } };
  const edit = readEditLine(line, family, declared);
  if (edit !== null && 'kind' in edit && edit.kind === 'append' && !mayHaveRemark(line.text)) earlier.set(line.text, edit);
  return edit;
}

// iptables-save quotes a comment, and prints other names (--name of recent, --label of IDLETIMER) as they are: a name may
// hold what looks like a comment that begins.
function isMimicry({ text }: Line, edit: Edit): boolean {
  if (!text.includes('\n') || !('rule' in edit) || typeof edit.rule === 'number') return false;
  return edit.rule.target.kind === 'opaque' || edit.rule.matches.some(({ kind }) => kind === 'opaque');
}

function tableOf(section: Section, edits: readonly PlacedEdit[], options: ReadOptions, problems: ReadProblems): string {
  if (section.form === 'block' || section.form === 'commands') return section.table ?? 'filter';
  const { table, reason } = deduceTable(
    edits.map(({ edit }) => edit),
    options.table ?? section.table,
  );
  if (reason !== '') problems.add('table-assumed', section.line, { table, reason });
  return table;
}

/**
 * iptables -S and -L show the policy of every built-in chain, or only what was requested. A block with any policy is a
 * save; what Istio gives to iptables-restore adds to a table, and declares its own chains only.
 */
function showsWholeTable(form: Form, table: string, edits: readonly PlacedEdit[]): boolean {
  if (form === 'commands') return false;
  const declared = new Set<string>();
  for (const { edit } of edits) {
    // In a block, `-P` changes one policy and shows none.
    if (edit.kind === 'declare' && isBuiltIn(table, edit.chain) && (edit.empties || form !== 'block')) declared.add(edit.chain);
  }
  // Before Linux 2.6.34 nat had no INPUT.
  const all = BUILT_IN_CHAINS[table]?.filter((chain) => table !== 'nat' || chain !== 'INPUT') ?? [];
  return declared.size > 0 && (form === 'block' || all.every((chain) => declared.has(chain)));
}

function reportWrongTable(tables: readonly ReadTable[], drafts: Drafts, problems: ReadProblems): void {
  const first = tables[0];
  const unasked = tables.every(({ stated, table }) => !stated && table === 'filter');
  if (first === undefined || !unasked) return;
  const chains = drafts.rulesets().flatMap((ruleset) => ruleset.tables.flatMap((table) => table.chains.map(({ name }) => name)));
  if (chains.some((name) => name.startsWith('ISTIO_'))) return;
  problems.add('wrong-table', first.line, { program: first.family === 'ip' ? 'iptables' : 'ip6tables' });
}
