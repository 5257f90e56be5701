/** Carries out steps, one after the other, until one fails. */

import type { Failure } from '../failure/failure.ts';
import { lockFileEnvironment } from '../failure/rights.ts';
import { whyFailed } from '../failure/why-failed.ts';
import type { Namespace } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';
import type { RoutingListing } from './routing.ts';
import { LISTING, listingCommand, readListing } from './routing.ts';
import type { Step } from './transaction.ts';

export interface Performed {
  /** Every step that was started, in order; only the last can have failed. */
  readonly tried: readonly { readonly step: Step; readonly done: boolean }[];
  readonly failure: Failure | undefined;
  /** The routing after the last routing step of a family. */
  readonly routing: RoutingListing;
  /** What nft told of its transaction. */
  readonly echo: string;
}

/** Runs the steps. Nothing interrupts it: a table is swapped whole or not at all, but a step half of the way is no state to stop in. */
export async function perform(namespace: Namespace, steps: readonly Step[], deadline: number): Promise<Performed> {
  const tried: { step: Step; done: boolean }[] = [];
  let routing: RoutingListing = {};
  let echo = '';
  for (const step of steps) {
    const listed = step.kind === 'routing' && step.family !== undefined;
    // One process for the change and for what is there afterwards.
    const { argv, stdin } = listed
      ? { argv: listingCommand(step.family), stdin: `${step.text}${LISTING}` }
      : step.kind === 'native tables'
        ? callOfNft(step)
        : { argv: step.argv, stdin: step.text };
    const ran = await namespace.run({ argv, stdin, deadline, env: lockFileEnvironmentFor(step) });
    tried.push({ step, done: succeeded(ran) });
    if (!succeeded(ran)) {
      const failure = await whyFailed(
        { ...ran, argv: step.argv },
        { text: step.text, ...(step.family !== undefined && { family: step.family }) },
      );
      return { tried, failure, routing, echo };
    }
    if (step.kind === 'native tables') echo += ran.stdout;
    if (listed) routing = { ...routing, [step.family]: readListing(ran.stdout, step.family) };
  }
  return { tried, failure: undefined, routing, echo };
}

/** One argument may have 128 kB (MAX_ARG_STRLEN), of which a character may take four. */
const LONGEST_ARGUMENT = 32_000;

/**
 * With `-e` the kernel's own notifications of what it has made are printed: read back by the process that wrote, as JSON
 * where nft has it. With `-j` the text goes in as an argument: nft 1.0.6 opens /dev/stdin twice, which takes the text out of a
 * pipe before it is read, and can't be done where that is a socket. A text too long for one is told of in words.
 */
function callOfNft({ argv: [program, ...rest], text, json }: Step): { readonly argv: Step['argv']; readonly stdin: string } {
  if (rest.includes('-j')) return { argv: [program, '-j', text], stdin: '' };
  if (json === true && text.length <= LONGEST_ARGUMENT) return { argv: [program, '-j', '-e', text], stdin: '' };
  return { argv: [program, '-e', ...rest], stdin: text };
}

function lockFileEnvironmentFor({ kind, argv }: Step): Readonly<Record<string, string>> {
  return kind === 'rules' && !argv[0].includes('-nft-') ? lockFileEnvironment() : {};
}
