/** From a side to a report: whose rules these are, drift, findings, what could not be seen, what to do next. */

import { flushedFamilies, withoutFlushed } from '../../istio/advice/findings/flushed.ts';
import type { Finding } from '../../istio/advice/findings.ts';
import { findingsIn } from '../../istio/advice/findings.ts';
import type { Answer } from '../../istio/found/identify.ts';
import { identify } from '../../istio/found/identify.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { unusable } from '../../sources/live-namespace.ts';
import type { Side } from '../../sources/rule-source.ts';
import type { SourceName } from '../../sources/source-name.ts';
import { compareSides } from '../diff/comparison.ts';
import type { Result } from '../terminal/result.ts';
import type { Expected } from './desired.ts';
import { expectedOf } from './desired.ts';
import { beyondRules, reachOf } from './namespace-evidence.ts';
import type { Again, Asked } from './next-command.ts';
import { diffCommand, otherAnswers, repair, repairAs, withAllTables, withMoreRights } from './next-commands.ts';
import type { Drift, Report } from './report.ts';
import { verdictOf } from './report.ts';
import { withoutTwins } from './source.ts';
import { unseenOf } from './unseen.ts';

export interface Examined extends Pick<Result, 'problems' | 'notes'> {
  readonly report: Report;
}

/** The report on a side. Throws a ProblemError for settings that can't be used, and where a namespace has gone meanwhile. */
export async function examine(side: Side, asked: Asked): Promise<Examined> {
  const single = { ...side, seen: withoutTwins(side.seen) };
  const identified = identify(withoutFlushed(single.seen));
  const [likeliest] = identified.answers;
  const expected = await expectedOf(side, asked.given, identified);
  const { findings, unseen } = await findingsOn(side, asked, likeliest, expected);
  const report: Report = {
    name: side.name === '-' ? 'standard input' : side.name,
    side,
    identified,
    ...(expected === undefined ? {} : { drift: driftFrom(expected, single, likeliest, asked) }),
    findings,
    unseen,
    again: [],
  };
  return {
    report: { ...report, again: againFor(report, side, asked) },
    problems: [...side.problems, ...(expected?.side.problems ?? [])],
    notes: [...side.notes, ...(expected?.side.notes ?? [])],
  };
}

async function findingsOn(
  side: Side,
  { source = 'live', name }: Asked,
  likeliest: Answer | undefined,
  expected: Expected | undefined,
): Promise<{ readonly findings: readonly Finding[]; readonly unseen: readonly string[] }> {
  const { unseen, ...beyond } = await beyondRules(name).catch((error: unknown) => {
    throw unusable(source, error);
  });
  const reach = reachOf(name);
  const findings = findingsIn({
    seen: side.seen,
    ...(side.places === undefined ? {} : { places: side.places }),
    ...(side.facts === undefined ? {} : { facts: ofPod(side.facts, name) }),
    ...beyond,
    ...(likeliest === undefined ? {} : { made: likeliest.plan }),
    ...(expected?.given === true ? { wanted: expected.side.plan } : {}),
    ...(reach === undefined ? {} : { reach }),
  });
  return { findings, unseen: unseenOf(side, unseen, name) };
}

// The file of a namespace has no resolv.conf of its own: the one that was read is this machine's.
function ofPod({ nameservers, ...facts }: Facts, name: SourceName): Facts {
  const theirs = name.kind !== 'namespace' || name.target.kind !== 'netns';
  return theirs && nameservers !== undefined ? { ...facts, nameservers } : facts;
}

function driftFrom(expected: Expected, side: Side, likeliest: Answer | undefined, asked: Asked): Drift {
  const { side: wanted, given } = expected;
  const named = given || flushedFamilies(side.seen).length === 0 ? undefined : likeliest;
  return { against: wanted.name, given, comparison: compareSides(side, wanted, { all: false }), command: diffCommand(asked, named) };
}

function againFor(report: Report, { seen }: Side, asked: Asked): readonly Again[] {
  const { identified, drift, unseen } = report;
  const answers = identified?.answers ?? [];
  const amiss = verdictOf(report) === 'not as it should be';
  const denied = unseen.some((sentence) => /\broot\b|NET_ADMIN|NET_RAW|refused this process/.test(sentence));
  return [
    ...(amiss ? (drift?.given === true ? repair(asked) : repairAs(asked, answers[0], flushedFamilies(seen))) : []),
    ...otherAnswers(asked, answers),
    ...(denied ? withMoreRights(asked) : []),
    ...(FAMILIES.some((family) => seen.seen[family] !== 'all') ? withAllTables(asked) : []),
  ];
}
