/** Where a diagnostic is explained. */

import { LINT_CODES } from '../../istio/advice/lint/kinds.ts';

/** The page of a code; problems of reading share one. */
export function pageOf(code: string): string {
  const known: readonly string[] = LINT_CODES;
  return `docs/lint/${known.includes(code) ? code : 'reading'}.md`;
}
