/** What is not reported: `--suppress`, the annotation of istioctl, and `--baseline`. */

import { readTexts } from '../../host/files.ts';
import type { GatherRequest } from '../../istio/advice/lint/gather.ts';
import { identityOf, isSuppressedByAnnotation, keyOf, readSuppression } from '../../istio/advice/lint/left-out.ts';
import { ProblemError } from '../../istio/problems.ts';
import { badOption } from '../../sources/bad-option.ts';

export interface LeftOut {
  readonly leaveOut: NonNullable<GatherRequest['leaveOut']>;
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
  const known = baseline === undefined ? new Set<string>() : readBaseline(baseline);
  const used = new Set<string>();
  const met = new Set<string>();
  let suppressed = 0;
  return {
    leaveOut: (diagnostic, concerned) => {
      const by = suppressions.filter((one) => one.matches(diagnostic, concerned));
      for (const { text } of by) used.add(text);
      if (by.length > 0 || isSuppressedByAnnotation(diagnostic, concerned)) {
        suppressed += 1;
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
  readonly kind: string;
  readonly results: readonly {
    readonly code: string;
    readonly text: string;
    readonly places: readonly { readonly key?: string }[];
    readonly names?: readonly string[];
  }[];
}

function readBaseline(file: string): ReadonlySet<string> {
  const texts = readTexts(file);
  if ('code' in texts) throw new ProblemError([texts]);
  try {
    const { kind, results } = JSON.parse(texts.map(({ text }) => text).join('')) as Document;
    if (kind !== 'LintReport') throw new TypeError();
    return new Set(
      results.flatMap(({ code, text, places, names = [] }) =>
        (names.length === 0 ? [''] : names).map((name) => identityOf({ code, text, key: places[0]?.key }, name)),
      ),
    );
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw badOption('--baseline', `${file} is not what istio-init lint -o json prints`);
    throw error;
  }
}
