import type { Workload } from '../../istio/kubernetes/manifest/workload.ts';
import { onOneLine, printSource } from '../../istio/origin.ts';
import { nearest, ProblemError, problem, quoted } from '../../istio/problems.ts';
import { badOption } from '../bad-option.ts';
import type { Streamed } from './stream.ts';

/** `Deployment default/reviews-v1`. */
export function workloadName({ kind, namespace, name }: Pick<Workload, 'kind' | 'namespace' | 'name'>): string {
  return onOneLine(`${kind} ${namespace}/${name}`);
}

/** Looks at what comes by, and keeps the one that is wanted. */
export interface Choice {
  readonly offer: (one: Streamed) => void;
  /** The one. Throws a ProblemError where there is none, or more than one. */
  readonly chosen: (file: string) => Streamed;
}

/** Names that are kept: for the message, and for the nearest to a misspelt one. */
const MAX_LISTED = 5;
const KEPT = 1000;

/** A choice by the text of the option; without it, of the only one. */
export function choiceOf(name: string | undefined): Choice {
  let count = 0;
  let first: Streamed | undefined;
  const names: string[] = [];
  const matching: Streamed[] = [];
  return {
    offer: (one) => {
      count += 1;
      first ??= one;
      if (names.length < KEPT) names.push(nameOf(one));
      if (name !== undefined && matches(one, name) && matching.length <= MAX_LISTED) matching.push(one);
    },
    chosen: (file) => {
      if (name === undefined) {
        if (first === undefined || count > 1) throw several(file, count, names);
        return first;
      }
      const [one, another] = matching;
      if (one === undefined)
        throw badOption(
          '--workload',
          `${quoted(name)} is not in ${onOneLine(file)}, which holds ${listed(count, names)}${nearest(name, asWritten(names, name))}`,
        );
      if (another !== undefined) throw badOption('--workload', `${quoted(name)} may be ${either(matching)}`);
      return one;
    },
  };
}

/** The names with as many of their parts as the option was given. */
function asWritten(names: readonly string[], selector: string): readonly string[] {
  const parts = selector.split('/').length;
  return names.map((name) => name.split('/').slice(-parts).join('/'));
}

/** What is meant, where more than one may be; no name tells two of the same apart. */
function either(matching: readonly Streamed[]): string {
  const names = new Set(matching.map(nameOf));
  const [name] = names;
  if (names.size > 1) return `${[...names].join(' or ')}; say which, as ${name}`;
  const places = matching.flatMap((one) => (one.kind === 'workload' ? [printSource(one.workload.source)] : []));
  return `${name} at ${places.join(' or ')}; give a file that has one of them`;
}

/** As the option takes it. */
function nameOf(one: Streamed): string {
  return one.kind === 'sidecar' ? 'SidecarCapture' : onOneLine(`${one.workload.kind}/${one.workload.namespace}/${one.workload.name}`);
}

function matches(one: Streamed, selector: string): boolean {
  if (one.kind === 'sidecar') return false;
  const { kind, namespace, name } = one.workload;
  const parts = selector.split('/');
  if (parts.pop() !== name) return false;
  const isKind = (text: string | undefined): boolean => text?.toLowerCase() === kind.toLowerCase();
  if (parts.length === 2) return isKind(parts[0]) && parts[1] === namespace;
  return parts.length === 0 || (parts.length === 1 && (isKind(parts[0]) || parts[0] === namespace));
}

function several(file: string, count: number, names: readonly string[]): ProblemError {
  if (names.every((name) => name === 'SidecarCapture'))
    return new ProblemError([problem('several-documents', { kind: 'file', file, line: 0, column: 0 }, { value: String(count) })]);
  return badOption(file, `holds ${listed(count, names)}; choose one with --workload KIND/NAMESPACE/NAME`);
}

function listed(count: number, names: readonly string[]): string {
  const more = count - MAX_LISTED;
  return `${count} workload${count === 1 ? '' : 's'} (${names.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
}
