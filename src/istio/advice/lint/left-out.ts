/** Diagnostics that somebody decided to live with: suppressed by word or annotation, or known from an earlier run. */

import type { Workload } from '../../kubernetes/manifest/workload.ts';
import { nearest, quoted } from '../../problems.ts';
import type { Diagnostic } from '../lint.ts';
import { istioctlCode, LINT_CODES } from './kinds.ts';

/** The annotation that istioctl reads (pkg/config/analysis: `galley.istio.io/analyze-suppress`). */
const SUPPRESS_ANNOTATION = 'galley.istio.io/analyze-suppress';

/** What a diagnostic is about. */
export interface Concerned {
  /** `Deployment shop/cart`. */
  readonly owner: string;
  /** Undefined for what is no workload. */
  readonly workload?: Workload;
  /** How many have it that differ in their names alone; one without. */
  readonly count?: number;
}

/** `CODE=Kind name.namespace`, read. */
export interface Suppression {
  readonly text: string;
  readonly matches: (diagnostic: Diagnostic, concerned: Concerned) => boolean;
}

/** A suppression as istioctl writes it, with our code or its own, and `*` for any; or what is wrong with the text. */
export function readSuppression(text: string): Suppression | string {
  const [, code, resource] = /^([^=\s]+)=(.+)$/.exec(text) ?? [];
  if (code === undefined || resource === undefined)
    return `${quoted(text)} is not CODE=RESOURCE, as "inbound-excludes-idle=Deployment cart.shop" ("*" stands for any)`;
  if (!code.includes('*') && !/^IST\d+$/.test(code) && !LINT_CODES.some((one) => one === code) && nearest(code, LINT_CODES) !== '')
    return `${quoted(code)} is no code of a diagnostic${nearest(code, LINT_CODES)}`;
  const [ofCode, ofResource] = [pattern(code), pattern(resource)];
  return {
    text,
    matches: (diagnostic, concerned) =>
      codesOf(diagnostic).some((one) => ofCode.test(one)) && namesOf(concerned).some((one) => ofResource.test(one)),
  };
}

/** Whether an annotation of the object, or of its pods, names the code. */
export function isSuppressedByAnnotation(diagnostic: Diagnostic, { workload }: Concerned): boolean {
  const texts = [workload?.annotations, workload?.pod.annotations].flatMap((one) => one?.get(SUPPRESS_ANNOTATION)?.value ?? []);
  const named = texts.flatMap((text) => text.split(',')).map((code) => code.trim());
  return named.some((code) => code === '*' || codesOf(diagnostic).includes(code));
}

/** What makes two diagnostics the same, whatever the line or the release: the code, what stands there, and whose it is. */
export function identityOf(
  { code, text, key }: { readonly code: string; readonly text: string; readonly key: string | undefined },
  owner: string,
): string {
  return [code, key ?? text, owner].join('\n');
}

/** The key of the place of a diagnostic. */
export function keyOf({ source }: Diagnostic): string | undefined {
  return source.kind === 'file' ? source.key : undefined;
}

function codesOf({ code }: Diagnostic): readonly string[] {
  return [code, istioctlCode(code) ?? []].flat();
}

/** `Deployment cart.shop`, as istioctl calls an object; of a pod, its owner as well. */
function namesOf({ owner, workload }: Concerned): readonly string[] {
  const own = workload === undefined ? [] : [`${workload.kind} ${workload.name}.${workload.namespace}`];
  return [...own, owner.replace(/^(\S+) ([^/ ]+)\/(\S+)$/, '$1 $3.$2')];
}

function pattern(text: string): RegExp {
  return new RegExp(`^${text.split('*').map(escaped).join('.*')}$`, 's');
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
