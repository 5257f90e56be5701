/** Each cause once: what keeps several sources from being read is one line, and what would be assumed because of it is none. */

import { onOneLine } from '../../istio/origin.ts';
import type { Problem } from '../../istio/problems.ts';
import { problemText } from '../../istio/problems.ts';

/** Sources that a line names. */
const MOST = 4;

/** The problems in their order; an error stands where the first of its cause stood, with the sources of all. */
export function oncePerCause(problems: readonly Problem[]): readonly Problem[] {
  const filesOf = new Map<string, Set<string>>();
  for (const one of problems) {
    if (!isCause(one)) continue;
    const text = problemText(one);
    filesOf.set(text, (filesOf.get(text) ?? new Set()).add(one.source.file));
  }
  const causes = [...filesOf.keys()].map((cause) => `: ${onOneLine(cause)}`);
  const seen = new Set<string>();
  return problems.flatMap((one) => {
    const text = problemText(one);
    // What is unknown, or assumed, because of it.
    if (one.code === 'unreadable-file' && causes.some((cause) => onOneLine(text).endsWith(cause))) return [];
    if (!isCause(one)) return [one];
    const files = [...(filesOf.get(text) ?? [])];
    if (seen.has(text)) return [];
    seen.add(text);
    return files.length === 1 ? [one] : [{ ...one, source: { ...one.source, file: listed(files) } }];
  });
}

type Cause = Problem & { readonly source: Extract<Problem['source'], { kind: 'file' }> };

/** Whether a whole source is what it is about: what is wrong at a line of it is its own matter. */
function isCause(one: Problem): one is Cause {
  const { code, severity, source } = one;
  return code === 'unreadable-file' && severity === 'error' && source.kind === 'file' && source.line === 0;
}

function listed(files: readonly string[]): string {
  const more = files.length - MOST;
  return more <= 0 ? files.join(', ') : `${files.slice(0, MOST).join(', ')} and ${more} more`;
}
