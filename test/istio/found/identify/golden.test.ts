import { beforeAll, describe, expect, it } from 'vitest';
import { yamlText } from '../../../../src/cli/identify/words.ts';
import type { Description } from '../../../../src/istio/found/identify/describe.ts';
import type { Answer, Identification } from '../../../../src/istio/found/identify.ts';
import { describeAnswer } from '../../../../src/istio/found/identify.ts';
import { planFromSettings } from '../../../../src/istio/kubernetes/plan-from-settings.ts';
import type { CapturePlan } from '../../../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../../../src/istio/plan/plan-from-arguments.ts';
import { readSidecarText } from '../../../../src/istio/settings/sidecar-text.ts';
import { printSave } from '../../../../src/netfilter/print.ts';
import type { GoldenText } from '../../../golden-texts.ts';
import { GOLDEN_TEXTS, terminalOf } from '../../../golden-texts.ts';
import { played } from '../../../trials.ts';
import { answerFor, expectReleases, identified, madeAgain, someOf } from '../identifying.ts';

interface Found {
  readonly golden: GoldenText;
  readonly found: Identification;
}

let all: readonly Found[] = [];
beforeAll(() => {
  all = played(GOLDEN_TEXTS, 3).map((golden) => ({ golden, found: identified(terminalOf(golden)) }));
});

/** The rules of a plan as the golden files have them; of a family that the text did not show, nothing is known. */
function texts(plan: CapturePlan, ip6: string): readonly string[] {
  return [printSave(plan.ip), ...(ip6 === '' ? [] : [printSave(plan.ip6)])];
}

describe('every outcome of the golden cases, as save text', () => {
  it('is there to be identified', () => {
    expect(GOLDEN_TEXTS.length).toBeGreaterThan(400);
  });

  it('is identified with every release that has it, in any case', () => {
    for (const { golden, found } of all) expectReleases(found, golden.releases, golden.name);
  });

  it('is made again, to the letter, by the settings that were found', () => {
    for (const { golden, found } of all) {
      const { name, ip, ip6, releases } = golden;
      for (const release of new Set([releases[0] ?? '', releases.at(-1) ?? '']))
        expect(texts(madeAgain(answerFor(found, release), release), ip6), `${name}, made at ${release}`).toEqual([
          ip,
          ...(ip6 === '' ? [] : [ip6]),
        ]);
    }
  });

  it('has answers that make it for all releases that they name', () => {
    for (const { golden, found } of all.filter((_, index) => index % 2 === 0))
      for (const answer of found.answers)
        for (const release of someOf(answer.releases))
          expect(texts(madeAgain(answer, release), golden.ip6)[0], `${golden.name}, made at ${release}`).toBe(golden.ip);
  });
});

describe('what is found for an outcome of the golden cases', () => {
  let some: readonly { readonly golden: GoldenText; readonly answer: Answer; readonly description: Description }[] = [];
  beforeAll(() => {
    some = all
      .filter((_, index) => index % 3 === 0)
      .map(({ golden, found }) => {
        const answer = answerFor(found, golden.releases[0] ?? '');
        return { golden, answer, description: describeAnswer(found, answer) };
      });
  });

  it('makes it again as YAML, at every release, unless it says what YAML can not say', () => {
    for (const { golden, answer, description } of some) {
      if (description.sidecar.notInYaml.length > 0) continue;
      const file = readSidecarText(yamlText(description), 'found.yaml');
      for (const value of someOf(answer.releases)) {
        const release = { value, source: { kind: 'option', option: '--release' } } as const;
        const plan = planFromSettings({ file, release, facts: answer.facts });
        expect(texts(plan, golden.ip6)[0], `${golden.name}, made at ${value}`).toBe(golden.ip);
      }
    }
  });

  it('makes it again as arguments, at every release', () => {
    for (const { golden, answer, description } of some) {
      expect(description.commands.flatMap(({ releases }) => releases).sort()).toEqual([...answer.releases].sort());
      for (const command of description.commands) {
        if ('reason' in command) throw new Error(`${golden.name}: ${command.reason}`);
        for (const release of someOf(command.releases)) {
          const plan = planFromArguments(command.args, { env: command.env, release, ...answer.facts });
          expect(texts(plan, golden.ip6)[0], `${golden.name}, made at ${release}`).toBe(golden.ip);
        }
      }
    }
  });

  it('can be said in YAML but for what only old variables and a debugging flag ask for', () => {
    const unsaid = some.flatMap(({ description }) => description.sidecar.notInYaml.map(({ name }) => name));
    expect([...new Set(unsaid)].filter((name) => !['dnsPort', 'redirectsOwnCalls', 'traceLogging'].includes(name))).toEqual([]);
  });
});
