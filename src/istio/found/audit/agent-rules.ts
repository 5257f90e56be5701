/** What is said of an ambient pod: whether its rules are all of one making, and whether they can be those of this pod. */

import type { Observation } from '../../../netfilter/observation.ts';
import { rulesOfBoth } from '../../../netfilter/rule.ts';
import { knobTexts } from '../../plan/ambient/knob-texts.ts';
import type { Release } from '../../releases/known.ts';
import { profileOf } from '../../releases/profile.ts';
import type { AmbientAnswer, AmbientIdentification } from '../identify/ambient.ts';
import { reroutedIn } from '../identify/ambient.ts';

/** The likeliest making of the node agent's rules in a pod. */
export interface AgentJudgement {
  readonly release: Release;
  readonly knobs: string;
  readonly answer: AmbientAnswer;
  /** What was compared. */
  readonly observed: Observation;
  /** Interfaces that the rules name, and the pod does not have: then they were made for another pod. */
  readonly otherPods: readonly string[];
  /** Whether agents of these releases mix up pods that are added at the same time. */
  readonly shared: boolean;
}

/** Judges what was identified; `interfaces` are the pod's, undefined where they are not known. */
export function judgeAgent(agent: readonly AmbientIdentification[], interfaces: readonly string[] | undefined): readonly AgentJudgement[] {
  return agent
    .filter(({ where }) => where === 'pod')
    .flatMap(({ backend, answers: [answer], observed }): readonly AgentJudgement[] => {
      const release = answer?.releases.at(-1);
      if (answer === undefined || release === undefined) return [];
      const named =
        interfaces === undefined ? [] : reroutedIn(rulesOfBoth(observed)).filter((name) => !interfaces.some((one) => isMeant(name, one)));
      const shared = backend === 'nftables' && answer.releases.some((one) => profileOf(one).has('ambientSharedBuilder'));
      return [{ release, knobs: knobTexts(answer.knobs).join(' '), answer, observed, otherPods: named, shared }];
    });
}

function isMeant(name: string, one: string): boolean {
  return name.endsWith('+') ? one.startsWith(name.slice(0, -1)) : one === name;
}
