/** What becomes of the one connection that a check was asked about, as every form prints it. */

import type { Verdict } from '../../istio/packets/verdict.ts';

export interface Connection {
  /** `TCP from the app (uid 1000, gid 1000) to 10.0.0.5:80, opening a connection`. */
  readonly packet: string;
  readonly verdict: Verdict;
  /** What was taken for true where nobody said so, in sentences. */
  readonly taken: readonly string[];
  /** The command that shows the rules on its way. */
  readonly command: string;
}
