/** Which form an option named. */

import { oneOf } from '../../istio/bad-option.ts';

// For people: what one command calls a text another calls a table, and nobody is to know which.
const OTHER_NAME: Readonly<Record<string, string>> = { text: 'table', table: 'text' };

/** The form of a list or a table that `--output` names; `text` and `table` are one. Throws a ProblemError for any other word. */
export function formNamed<F extends string>(word: string, among: readonly F[] | Readonly<Record<F, unknown>>): F {
  const forms = (Array.isArray(among) ? among : Object.keys(among)) as readonly F[];
  const other = forms.find((form) => form === OTHER_NAME[word]);
  return other !== undefined && !forms.some((form) => form === word) ? other : oneOf('--output', word, forms);
}
