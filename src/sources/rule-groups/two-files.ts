/** Two files of manifests: workloads of one name are compared, and what only one of them has is named. */

import type { PlannedInjection } from '../../istio/kubernetes/rule-groups/planner.ts';
import { numbering } from '../../istio/kubernetes/rule-groups/planner.ts';
import type { Member } from '../../istio/kubernetes/rule-groups/tally.ts';
import { counting } from '../../istio/kubernetes/rule-groups/tally.ts';
import { fileText } from '../../istio/origin.ts';
import { grouped } from '../../netfilter/grouped.ts';
import type { SourceOptions } from '../options.ts';
import { factsOf } from '../plan-input.ts';
import type { SourceName } from '../source-name.ts';
import { withFile } from '../workloads/detect.ts';
import { injectionRequest } from '../workloads/injection-request.ts';
import { memberOf, oncePerFingerprint, subjectPlanner } from '../workloads/subject.ts';
import type { SelectedWorkloads } from './selected.ts';
import { readSelected } from './selected.ts';
import type { Upgrade } from './upgrade.ts';
import { atOf, pairsOf } from './upgrade.ts';

export type ManifestFile = Extract<SourceName, { readonly kind: 'file' }>;

/** A workload with what becomes of it: ten thousand pods of few rule sets are few plans. */
interface One {
  readonly member: Member;
  readonly planned: PlannedInjection;
}

/**
 * Pairs the workloads of two files. Pods go by who made them: the first with the first, and where one file has fewer
 * replicas, its last with all that are left. Two that are alone in their files are a pair whatever they are called.
 */
export async function twoFilesOf(left: ManifestFile, right: ManifestFile, given: SourceOptions): Promise<Upgrade> {
  const numbers = numbering();
  const lefts = await readFile(left, given, numbers);
  const rights = await readFile(right, given, numbers);
  const areAlone = lefts.ones.length === 1 && rights.ones.length === 1;
  const nameOf = ({ member }: One): string => (areAlone ? '' : member.owner);
  const [before, after] = [grouped(lefts.ones, nameOf), grouped(rights.ones, nameOf)];
  const pairs = [...after].flatMap(([name, ones]) => {
    const others = before.get(name) ?? [];
    return ones.flatMap((one, index) => {
      const other = others[Math.min(index, others.length - 1)];
      return other === undefined ? [] : [{ before: other, after: one }];
    });
  });
  const made = { left: `as in ${fileText(left.file)}`, right: `as in ${fileText(right.file)}` };
  const upgrade = await pairsOf<(typeof pairs)[number]>(
    async (visit) => {
      for (const pair of pairs) visit(pair);
      return {
        count: pairs.length,
        ...(areAlone && { only: rights.selected.only }),
        skipped: new Map([...lefts.selected.skipped, ...rights.selected.skipped]),
        folders: [lefts, rights].flatMap(({ selected }) => selected.folders ?? []),
        problems: [...lefts.selected.problems, ...rights.selected.problems],
      };
    },
    (pair) => ({ before: pair.before.planned, after: pair.after.planned, isUnlike: false, made }),
    (pair, { release }) => ({ ...pair.after.member, ...(release !== undefined && { release }) }),
  );
  const unmatched = [
    { file: fileText(left.file), ...tallied(before, after) },
    { file: fileText(right.file), ...tallied(after, before) },
  ];
  return { ...upgrade, unmatched: unmatched.filter(({ count }) => count > 0) };
}

/** Those of a name that the other file has not. */
function tallied(
  own: ReadonlyMap<string, readonly One[]>,
  other: ReadonlyMap<string, unknown>,
): ReturnType<ReturnType<typeof counting>['tally']> {
  const members = counting();
  for (const [name, ones] of own) if (!other.has(name)) for (const { member } of ones) members.add(member);
  return members.tally();
}

async function readFile(
  { file, release }: ManifestFile,
  given: SourceOptions,
  numbers: ReturnType<typeof numbering>,
): Promise<{ readonly ones: readonly One[]; readonly selected: SelectedWorkloads }> {
  const own = withFile(given, file);
  const request = await injectionRequest(own, atOf({ kind: 'settings', ...(release !== undefined && { release }) }, own));
  const options = { facts: await factsOf(own), sets: own.sets, numbering: numbers, unknownServers: true };
  const planner = oncePerFingerprint(subjectPlanner(request, options));
  const ones: One[] = [];
  const selected = await readSelected(own, request.mesh, (subject) => {
    const planned = planner(subject);
    ones.push({ member: memberOf(subject, planned), planned });
  });
  return { ones, selected };
}
