/** A text that somebody gave and of which no setting came. */

import type { Sourced } from '../../origin.ts';

/** A text, by the name of the annotation, the Helm value or the variable. */
export interface NamedText extends Sourced<string> {
  readonly name: string;
}

export interface IgnoredText extends NamedText {
  readonly because: string;
}
