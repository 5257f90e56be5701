/** `lint --explain CODE`: the page of a diagnostic. */

import { istioctlCode, LINT_CODES } from '../../istio/advice/lint/kinds.ts';
import { badOption } from '../../istio/bad-option.ts';
import { nearest, PROBLEMS, quoted } from '../../istio/problems.ts';
import type { Result } from '../result.ts';

/** The pages of docs/lint, put in by the build. */
declare const LINT_PAGES: Readonly<Record<string, string>>;

/** The page of a code of ours; undefined for one of reading, which share theirs. */
export function pageText(code: string): string | undefined {
  return LINT_PAGES[code];
}

const READING = 'reading';

/** Takes our code or that of istioctl, which may stand for several. Throws a ProblemError for any other. */
export function explainCode(code: string): Result {
  const documented = code in PROBLEMS ? READING : code;
  const codes = [...LINT_CODES, READING].filter((own) => own === documented || istioctlCode(own) === code.toUpperCase());
  if (codes.length === 0) throw badOption('--explain', unknownCode(code));
  return { output: codes.map((own) => LINT_PAGES[own] ?? '').join('\n'), form: 'text', problems: [], notes: [], exitCode: 0 };
}

/** All codes are named only where none is near. */
function unknownCode(code: string): string {
  const own = [...LINT_CODES, READING];
  const near = nearest(code, own);
  const others = [...new Set(own.flatMap((one) => istioctlCode(one) ?? []))].toSorted();
  if (near !== '') return `${quoted(code)} is no code${near}`;
  return `${quoted(code)} is not one of ${(/^IST/i.test(code) ? others : own).join(', ')}`;
}
