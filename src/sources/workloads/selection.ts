/** The workloads that a word names, as kubectl's words do: `deploy/orders`, `orders`, `shop/orders`, the beginning of a name. */

import { badOption } from '../../istio/bad-option.ts';
import { kindNamed } from '../../istio/kubernetes/manifest/kinds.ts';
import type { Workload } from '../../istio/kubernetes/manifest/workload.ts';
import { ownerIn, ownerOf } from '../../istio/kubernetes/rule-groups/owner.ts';
import { onOneLine, printSource } from '../../istio/origin.ts';
import type { ProblemError } from '../../istio/problems.ts';
import { nearest, quoted } from '../../istio/problems.ts';
import { someWords } from '../../netfilter/words.ts';
import { workloadsText } from './counts.ts';
import type { Streamed } from './stream.ts';
import { placedSubject } from './subject.ts';

/** `Deployment default/reviews-v1`. */
export function workloadName({ kind, namespace, name }: Pick<Workload, 'kind' | 'namespace' | 'name'>): string {
  return onOneLine(`${kind} ${namespace}/${name}`);
}

/** Looks at what comes by, and keeps what is selected. */
export interface Choice {
  readonly offer: (one: Streamed) => void;
  /** All that the word names. Throws a ProblemError where that is nothing, or the beginning of several names. */
  readonly chosen: (file: string) => readonly Streamed[];
}

/** Names that are kept: for the message, and for the nearest to a misspelt one. */
const MAX_LISTED = 5;
const KEPT = 1000;

/** A choice by a word; the pods of a Deployment are its own. */
export function choiceOf(selector: string): Choice {
  // A name is taken as this program prints it as well.
  const parts = selector.trim().replace(/\s+/g, '/').split('/');
  let count = 0;
  const names = new Set<string>();
  const exact: Streamed[] = [];
  const beginning = new Map<string, Streamed[]>();
  return {
    offer: (one) => {
      count += 1;
      const name = nameOf(one);
      if (names.size < KEPT) names.add(name);
      if (isNamed(one, parts, (own, word) => own === word)) exact.push(placedSubject(one));
      else if (exact.length === 0 && isNamed(one, parts, (own, word) => own.startsWith(word)))
        beginning.set(name, [...(beginning.get(name) ?? []), placedSubject(one)]);
    },
    chosen: (file) => {
      if (exact.length > 0) return exact;
      const [first, second] = beginning.values();
      if (first === undefined)
        throw badOption(
          '--workload',
          `${quoted(selector)} is not in ${onOneLine(file)}, which holds ${workloadsNamed(count, [...names])}${nearest(selector, asWritten([...names], selector))}`,
        );
      if (second !== undefined) throw badOption('--workload', `${quoted(selector)} is the beginning of ${either([...beginning.keys()])}`);
      return first;
    },
  };
}

function either(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return `${names.slice(0, MAX_LISTED).join(' and ')}${more > 0 ? ` and ${more} more` : ''}; say which, as ${names[0]}`;
}

/** The names with as many of their parts as the option was given. */
function asWritten(names: readonly string[], selector: string): readonly string[] {
  const parts = selector.split('/').length;
  return names.map((name) => name.split('/').slice(-parts).join('/'));
}

/** Whose it is, as the option takes it. */
export function nameOf(one: Streamed): string {
  return one.kind === 'sidecar' ? 'SidecarCapture' : onOneLine(ownerOf(one.workload).replace(' ', '/'));
}

type Same = (own: string, word: string) => boolean;

/** By its own name, by that of who made it, or by that of who made that. */
function isNamed(one: Streamed, parts: readonly string[], same: Same): boolean {
  if (one.kind === 'sidecar') return false;
  const { kind, namespace, name, owner = '' } = one.workload;
  const slash = owner.indexOf('/');
  const set = slash < 0 ? [] : [{ kind: owner.slice(0, slash), name: owner.slice(slash + 1) }];
  return [{ kind, name }, ownerIn(one.workload), ...set].some((of) => hasName({ ...of, namespace }, parts, same));
}

function hasName({ kind, namespace, name }: Pick<Workload, 'kind' | 'namespace' | 'name'>, parts: readonly string[], same: Same): boolean {
  const [last = '', before, first] = parts.toReversed();
  // As istioctl takes it.
  const isDotted = last === `${name}.${namespace}` && (before === undefined || (first === undefined && isKind(before, kind)));
  if (isDotted) return true;
  if (parts.length > 3 || !same(name, last)) return false;
  if (first !== undefined) return isKind(first, kind) && before === namespace;
  return before === undefined || isKind(before, kind) || before === namespace;
}

function isKind(word: string, kind: string): boolean {
  return word.toLowerCase() === kind.toLowerCase() || kindNamed(word) === kind;
}

/** Where only one can be looked at and `selector`, or nothing, names several: what there is (`names`; `subjects` of which no two are alike), and how to say which. */
export function several(
  file: string,
  selector: string | undefined,
  { subjects, names, count }: { readonly subjects: readonly Streamed[]; readonly names: readonly string[]; readonly count: number },
): ProblemError {
  if (selector !== undefined) return badOption('--workload', `${quoted(selector)} may be ${eitherOf(subjects, names)}`);
  return badOption(file, `holds ${workloadsNamed(count, names)}; choose one with --workload KIND/NAMESPACE/NAME`);
}

/** What is meant, where more than one may be; no name distinguishes two of the same. */
function eitherOf(subjects: readonly Streamed[], names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  if (names.length > 1) return `${names.slice(0, MAX_LISTED).join(' or ')}${more > 0 ? ` or ${more} more` : ''}; say which, as ${names[0]}`;
  const places = subjects.flatMap((one) => (one.kind === 'workload' ? [printSource(one.workload.source)] : []));
  return `${names[0]} at ${places.slice(0, MAX_LISTED).join(' or ')}; give a file that has one of them`;
}

/** Characters that names may take in a message: some two lines of a narrow terminal. */
const ROOM = 160;

/** `9 workloads (Deployment/shop/cart, ...)`: all names where there is room, in short if need be; else as many as fit, and where all of them are. */
export function workloadsNamed(count: number, names: readonly string[]): string {
  const printed = fitting(names) === names.length ? names : names.map((name) => shortest(name, names));
  const most = Math.max(MAX_LISTED, fitting(printed));
  const rest = names.length > most ? ': preview -o json names all' : '';
  return `${workloadsText(count)} (${someWords(printed, most)}${rest})`;
}

/** How many of them fit, one behind the other. */
function fitting(names: readonly string[]): number {
  let length = 0;
  const over = names.findIndex((name) => {
    length += name.length + ', '.length;
    return length > ROOM;
  });
  return over < 0 ? names.length : over;
}

/** The name without its kind and namespace, where that is nobody else's. */
function shortest(name: string, names: readonly string[]): string {
  const short = name.slice(name.lastIndexOf('/') + 1);
  return names.some((other) => other !== name && other.endsWith(`/${short}`)) ? name : short;
}
