/** A page that holds several things: manifests, listings, prose around them. Each part keeps its lines. */

import { printSave } from '../../netfilter/print.ts';
import { startsAsRules } from '../../netfilter/read/line-starts.ts';
import { xmlPartsOf } from '../../netfilter/read/xml.ts';
import { readRules } from '../../netfilter/read.ts';
import type { Ruleset } from '../../netfilter/rule.ts';

/** Something on a page that a command can read. */
export interface PagePart {
  /** From 1 on, in the order of the page. */
  readonly number: number;
  readonly kind: 'manifest' | 'rules';
  /** Of a manifest its kind and name, of rules the heading above them; empty where there is none. */
  readonly name: string;
  /** 1-based. */
  readonly line: number;
  /** The page with every other line empty, so that places stay what they are. */
  readonly text: string;
}

const FENCE = /^\s*(?:```|~~~)/;
const HEADING = /^#{1,6} +(?![$#] |\S*ip6?tables)(\S.*)$/;
const MANIFEST = /^\s*["']?(?:apiVersion|kind)["']?\s*:/m;
// What can stand in a document of YAML at the start of a line; a comment may be the prompt of root.
const YAML = /^(?:\s+\S|["']?[A-Za-z][\w./-]*["']?\s*:(?:\s|$)|- |-$|---(?:\s|$)|#(?! ?\S*ip6?tables)|\s*$)/;

interface Block {
  readonly kind: PagePart['kind'] | 'other';
  readonly heading: string;
  /** 0-based; `end` is the line behind it. */
  readonly start: number;
  readonly end: number;
}

/** The manifests and the rules of a page, in its order. */
export function partsOf(text: string): readonly PagePart[] {
  const lines = text.split('\n');
  const blocks = blocksOf(lines).flatMap((block) => (block.kind === 'manifest' ? documentsIn(block, lines) : [block]));
  return blocks
    .filter(({ kind }) => kind !== 'other')
    .map(({ kind, heading, start, end }, index): PagePart => {
      const own = lines.slice(start, end).join('\n');
      return {
        number: index + 1,
        kind: kind as PagePart['kind'],
        name: kind === 'manifest' ? manifestName(own) : heading,
        line: start + 1 + own.split('\n').findIndex((line) => line.trim() !== ''),
        text: only(lines, (line) => line >= start && line < end),
      };
    });
}

/** The manifests of a page as one text, each a document of its own. */
export function manifestsOf(text: string): string {
  const lines = text.split('\n');
  const documents = partsOf(text).filter(({ kind }) => kind === 'manifest');
  const kept = new Map<number, string>();
  for (const part of documents) {
    for (const [index, line] of part.text.split('\n').entries()) if (line.trim() !== '') kept.set(index, line);
    const before = part.line - 2;
    if (before >= 0 && !kept.has(before)) kept.set(before, '---');
  }
  return lines.map((_, index) => kept.get(index) ?? '').join('\n');
}

/** What is left of a page without its manifests, or why nothing can be chosen of it. */
export type RulesOfPage =
  | { readonly text: string; readonly left: readonly PagePart[] }
  /** Parts that show the same table, and other rules in it. */
  | { readonly rivals: readonly PagePart[]; readonly where: string };

/** The rules of a page. Of two listings of one table the one that shows more counts; where they differ, nobody can choose. */
export function rulesOfPage(text: string): RulesOfPage {
  const parts = partsOf(text);
  const rules = parts.filter(({ kind }) => kind === 'rules');
  const left: PagePart[] = [];
  const listed = rules.map((part) => ({ part, tables: tablesIn(part.text) }));
  for (const key of new Set(listed.flatMap(({ tables }) => [...tables.keys()]))) {
    const having = listed.filter(({ part, tables }) => tables.has(key) && !left.includes(part));
    const ours = having.filter(({ tables }) => tables.get(key)?.istio === true);
    const rivals = ours.length === 0 ? having : ours;
    if (rivals.length < having.length) left.push(...having.filter((one) => !rivals.includes(one)).map(({ part }) => part));
    const whole = rivals.filter(({ tables }) => tables.get(key)?.hides === false);
    const texts = new Set(rivals.map(({ tables }) => tables.get(key)?.[whole.length === rivals.length ? 'whole' : 'hidden']));
    if (texts.size > 1) return { rivals: rivals.map(({ part }) => part), where: key };
    if (whole.length > 0) left.push(...rivals.filter((one) => !whole.includes(one)).map(({ part }) => part));
  }
  const gone = new Set([...parts.filter(({ kind }) => kind === 'manifest'), ...left].flatMap((part) => linesOf(part)));
  return { text: only(text.split('\n'), (line) => !gone.has(line)), left };
}

/** `#2 Deployment web (line 3)`, `#3 rules (line 40, "Before")`. */
export function partText({ number, kind, name, line }: PagePart): string {
  return kind === 'manifest' ? `#${number} ${name} (line ${line})` : `#${number} rules (line ${line}${name === '' ? '' : `, "${name}"`})`;
}

/** The part that a word behind `#` names: its number, the name of a manifest or its kind with the name, a heading or its words with dashes. */
export function partNamed(parts: readonly PagePart[], word: string): readonly PagePart[] {
  if (/^\d+$/.test(word)) return parts.filter(({ number }) => number === Number(word));
  const lowered = word.toLowerCase();
  return parts.filter(({ kind, name }) => {
    const whole = name.toLowerCase();
    if (kind === 'rules') return [whole, slug(whole)].includes(lowered);
    const [type = '', own = ''] = whole.split(' ');
    return [own, `${type}/${own}`].includes(lowered);
  });
}

function slug(heading: string): string {
  return heading
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replace(/\s+/g, '-');
}

function only(lines: readonly string[], keep: (line: number) => boolean): string {
  return lines.map((line, index) => (keep(index) ? line : '')).join('\n');
}

function linesOf({ text }: PagePart): readonly number[] {
  return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [index]));
}

