import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { yamlText } from '../../../src/cli/identify/words.ts';
import type { Identification } from '../../../src/istio/found/identify.ts';
import { describeAnswer, identify } from '../../../src/istio/found/identify.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import { readSidecarText } from '../../../src/istio/settings/sidecar-text.ts';
import type { Observation } from '../../../src/netfilter/observation.ts';
import { observeAll } from '../../../src/netfilter/observation.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import type { Ruleset } from '../../../src/netfilter/rule.ts';
import { GOLDEN_TEXTS, terminalOf } from '../../golden-texts.ts';
import { property } from '../../property.ts';
import { rounds } from '../../trials.ts';
import { facts, release, sets } from '../arbitraries.ts';
import { answerFor, expectReleases, identified, madeAgain } from './identifying.ts';

const option = (value: string) => ({ value, source: { kind: 'option', option: '--release' } }) as const;

/** The plan of settings; null where they are refused, or ask for no rules. */
function planOf(options: readonly string[], at: string, given: object): CapturePlan | null {
  try {
    const plan = planFromSettings({ sets: options, release: option(at), facts: given });
    return plan.ip.tables.length > 0 ? plan : null;
  } catch (error) {
    if (error instanceof ProblemError) return null;
    throw error;
  }
}

function texts({ ip, ip6 }: Pick<CapturePlan, 'ip' | 'ip6'>): readonly string[] {
  return [printSave(ip), printSave(ip6)];
}

/** What is shown of a state: all of it, or less. */
const VIEWS: Readonly<Record<string, (of: Observation) => Observation>> = {
  'in full': (of) => of,
  'as IPv4 alone': (of) => ({ ...of, ip6: { family: 'ip6', tables: [] }, seen: { ip: 'all', ip6: [] } }),
  'as nat of both families': (of) => ({ ...of, ip: only(of.ip, 'nat'), ip6: only(of.ip6, 'nat'), seen: { ip: ['nat'], ip6: ['nat'] } }),
  'in a listing without -v': (of) => ({ ...of, ip: withoutInterfaces(of.ip), ip6: withoutInterfaces(of.ip6) }),
};

function only(ruleset: Ruleset, table: string): Ruleset {
  return { ...ruleset, tables: ruleset.tables.filter(({ name }) => name === table) };
}

function withoutInterfaces(ruleset: Ruleset): Ruleset {
  const tables = ruleset.tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) => ({
      ...chain,
      rules: chain.rules.map((rule) => ({
        ...rule,
        matches: [...rule.matches.filter(({ kind }) => !kind.endsWith('-interface')), { kind: 'unknown', what: 'interfaces' } as const],
      })),
    })),
  }));
  return { ...ruleset, tables };
}

describe('what a release makes of any settings', () => {
  property([sets, release, facts], { numRuns: rounds(30) })(
    'is identified with it among the releases, and made again',
    (options, at, given) => {
      const plan = planOf(options, at, given);
      if (plan === null) return;
      const found = identify(observeAll(plan));
      expectReleases(found, [at], options.join(' '));
      const answer = answerFor(found, at);
      expect(texts(madeAgain(answer, at))).toEqual(texts(plan));
      expectSaid(found, at, plan);
    },
  );

  it('is mostly something', () => {
    const made = fc.sample(fc.tuple(sets, release, facts), 100).map((drawn) => planOf(...drawn));
    expect(made.filter((plan) => plan !== null).length / made.length).toBeGreaterThan(0.8);
  });

  property([sets, release, facts, fc.constantFrom(...Object.keys(VIEWS))], { numRuns: rounds(20) })(
    'is identified however little of it is shown',
    (options, at, given, view) => {
      const plan = planOf(options, at, given);
      if (plan !== null) expectReleases(identify((VIEWS[view] ?? ((of) => of))(observeAll(plan))), [at], `${options.join(' ')} ${view}`);
    },
  );
});

/** The YAML and the arguments of an answer make the plan, where they say that they do. */
function expectSaid(found: Identification, at: string, plan: CapturePlan): void {
  const answer = answerFor(found, at);
  const { sidecar, commands } = describeAnswer(found, answer);
  if (sidecar.notInYaml.length === 0) {
    const file = readSidecarText(yamlText({ sidecar }), 'found.yaml');
    expect(texts(planFromSettings({ file, release: option(at), facts: answer.facts }))).toEqual(texts(plan));
  }
  const command = commands.find(({ releases }) => releases.includes(at));
  if (command === undefined) throw new Error(`nothing is said of arguments at ${at}`);
  if ('reason' in command) return;
  expect(texts(planFromArguments(command.args, { env: command.env, release: at, ...answer.facts }))).toEqual(texts(plan));
}

describe('an outcome of the golden cases from which a line is gone', () => {
  const line = fc.constantFrom(...GOLDEN_TEXTS).chain((golden) => {
    const lines = terminalOf(golden).split('\n');
    const rules = [...lines.keys()].filter((index) => lines[index]?.startsWith('-A ISTIO_'));
    return fc.constantFrom(...rules).map((gone) => ({ golden, text: lines.toSpliced(gone, 1).join('\n') }));
  });

  property([line], { numRuns: rounds(20) })('is that of other settings, or misses a rule or two', ({ text }) => {
    const found = identified(text);
    expect(found.outcome).not.toBe('none');
    // A chain that was only in the line that is gone is a difference, too.
    if (found.outcome === 'nearest') expect(found.answers[0]?.differences.length).toBeLessThanOrEqual(3);
  });
});
