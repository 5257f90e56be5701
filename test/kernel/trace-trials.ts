/** Trials of the simulator: packets through one set of rules after the other, in two pods at once. */

import { randomBy } from './packets-random.ts';
import type { Outcome, Round } from './trace-rounds.ts';
import { playRound } from './trace-rounds.ts';
import type { Backend } from './tracing-pods.ts';
import { inTracedPlans } from './tracing-pods.ts';

/** Another one sends other packets, and makes other settings and rules. */
export const SEED = Number(process.env['TRACE_SEED'] ?? 6);

export type Subject = Pick<Round, 'name' | 'plan' | 'ports'>;

interface Trials {
  readonly subjects: readonly Subject[];
  readonly backend: Backend;
  /** At least so many packets for each family of each set of rules. */
  readonly packets?: number;
  /** Where the programs are that load the rules; those of this machine without it. */
  readonly root?: string;
}

/** Plays packets through each plan, in two pods at once, each on a processor of its own; prints what came of it, and answers the sums. */
export async function playAll(what: string, { subjects, backend, packets = 40, root }: Trials): Promise<Outcome> {
  const begin = performance.now();
  const waiting = subjects.map((one, index): Round => ({ ...one, backend, packets, random: randomBy(SEED + index) }));
  const all: Outcome[] = [];
  await Promise.all(
    [0, 1].map((processor) =>
      inTracedPlans(
        processor,
        async (pod) => {
          for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) all.push(await playRound(pod, next));
        },
        root,
      ),
    ),
  );
  const sum = (key: 'compared' | 'later' | 'unknown'): number => all.reduce((before, one) => before + one[key], 0);
  const total: Outcome = {
    compared: sum('compared'),
    later: sum('later'),
    unknown: sum('unknown'),
    rules: all.flatMap(({ rules }) => rules),
    matched: all.flatMap(({ matched }) => matched),
    ends: all.flatMap(({ ends }) => ends),
    differences: all.flatMap(({ differences }) => differences),
  };
  const seconds = (performance.now() - begin) / 1000;
  const unknown = total.unknown === 0 ? '' : `, ${total.unknown} not known beforehand`;
  console.log(
    `note: trace, ${what} on ${backend}: ${total.compared} packets (${total.later} of them later ones of a flow${unknown}) through ${all.length} sets of rules, ` +
      `${total.differences.length} wrong, ${total.matched.length} of ${total.rules.length} rules matched, ` +
      `${Math.round(seconds)} s, ${Math.round(total.compared / seconds)} packets/s`,
  );
  return total;
}
