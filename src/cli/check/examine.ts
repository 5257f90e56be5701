/** From a side to a report: whose rules these are, drift, findings, what could not be seen, what to do next. */

import { flushedFamilies, withoutFlushed } from '../../istio/advice/findings/flushed.ts';
import { unshownInFront } from '../../istio/advice/findings/unshown-in-front.ts';
import { findingsIn } from '../../istio/advice/findings.ts';
import { unusable } from '../../istio/bad-option.ts';
import type { Answer, Identification } from '../../istio/found/identify.ts';
import { identify } from '../../istio/found/identify.ts';
import { fileText } from '../../istio/origin.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Observation } from '../../netfilter/observation.ts';
import { beyondRules, reachOf } from '../../sources/namespace-evidence.ts';
import { withoutTwins } from '../../sources/observed-source.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import { isRunNote } from '../../sources/run-note.ts';
import type { SourceName } from '../../sources/source-name.ts';
import { compareOperands } from '../diff/comparison.ts';
import { unseenOf } from '../diff/unseen.ts';
import type { CheckedSource, NextCommand } from '../next/next-command.ts';
import type { Result } from '../result.ts';
import { expectedBeside } from './beside.ts';
import type { Expected } from './desired.ts';
import { diffCommand, elsewhere, otherAnswers, repair, repairAs, withAllTables, withMoreRights } from './next-commands.ts';
import type { Drift, Report } from './report.ts';
import { verdictOf } from './report.ts';

export interface Examined extends Pick<Result, 'problems' | 'notes'> {
  readonly report: Report;
}

/** The report on a side. Throws a ProblemError for settings that can't be used, and where a namespace has gone meanwhile. */
export async function examine(ruleSource: RuleSource, source: CheckedSource): Promise<Examined> {
  const single = { ...ruleSource, seen: withoutTwins(ruleSource.seen) };
  const identified = identify(withoutFlushed(single.seen));
  const [likeliest] = identified.answers;
  const { request, expected, notes } = await expectedBeside(ruleSource, source, identified);
  const { findings, unseen, unlisted } = await findingsOn(ruleSource, request, likeliest, expected);
  const report: Report = {
    name: fileText(ruleSource.name),
    ruleSource,
    identified,
    ...(expected === undefined ? {} : { drift: driftFrom(expected, onNode(single, identified), likeliest, request) }),
    findings,
    unseen,
    unlisted,
    nextCommands: [],
  };
  return {
    report: { ...report, nextCommands: nextCommandsFor(report, ruleSource, request) },
    problems: [...ruleSource.problems, ...(expected?.ruleSource.problems ?? [])],
    // That a run failed is the answer of the screen itself.
    notes: [...ruleSource.notes.filter((note) => !isRunNote(note)), ...notes, ...(expected?.ruleSource.notes ?? [])],
  };
}

async function findingsOn(
  ruleSource: RuleSource,
  { source = 'live', name }: CheckedSource,
  likeliest: Answer | undefined,
  expected: Expected | undefined,
): Promise<Pick<Report, 'findings' | 'unseen'> & Required<Pick<Report, 'unlisted'>>> {
  const { unseen, ...beyond } = await beyondRules(name).catch((error: unknown) => {
    throw unusable(source, error);
  });
  const reach = reachOf(name);
  const findings = findingsIn({
    seen: ruleSource.seen,
    ...(ruleSource.places === undefined ? {} : { places: ruleSource.places }),
    ...(ruleSource.facts === undefined ? {} : { facts: ofPod(ruleSource.facts, name) }),
    ...beyond,
    ...(likeliest === undefined ? {} : { made: likeliest.plan }),
    ...(expected?.given === true && expected.ruleSource.plan !== undefined ? { desired: expected.ruleSource.plan } : {}),
    ...(reach === undefined ? {} : { reach }),
  });
  const inFront = unshownInFront(ruleSource.seen);
  return { findings, unseen: unseenOf(ruleSource, unseen, name), unlisted: [...unseen, ...inFront] };
}

// The file of a namespace has no resolv.conf of its own: the one that was read is this machine's.
function ofPod({ nameservers, ...facts }: Facts, name: SourceName): Facts {
  const theirs = name.kind !== 'namespace' || name.target.kind !== 'netns';
  return theirs && nameservers !== undefined ? { ...facts, nameservers } : facts;
}

/** A node has rules of many: the agent's are compared with what the agent makes. */
function onNode(ruleSource: RuleSource, { answers, agent: [agent] }: Identification): RuleSource {
  return answers.length > 0 || agent?.where !== 'host' ? ruleSource : { ...ruleSource, seen: agent.observed };
}

function driftFrom(expected: Expected, ruleSource: RuleSource, likeliest: Answer | undefined, request: CheckedSource): Drift {
  const { ruleSource: desiredSource, given } = expected;
  const named = given || flushedFamilies(ruleSource.seen).length === 0 ? undefined : likeliest;
  return {
    against: desiredSource.name,
    given,
    comparison: compareOperands(given ? ruleSource : { ...ruleSource, seen: withoutHiding(ruleSource.seen) }, desiredSource, {
      all: false,
    }),
    command: diffCommand(request, named),
  };
}

/** Settings that were read from rules say nothing of chains whose rules nft shows in part: how many owners there are, and of which release they are, is not known. */
function withoutHiding({ hiding: _, unseen, ...seen }: Observation): Observation {
  return { ...seen, unseen: unseen.map(({ matched: __, ...one }) => one) };
}

function nextCommandsFor(report: Report, { seen }: RuleSource, request: CheckedSource): readonly NextCommand[] {
  const { identified, drift, unseen } = report;
  const answers = identified?.answers ?? [];
  const failing = verdictOf(report) === 'not as it should be';
  const denied = unseen.some((sentence) => /\broot\b|NET_ADMIN|NET_RAW|refused this process/.test(sentence));
  return [
    ...(failing ? (drift?.given === true ? repair(request) : repairAs(request, answers[0], flushedFamilies(seen))) : []),
    ...otherAnswers(request, answers),
    ...(verdictOf(report) === 'no rules of Istio' ? elsewhere(request) : []),
    ...(denied ? withMoreRights(request) : []),
    ...(FAMILIES.some((family) => seen.seen[family] !== 'all') ? withAllTables(request) : []),
  ];
}
