/** What of an injection template is not stock, as far as the arguments of istio-iptables go. */

import { quoted } from '../../problems.ts';
import type { MeshValue } from './mesh.ts';
import type { TemplateLine } from './template-arguments.ts';
import { ACTION, initContainers } from './template-arguments.ts';
import type { StockArgument } from './template-stock.ts';
import { PROGRAMS, STOCK_ARGUMENTS, STOCK_TEXTS, STOCK_VARIABLES, WRITTEN_VALUES } from './template-stock.ts';

export interface TemplateDifference {
  readonly what: string;
  /** In the template, from 1. */
  readonly line: number;
}

/** What stands in the template and in that of no release. */
export function oddities(template: string): readonly TemplateDifference[] {
  const containers = initContainers(template);
  if (containers.length === 0) return [{ what: 'there is no istio-init with arguments', line: 1 }];
  return containers.flatMap((lines) => {
    const args = lines.filter(({ kind }) => kind === 'argument');
    return [...nonDefaultArguments(args), ...nonDefaultVariables(lines)];
  });
}

interface Argument {
  readonly flag: string;
  readonly line: number;
  /** All texts that it is given, of all conditions. */
  readonly texts: readonly TemplateLine[];
  readonly conditions: string;
}

function nonDefaultArguments(lines: readonly TemplateLine[]): readonly TemplateDifference[] {
  const passed = group(lines);
  const has = (flag: string): boolean => passed.some((argument) => argument.flag === flag);
  const always = Object.keys(STOCK_ARGUMENTS).filter((flag) => STOCK_ARGUMENTS[flag]?.always);
  // A container that only validates, as there was one beside the CNI plugin of 1.4, passes none of them.
  const missing = always.some(has) ? always.filter((flag) => !has(flag)) : [];
  return [...passed.flatMap(nonDefaultArgument), ...missing.map((flag) => ({ what: `${flag} is not passed`, line: lines[0]?.line ?? 1 }))];
}

/** Flags with the texts behind them. */
function group(lines: readonly TemplateLine[]): readonly Argument[] {
  const found: { flag: string; line: number; texts: TemplateLine[]; conditions: string }[] = [];
  for (const line of lines) {
    const [, flag, joined] = /^(--?[A-Za-z][\w-]*)(?:=(.*))?$/s.exec(line.text) ?? [];
    const open = found.at(-1);
    if (flag !== undefined) {
      const texts = joined === undefined ? [] : [{ ...line, text: joined, conditions: '' }];
      found.push({ flag, line: line.line, texts, conditions: line.conditions });
    } else if (open !== undefined) open.texts.push(line);
    else if (!PROGRAMS.includes(line.text)) found.push({ flag: line.text, line: line.line, texts: [], conditions: '' });
  }
  return found;
}

function nonDefaultArgument({ flag, line, texts, conditions }: Argument): readonly TemplateDifference[] {
  const stock = Object.hasOwn(STOCK_ARGUMENTS, flag) ? STOCK_ARGUMENTS[flag] : undefined;
  if (stock === undefined) return [{ what: `${quoted(flag)} is passed`, line }];
  const nonDefault = [
    ...nonDefaultMentions(flag, stock, conditions, line),
    ...texts.flatMap((text) => [
      ...nonDefaultMentions(flag, stock, `${text.conditions} ${text.text}`, text.line),
      ...nonDefaultText(flag, stock, text),
    ]),
  ];
  const all = [conditions, ...texts.flatMap((text) => [text.text, text.conditions])];
  const configured = stock.byAnnotation !== true || all.some((text) => mentions(text).some(isAnnotation));
  return configured || nonDefault.length > 0 ? nonDefault : [{ what: `${flag} is made of no annotation`, line: texts[0]?.line ?? line }];
}

function nonDefaultMentions(flag: string, { of, written }: StockArgument, expression: string, line: number): readonly TemplateDifference[] {
  const other = mentions(expression).find((name) => !of.includes(name));
  if (other !== undefined) return [{ what: `${flag} is made of ${quoted(other)}`, line }];
  const old = expression.includes('[[');
  const text = old ? undefined : wordsIn(expression).find((word) => !isAnnotation(word) && ![...STOCK_TEXTS, ...written].includes(word));
  return text === undefined ? [] : [{ what: `${flag} has ${quoted(text)} in it`, line }];
}

/** What stands outside of the actions. */
function nonDefaultText(flag: string, { written }: StockArgument, { text, line }: TemplateLine): readonly TemplateDifference[] {
  const outside = text.replace(ACTION, '').replace(/["'\s]/g, '');
  return outside === '' || written.includes(outside) ? [] : [{ what: `${flag} is written as ${quoted(outside)}`, line }];
}

function nonDefaultVariables(lines: readonly TemplateLine[]): readonly TemplateDifference[] {
  return lines
    .filter(({ kind, text }) => kind === 'variable' && !STOCK_VARIABLES.includes(text))
    .map(({ text, line }) => ({ what: `the variable ${quoted(text)} is set`, line }));
}

/** Annotations and template data that the actions of a text name. */
function mentions(text: string): readonly string[] {
  const actions = (text.match(ACTION) ?? []).join(' ');
  const annotations = wordsIn(text).filter(isAnnotation);
  const data = [...actions.replace(/`[^`]*`|"[^"]*"/g, '""').matchAll(/(?<![\w)$"])\.[A-Z][\w.]*/g)].map(([name]) => name);
  return [...annotations, ...data.filter((name) => !/^\.ObjectMeta(?:\.Annotations)?$/.test(name))];
}

/** The texts in quotes within the actions. */
function wordsIn(text: string): readonly string[] {
  const actions = (text.match(ACTION) ?? []).join(' ');
  return [...actions.matchAll(/`([^`]*)`|"([^"]*)"/g)].map(([, raw, escaped]) => raw ?? escaped ?? '');
}

/** A range of addresses has a slash as well. */
function isAnnotation(word: string): boolean {
  return /^[a-z][a-z\d.-]*\.[a-z]+\/[A-Za-z][\w.-]*$/.test(word);
}

/** Values that Helm wrote into the templates of the oldest releases, each beside its annotation. */
export function writtenValues(
  template: string,
): ReadonlyMap<MeshValue, { readonly value: string; readonly line: number; readonly column: number }> {
  const values = new Map<MeshValue, { value: string; line: number; column: number }>();
  template.split('\n').forEach((text, index) => {
    if (!text.includes('[[')) return;
    for (const { 1: key = '', 2: literal = '', index: at, 0: whole } of text.matchAll(/`([\w.-]+\/[\w.-]+)`\s+("[^"]*"|\d+)/g)) {
      const path = Object.hasOwn(WRITTEN_VALUES, key) ? WRITTEN_VALUES[key] : undefined;
      const place = { line: index + 1, column: at + whole.length - literal.length + 1 };
      if (path !== undefined && !values.has(path)) values.set(path, { value: literal.replaceAll('"', ''), ...place });
    }
  });
  return values;
}
