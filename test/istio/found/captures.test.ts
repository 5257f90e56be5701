import { describe, expect, it } from 'vitest';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import { compareRulesets } from '../../../src/netfilter/compare.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import type { Ruleset } from '../../../src/netfilter/rule.ts';
import { DEFAULT_POD } from '../../default-pod.ts';
import { capture, expand, RELEASES } from '../../golden.ts';

const NO_INBOUND = ['-p', '15001', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '', '-d', '15020'];

// What golden/captures/README.md says of each.
const CAPTURES = [
  { file: '2019-05-no-inbound.list.txt', args: NO_INBOUND, releases: ['1.0.0 - 1.2.10'], unreadable: [] },
  { file: '2021-01-default.list.txt', args: DEFAULT_POD, releases: ['1.7.0 - 1.12.9'], unreadable: [] },
  { file: '2024-10-default.list.txt', args: DEFAULT_POD, releases: ['1.18.0 - 1.24.6'], unreadable: [] },
  { file: 'damaged-default.save.txt', args: DEFAULT_POD, releases: ['1.7.0 - 1.12.9'], unreadable: [5, 6, 7, 8, 9] },
] as const;

function planAt(args: readonly string[], release: string): CapturePlan | null {
  try {
    return planFromArguments(args, { release, addresses: ['10.1.2.3/24'] });
  } catch (error) {
    if (error instanceof ProblemError) return null;
    throw error;
  }
}

/** A capture shows the nat table of IPv4 only. */
function natOf({ ip }: CapturePlan): Ruleset {
  return { family: 'ip', tables: ip.tables.filter(({ name }) => name === 'nat') };
}

describe.each(CAPTURES)('the capture $file', ({ file, args, releases, unreadable }) => {
  const { rulesets, problems } = readRules(capture(file));

  it('is read as rules of IPv4, and every line that can not be read is named', () => {
    expect(rulesets.map(({ family }) => family)).toEqual(['ip']);
    expect(problems.filter(({ code }) => code === 'unreadable-line').map(({ line }) => line)).toEqual(unreadable);
  });

  it('is rule by rule what the releases that it is said to be from generate, and no other', () => {
    const equal = RELEASES.filter((release) => {
      const plan = planAt(args, release);
      return plan !== null && compareRulesets(rulesets, [natOf(plan)]).length === 0;
    });
    expect(equal).toEqual(expand(releases));
  });
});
