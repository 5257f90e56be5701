/** Diagnostics that are about security, for code scanners that ask how bad they are. */

import type { Severity } from '../../istio/problems.ts';

/** What lets traffic pass the proxy by, with its policy and its encryption, although somebody meant it to be captured. */
const PASSES_BY: readonly string[] = [
  'misplaced-annotation',
  'annotation-as-label',
  'unknown-annotation',
  'annotation-not-read',
  'changed-after-injection',
  'ignored-in-mode-none',
  'ignored-on-host-network',
  'ignored-without-injection',
  'inject-not-a-boolean',
  'range-with-host-bits',
  'range-dropped',
  'range-both',
  'outbound-port-both',
  'excludes-everything',
  'captures-nothing',
  'proxy-user',
  'proxy-group',
  'ip6-not-captured',
  'port-of-istio',
  'image-reads-otherwise',
];

// As GitHub reads them (docs.github.com, "SARIF support for code scanning"): high, medium, low.
const SCORES: Readonly<Record<Severity, string>> = { error: '7.5', warning: '5.0', note: '2.0' };

/** `security-severity`; undefined for what is no matter of security. */
export function securityOf(code: string, severity: Severity): string | undefined {
  return PASSES_BY.includes(code) ? SCORES[severity] : undefined;
}
