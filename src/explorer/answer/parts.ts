/** What a pasted text holds: rules, workloads, several of them; and which of these is looked at. */

import { partsOf, rulesOfPage } from '../../istio/found/page.ts';
import { isPage } from '../../istio/found/page-signs.ts';
import { readManifest } from '../../istio/kubernetes/manifest/read.ts';
import type { Workload } from '../../istio/kubernetes/manifest/workload.ts';
import type { Origin } from '../../istio/origin.ts';
import type { Problem } from '../../istio/problems.ts';
import type { SidecarFile } from '../../istio/settings/sidecar-file.ts';
import { readYaml } from '../../istio/yaml.ts';
import { withNft } from '../../netfilter/nft/as-rules.ts';
import { readNft } from '../../netfilter/nft/read.ts';
import type { ReadResult } from '../../netfilter/read.ts';
import { readRules } from '../../netfilter/read.ts';
import { rulesIn } from '../../netfilter/rule.ts';

/** One of several things in a text. */
export interface Part {
  readonly id: string;
  readonly name: string;
  /** Where it begins in the text, from 1; 0 for what is not in one place. */
  readonly line: number;
}

export type Held =
  | { readonly kind: 'rules'; readonly read: ReadResult; readonly text: string }
  | { readonly kind: 'workload'; readonly workload: Workload; readonly problems: readonly Problem[] }
  /** Settings in our own form. */
  | { readonly kind: 'sidecar'; readonly sidecar: SidecarFile; readonly problems: readonly Problem[] }
  | {
      readonly kind: 'nothing';
      readonly problems: readonly Problem[];
      readonly fault?: { readonly line: number; readonly reason: string };
    };

export interface HeldText {
  readonly held: Held;
  /** What there is to choose from; empty where there is one thing. */
  readonly parts: readonly Part[];
  /** The id of the chosen one. */
  readonly part: string;
}

/** Where values of a pasted text come from, in origins. */
export const PASTED = 'pasted';

const MOST_PARTS = 1000;

/** What the chosen part of a text is, or its first. Never throws. */
export function heldIn(text: string, chosen: string): HeldText {
  if (isPage(text) || (text.match(/^\s*(?:```|~~~)/gm) ?? []).length >= 4) {
    const found = partOfPage(text, chosen);
    if (found !== undefined) return found;
  }
  const read = readAll(text);
  if (hasRules(read)) return { held: { kind: 'rules', read, text }, parts: [], part: '' };
  return inManifests(text, chosen);
}

function readAll(text: string): ReadResult {
  const read = readRules(text);
  const nft = readNft(text);
  return nft === undefined || nft.ruleset.tables.length === 0 ? read : withNft(read, nft);
}

function hasRules({ rulesets }: ReadResult): boolean {
  return rulesets.some((ruleset) => rulesIn(ruleset).length > 0);
}

/** A page's parts keep their lines. Without a choice all its rules count as one, where they don't contradict each other. */
function partOfPage(text: string, chosen: string): HeldText | undefined {
  const found = partsOf(text).slice(0, MOST_PARTS);
  const rules = rulesOfPage(text);
  const together = found.filter(({ kind }) => kind === 'rules').length > 1 && 'text' in rules ? rules.text : undefined;
  const parts: readonly (Part & { readonly text: string })[] = [
    ...(together === undefined ? [] : [{ id: 'rules', name: 'all rules of the page', line: 0, text: together }]),
    ...found.map(({ number, kind, name, line, text: own }) => ({
      id: `#${number}`,
      line,
      name: `${kind === 'manifest' ? name : `rules${name === '' ? '' : `: ${name}`}`} (line ${line})`,
      text: own,
    })),
  ];
  const part = parts.find(({ id }) => id === chosen) ?? parts.find(({ name }) => /rules/.test(name)) ?? parts[0];
  if (part === undefined) return undefined;
  const read = readAll(part.text);
  const held: Held = hasRules(read) ? { kind: 'rules', read, text: part.text } : inManifests(part.text, '').held;
  return { held, parts: parts.length > 1 ? parts.map(({ id, name, line }) => ({ id, name, line })) : [], part: part.id };
}

function inManifests(text: string, chosen: string): HeldText {
  const documents = readYaml(text);
  if ('reason' in documents) return { held: { kind: 'nothing', problems: [], fault: documents }, parts: [], part: '' };
  const items = documents.flatMap((document) => readManifest(document, PASTED));
  const problems = items.flatMap((item) => (item.kind === 'problem' ? [item.problem] : []));
  const found = items.flatMap((item): readonly (Part & { readonly held: Held })[] => {
    if (item.kind === 'sidecar')
      return [{ id: 'settings', name: 'settings', line: lineOf(item.source), held: { kind: 'sidecar', sidecar: item.sidecar, problems } }];
    if (item.kind !== 'workload') return [];
    const { workload } = item;
    return [{ id: idOf(workload), name: nameOf(workload), line: lineOf(workload.source), held: { kind: 'workload', workload, problems } }];
  });
  const one = found.find(({ id }) => id === chosen) ?? found[0];
  if (one === undefined) return { held: { kind: 'nothing', problems }, parts: [], part: '' };
  const parts = found.length > 1 ? found.slice(0, MOST_PARTS).map(({ id, name, line }) => ({ id, name, line })) : [];
  return { held: one.held, parts, part: one.id };
}

function lineOf(source: Origin): number {
  return source.kind === 'file' ? source.line : 0;
}

function idOf({ kind, namespace, name }: Workload): string {
  return `${namespace}/${kind}/${name}`;
}

/** `Deployment orders`, with its namespace where that is another than the default. */
export function nameOf({ kind, namespace, name }: Workload): string {
  return `${kind} ${name}${namespace === 'default' ? '' : ` in ${namespace}`}`;
}
