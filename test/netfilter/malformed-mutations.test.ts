import { describe, expect, it } from 'vitest';
import { printList } from '../../src/netfilter/list/print-list.ts';
import type { Observation } from '../../src/netfilter/observation.ts';
import { compareObservations, observeText } from '../../src/netfilter/observation.ts';
import { printSave } from '../../src/netfilter/print.ts';
import { readRules } from '../../src/netfilter/read.ts';
import { capture } from '../golden.ts';
import { DISTINCT_PLANS } from '../golden-plans.ts';
import { rounds } from '../trials.ts';
import { damaged, randomFrom } from './mutations.ts';

const COUNT = rounds(100_000);
// Lines of a piece: enough for a chain with what stands before and behind it.
const LINES = 3;
// One in so many is compared with the piece that it was: comparing costs as much as reading.
const COMPARED = 6;

/** Pieces of a text, each with the line that it can't be understood without. */
function pieces(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines
    .map((_, index) => index)
    .filter((index) => index % LINES === 0)
    .map((start) => {
      const head = lines.slice(0, start).findLast((line) => /^(?:\*|Chain )/.test(line));
      return [...(head === undefined ? [] : [head]), ...lines.slice(start, start + LINES)].join('\n');
    });
}

const CAPTURES = ['2019-05-no-inbound.list.txt', '2021-01-default.list.txt', '2024-10-default.list.txt', 'damaged-default.save.txt'];

const SEEDS = [
  ...new Set([
    ...CAPTURES.flatMap((file) => pieces(capture(file))),
    ...DISTINCT_PLANS.flatMap(({ plan }) => [
      ...pieces(printSave(plan.ip)),
      ...pieces(printList(plan.ip6.tables.length > 0 ? plan.ip6 : plan.ip)),
    ]),
  ]),
];

describe('mutated saves and listings of golden outcomes and captures', () => {
  it(`are ${COUNT} texts that are read and observed, and compared, without a throw`, { timeout: 300_000 }, () => {
    const intact = new Map<string, Observation>();
    const count = { differing: 0, unreadable: 0 };
    for (let number = 1; number <= COUNT; number += 1) {
      const seed = SEEDS[(number * 31) % SEEDS.length] ?? '';
      const text = damaged(seed, randomFrom(number * 2_654_435_761));
      try {
        const read = readRules(text);
        const seen = observeText(read);
        if (read.problems.length > 0) count.unreadable += 1;
        if (number % COMPARED !== 0) continue;
        const whole = intact.get(seed) ?? observeText(readRules(seed));
        intact.set(seed, whole);
        const { differences, notCompared } = compareObservations(whole, seen);
        if (differences.length + notCompared.length > 0) count.differing += 1;
      } catch (error) {
        throw new Error(`mutation ${number} throws: ${JSON.stringify(text)}`, { cause: error });
      }
    }
    // They do damage, and most of each text is still understood.
    expect(SEEDS.length).toBeGreaterThan(1000);
    expect(count.differing).toBeGreaterThan(COUNT / COMPARED / 3);
    expect(count.unreadable).toBeGreaterThan(COUNT / 4);
  });
});
