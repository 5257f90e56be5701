/** What an earlier run printed with `-o json`, for `--baseline`. */

import { textsIn } from '../host/files.ts';
import { badOption } from '../istio/bad-option.ts';

/** The identities in a document of a command, which is of this kind. Throws a ProblemError for a file that is none. */
export function readBaseline<D>(
  file: string,
  { command, kind }: { readonly command: string; readonly kind: string },
  identities: (document: D) => readonly string[],
): ReadonlySet<string> {
  const text = textsIn(file)
    .map((one) => one.text)
    .join('');
  try {
    const document = JSON.parse(text) as D & { readonly kind: string };
    if (document.kind !== kind) throw new TypeError();
    return new Set(identities(document));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw badOption('--baseline', `${file} is not what istio-init ${command} -o json prints`);
    throw error;
  }
}
