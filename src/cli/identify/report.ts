/** What an identification has to say, whatever the form. */

import type { AmbientIdentification } from '../../istio/found/identify/ambient.ts';
import type { Description } from '../../istio/found/identify/describe.ts';
import type { Answer, Identification } from '../../istio/found/identify.ts';
import { describeAnswer } from '../../istio/found/identify.ts';
import { fileText } from '../../istio/origin.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { observeAll } from '../../netfilter/observation.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import type { Comparison } from '../diff/comparison.ts';
import { compareOperands } from '../diff/comparison.ts';
import { agentName } from './agent-text.ts';
import { makerName } from './words.ts';

/** The node agent's rules of one backend, laid over what is there. */
export interface ReportedAgent extends AmbientIdentification {
  /** What the nearest release's agent makes (left) against its part of what is there (right); undefined where they are the same. */
  readonly comparison: Comparison | undefined;
}

export interface Report extends Omit<Identification, 'agent'> {
  /** The source as it was named. */
  readonly name: string;
  /** In words, the likeliest first. */
  readonly described: readonly (Answer & Description)[];
  /** What the nearest release makes (left) against our part of what is there (right). */
  readonly comparison: Comparison | undefined;
  readonly agent: readonly ReportedAgent[];
  /** What could not be seen, in sentences. */
  readonly notObserved: readonly string[];
  /** Native nft tables that were seen, and not read. */
  readonly native: readonly string[];
}

/** The report of an identification; `all` describes every answer, not only the likeliest. */
export function reportOf(found: Identification, ruleSource: RuleSource, notSeen: readonly string[], all: boolean): Report {
  const { outcome, answers, observed } = found;
  const [likeliest] = answers;
  const described = (all ? answers : answers.slice(0, 1)).map((answer) => ({ ...answer, ...describeAnswer(found, answer) }));
  const silent = { problems: [], notes: [] };
  return {
    ...found,
    name: fileText(ruleSource.name),
    described,
    comparison:
      outcome === 'exact' || likeliest === undefined || likeliest.differences.length === 0
        ? undefined
        : compareOperands(
            { name: makerName(likeliest), seen: observeAll(likeliest.plan), plan: likeliest.plan, ...silent },
            { name: ruleSource.name, seen: observed, ...silent },
            { all: true },
          ),
    agent: found.agent.map(reportedAgent),
    notObserved: notSeen,
    native: (ruleSource.places ?? []).flatMap(({ backend, table }) =>
      backend === 'native nft' && !isRead(ruleSource, table) ? [table] : [],
    ),
  };
}

function isRead({ seen }: RuleSource, name: string): boolean {
  return FAMILIES.some((family) => seen[family].tables.some((table) => table.name.endsWith(` ${name}`)));
}

function reportedAgent(agent: AmbientIdentification): ReportedAgent {
  const { outcome, where, answers, observed } = agent;
  const [likeliest] = answers;
  const silent = { problems: [], notes: [] };
  const comparison =
    outcome === 'exact' || likeliest === undefined
      ? undefined
      : compareOperands(
          { name: agentName(likeliest, where), seen: observeAll(likeliest.plan), ...silent },
          { name: 'what is there', seen: observed, ...silent },
          { all: true },
        );
  return { ...agent, comparison };
}