/** Blocks of code, and what stands between them: there a document of YAML goes on as long as its lines can be of one. */
function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let heading = '';
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    if (FENCE.test(line)) {
      let end = at + 1;
      while (end < lines.length && !FENCE.test(lines[end] ?? '')) end += 1;
      const own = lines.slice(at + 1, end);
      const kind = kindOf(own);
      // A manifest may stand below the command that printed it.
      const before = kind === 'manifest' ? Math.max(0, own.findIndex(isBeginning)) : 0;
      blocks.push({ kind, heading, start: at + 1 + before, end });
      at = end + 1;
      continue;
    }
    if (/^\s*\{\s*$/.test(line) && isManifestKey(lines[at + 1] ?? '')) {
      const close = lines.findIndex((other, index) => index > at && other.trimEnd() === line.trimEnd().replace('{', '}'));
      const end = close < 0 ? lines.length : close + 1;
      blocks.push({ kind: 'manifest', heading, start: at, end });
      at = end;
      continue;
    }
    if (isManifestKey(line)) {
      let end = at + 1;
      while (end < lines.length && !FENCE.test(lines[end] ?? '') && isYaml(lines[end] ?? '')) end += 1;
      blocks.push({ kind: 'manifest', heading, start: at, end });
      at = end;
      continue;
    }
    heading = HEADING.exec(line)?.[1]?.trim() ?? heading;
    let end = at;
    while (end < lines.length && !isBoundary(lines[end] ?? '', end > at)) end += 1;
    blocks.push({ kind: kindOf(lines.slice(at, end)), heading, start: at, end });
    at = end;
  }
  return blocks;
}

function isBoundary(line: string, begun: boolean): boolean {
  return FENCE.test(line) || isManifestKey(line) || (begun && (HEADING.test(line) || /^\s*\{\s*$/.test(line)));
}

function isManifestKey(line: string): boolean {
  return /^["'{\s-]*(?:apiVersion|kind)["']?\s*:/.test(line);
}

/** Whether a document of YAML or JSON may begin so. */
function isBeginning(line: string): boolean {
  return /^\s*(?:\{|---|#|- |["']?[\w./-]+["']?\s*:(?:\s|$))/.test(line);
}

function isYaml(line: string): boolean {
  return YAML.test(line) && !startsAsRules(line) && !HEADING.test(line);
}

function kindOf(lines: readonly string[]): Block['kind'] {
  const text = lines.join('\n');
  if (lines.some((line) => startsAsRules(line.trim())) || xmlPartsOf(text).length > 0) return 'rules';
  return MANIFEST.test(text) ? 'manifest' : 'other';
}

function documentsIn({ kind, heading, start, end }: Block, lines: readonly string[]): readonly Block[] {
  const marks = [start, ...lines.keys()].filter(
    (line, index) => index === 0 || (line > start && line < end && /^---(?:\s|$)/.test(lines[line] ?? '')),
  );
  return marks
    .map((mark, index): Block => ({ kind, heading, start: index === 0 ? mark : mark + 1, end: marks[index + 1] ?? end }))
    .filter((block) => MANIFEST.test(lines.slice(block.start, block.end).join('\n')));
}

function manifestName(text: string): string {
  const kind = /^\s*["']?kind["']?\s*:\s*["']?(\w+)/m.exec(text)?.[1] ?? 'manifest';
  const name = /^["']?metadata["']?\s*:[^\S\n]*\n(?:\s+.*\n)*?\s+["']?name["']?\s*:\s*["']?([\w.-]+)/m.exec(text)?.[1];
  return `${kind} ${name ?? '?'}`;
}

interface ListedTable {
  readonly whole: string;
  /** Without what a listing without interfaces leaves out. */
  readonly hidden: string;
  readonly hides: boolean;
  readonly istio: boolean;
}

/** Each table that a part shows as a whole, by family and name. */
function tablesIn(text: string): ReadonlyMap<string, ListedTable> {
  const { rulesets, tables } = readRules(text);
  const whole = tables.filter(({ form }) => form === 'block' || form === 'listing');
  return new Map(
    whole.flatMap(({ family, table }): readonly (readonly [string, ListedTable])[] => {
      const own = rulesets.find((ruleset) => ruleset.family === family)?.tables.find(({ name }) => name === table);
      if (own === undefined) return [];
      const of = (one: typeof own): string => printSave({ family, tables: [one] });
      const shared = {
        whole: of(own),
        hidden: of(withoutInterfaces(own)),
        hides: own.chains.some(({ rules }) => rules.some(({ matches }) => matches.some(({ kind }) => kind === 'unknown'))),
        istio: own.chains.some(({ name }) => name.startsWith('ISTIO_')),
      };
      return [[`${family === 'ip' ? 'IPv4' : 'IPv6'} ${table}`, shared]];
    }),
  );
}

function withoutInterfaces(table: Ruleset['tables'][number]): Ruleset['tables'][number] {
  const hidden = ['unknown', 'in-interface', 'out-interface'];
  return {
    ...table,
    chains: table.chains.map((chain) => ({
      ...chain,
      rules: chain.rules.map((rule) => ({ ...rule, matches: rule.matches.filter(({ kind }) => !hidden.includes(kind)) })),
    })),
  };
}
