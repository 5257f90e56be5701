/**
 * The built program, held by the engine of `conform` to what the real programs of Istio did. Where several releases and cases ask for the
 * same work it is done once: 3,100 pairs of a case and a release take 900 runs.
 */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { hostFacts } from '../../src/host/facts.ts';
import { runAll } from '../../src/host/scratch/pod-runs.ts';
import { readArguments } from '../../src/istio/arguments/argument-settings.ts';
import type { CaseOutcome, GoldenCase } from '../../src/istio/found/conformance/golden-case.ts';
import type { CaseRun, RunResult } from '../../src/istio/found/conformance/judge.ts';
import { isEqual, runsOf } from '../../src/istio/found/conformance/judge.ts';
import type { KernelState } from '../../src/istio/found/conformance/kernel-state.ts';
import { EMPTY_STATE, isSameState } from '../../src/istio/found/conformance/kernel-state.ts';
import { planFor } from '../../src/istio/plan/plan.ts';
import { printRouting } from '../../src/istio/plan/routing.ts';
import { ProblemError } from '../../src/istio/problems.ts';
import type { Release } from '../../src/istio/releases/known.ts';
import { NEWEST } from '../../src/istio/releases/known.ts';
import { profileOf } from '../../src/istio/releases/profile.ts';
import { lacksAddress } from '../../src/istio/settings/facts.ts';
import { printSave } from '../../src/netfilter/print.ts';
import { ROOT } from '../cli/program.ts';
import { expectEvidence } from '../evidence.ts';
import { COMMAND_LINES, INTENDED, RULE_CASES } from '../golden-command-line.ts';
import { inNamespace } from './namespace.ts';
import { programsIn } from './programs-in.ts';
import { describeKernel } from './requirements.ts';

// What starts faster, where it is built: the test is of rules, not of runtimes.
const BUILDS = ['dist/static', 'dist/bin', 'bin'].map((folder) => join(ROOT, folder, 'istio-iptables'));
const PROGRAM = BUILDS.find((file) => existsSync(file)) ?? '';

/** A case at a release, with what is to come of it. */
interface Pair {
  readonly run: CaseRun;
  readonly outcome: CaseOutcome;
  readonly release: Release;
}

const pairsOf = (cases: readonly GoldenCase[], wanted: (release: Release) => boolean): readonly Pair[] =>
  cases
    .flatMap(runsOf)
    .flatMap((run) => run.outcomes.flatMap((outcome) => outcome.releases.filter(wanted).map((release) => ({ run, outcome, release }))));

const PAIRS = [...pairsOf(COMMAND_LINES, () => true), ...pairsOf(RULE_CASES, (release) => release === NEWEST)];

const host = hostFacts();
// Which work is asked for is said by the rules; these have a part in it besides.
const ACTIONS = ['dry-run', 'cleanup-only', 'skip-rule-apply', 'run-validation', 'probe-port', 'probe-timeout', 'force-binary'];

/** Equal where the program is asked for the same in the same place. */
function workOf({ run: { golden, outcomes }, release }: Pair): string {
  const { args, env, addresses, nameservers, backend, rights, twice, route } = golden;
  const place = { backend, rights, twice, route, before: outcomes[0]?.before };
  const facts = { ...host, addresses, nameservers };
  const profile = profileOf(release);
  try {
    const given = readArguments(args, env, profile, facts, 'agent');
    if (lacksAddress(facts, profile) || [...given.actions.keys()].some((action) => /native|namespace/.test(action)))
      return JSON.stringify([golden.name, release]);
    const plan = planFor(given.settings, release, facts, given.switches);
    const actions = ACTIONS.map((name) => [...given.actions].find(([action]) => action === name)?.[1]);
    const file = env['DRY_RUN_FILE_PATH'];
    return JSON.stringify([place, actions, file, addresses, printSave(plan.ip), printSave(plan.ip6), printRouting(plan.routing)]);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return JSON.stringify([golden.name, backend, error.problems.map(({ code, args: words }) => [code, { ...words, release: '' }])]);
  }
}

