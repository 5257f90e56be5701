/** What is not reported: `--suppress`, the annotation of istioctl, and `--baseline`. */

import type { CollectRequest } from '../../istio/advice/lint/collect.ts';
import { identityOf, isSuppressedByAnnotation, keyOf, readSuppression } from '../../istio/advice/lint/left-out.ts';
import { badOption } from '../../istio/bad-option.ts';
import { readBaseline } from '../baseline.ts';

export interface LeftOut {
  readonly leaveOut: NonNullable<CollectRequest['leaveOut']>;
  /** Sentences about what was left out, once all is linted. */
  readonly notes: () => readonly string[];
}

/** Reads what to leave out. Throws a ProblemError for a text or a file that can't be read. */
export function leftOut(suppress: readonly string[], baseline: string | undefined): LeftOut {
  const suppressions = suppress.map((text) => {
    const read = readSuppression(text);
    if (typeof read === 'string') throw badOption('--suppress', read);
    return read;
  });
  const known = baseline === undefined ? new Set<string>() : readResults(baseline);
  const used = new Set<string>();
  const met = new Set<string>();
  let suppressed = 0;
  return {
    leaveOut: (diagnostic, concerned) => {
      const by = suppressions.filter((one) => one.matches(diagnostic, concerned));
      for (const { text } of by) used.add(text);
      if (by.length > 0 || isSuppressedByAnnotation(diagnostic, concerned)) {
        suppressed += concerned.count ?? 1;
        return true;
      }
      const identity = identityOf({ ...diagnostic, key: keyOf(diagnostic) }, concerned.owner);
      if (!known.has(identity)) return false;
      met.add(identity);
      return true;
    },
    notes: () => [
      ...(suppressed === 0 ? [] : [`note: ${suppressed} suppressed`]),
      ...suppressions.filter(({ text }) => !used.has(text)).map(({ text }) => `note: --suppress ${JSON.stringify(text)} matches nothing`),
      ...(baseline === undefined
        ? []
        : [`note: ${met.size} known by the baseline${met.size < known.size ? `; ${known.size - met.size} of it are gone` : ''}`]),
    ],
  };
}

interface Document {
  readonly results: readonly {
    readonly code: string;
    readonly text: string;
    readonly places: readonly { readonly key?: string }[];
    readonly names?: readonly string[];
  }[];
}

function readResults(file: string): ReadonlySet<string> {
  return readBaseline(file, { command: 'lint', kind: 'LintReport' }, ({ results }: Document) =>
    results.flatMap(({ code, text, places, names = [] }) =>
      (names.length === 0 ? [''] : names).map((name) => identityOf({ code, text, key: places[0]?.key }, name)),
    ),
  );
}