const works = new Map<string, Pair[]>();
const results = new Map<Pair, RunResult>();
// What a pair's run found: the work of a refusal is the same whatever is there.
const found = new Map<Pair, KernelState>();
let different: readonly Pair[] = [];

async function runWorks(): Promise<void> {
  for (const pair of PAIRS) {
    const work = workOf(pair);
    const alike = works.get(work);
    if (alike === undefined) works.set(work, [pair]);
    else alike.push(pair);
  }
  const alike = [...works.values()];
  const runs = alike.flatMap((pairs): CaseRun[] => {
    const [first] = pairs;
    if (first === undefined) return [];
    const golden = { ...first.run.golden, env: { ...first.run.golden.env, ISTIO_INIT_RELEASE: first.release } };
    return [{ golden, outcomes: first.run.outcomes }];
  });
  const judged = await inNamespace((namespace) =>
    runAll({ program: [PROGRAM], deadline: 30_000 }, runs, programsIn(namespace), {
      atOnce: availableParallelism(),
      done: () => undefined,
    }),
  );
  for (const [at, pairs] of alike.entries()) {
    const result = judged[at]?.result;
    const [first] = pairs;
    if (result === undefined || first === undefined) continue;
    for (const pair of pairs) {
      results.set(pair, result);
      found.set(pair, first.run.outcomes[0]?.before ?? EMPTY_STATE);
    }
  }
  different = PAIRS.filter((pair) => {
    const result = results.get(pair);
    return result === undefined || !isEqual(result, pair.outcome);
  });
}

const nameOf = ({ run, release }: Pair): string => `${run.golden.name}, ${run.golden.backend}, ${release}`;

describeKernel('the program as istio-iptables', () => {
  beforeAll(runWorks, 300_000);

  it('ends with the exit code and the kernel state of the real program of each release, but where docs/apply.md says why not', () => {
    const said = ({ run, release }: Pair): boolean => INTENDED.some(({ isOf }) => isOf(run.golden.name, release));
    expect(different.filter((pair) => !said(pair)).map(nameOf)).toEqual([]);
  });

  it('differs wherever docs/apply.md says so', () => {
    const names = different.map(({ run, release }) => [run.golden.name, release] as const);
    expect(INTENDED.filter(({ isOf }) => !names.some(([name, release]) => isOf(name, release))).map((one) => one.names)).toEqual([]);
    expect(INTENDED.length).toBeGreaterThan(10);
  });

  it('makes, at the newest release and in each backend, the rules of every golden case', () => {
    const rules = PAIRS.filter(({ run }) => RULE_CASES.includes(run.golden));
    expect(rules.length).toBe(160);
    expect(rules.filter((pair) => different.includes(pair)).map(nameOf)).toEqual([]);
  });

  it('and the page of evidence has these numbers', () => {
    const ofLines = (pairs: readonly Pair[]): readonly Pair[] => pairs.filter(({ run }) => COMMAND_LINES.includes(run.golden));
    const all = ofLines(PAIRS);
    const releases = new Set(all.map(({ release }) => release)).size;
    const equal = all.length - ofLines(different).length;
    expectEvidence({ of: 'command-line', releases, inputs: COMMAND_LINES.length, pairs: all.length, equal });
  });

  it('leaves what it found where it fails', () => {
    const failed = PAIRS.flatMap((pair) => {
      const result = results.get(pair);
      return result?.exit === 'failed' ? [{ pair, result }] : [];
    });
    expect(failed.length).toBeGreaterThan(500);
    expect(
      failed.filter(({ pair, result }) => !isSameState(result.after, found.get(pair) ?? EMPTY_STATE)).map(({ pair }) => nameOf(pair)),
    ).toEqual([]);
  });

  it('is asked once for the same work', () => {
    expect(PAIRS.length).toBe(3126);
    expect(works.size).toBeLessThan(1000);
  });
});
