/** Diagnostics of many workloads: equal ones are one result with a number, and what is kept does not grow with the workloads. */

import { fingerprintOf } from '../../kubernetes/fingerprint.ts';
import type { OtherObject } from '../../kubernetes/manifest/other-object.ts';
import type { Workload } from '../../kubernetes/manifest/workload.ts';
import { placedWorkload } from '../../kubernetes/manifest/workload.ts';
import type { Mesh } from '../../kubernetes/mesh/mesh.ts';
import { ownerOf } from '../../kubernetes/rule-groups/owner.ts';
import type { Counting, Member, Tally } from '../../kubernetes/rule-groups/tally.ts';
import { counting } from '../../kubernetes/rule-groups/tally.ts';
import type { Origin } from '../../origin.ts';
import type { Problem, Severity } from '../../problems.ts';
import type { SidecarFile } from '../../settings/sidecar-file.ts';
import type { Diagnostic, Linted, LintRequest } from '../lint.ts';
import { diagnosticOf, lintSidecar, lintWorkload } from '../lint.ts';
import type { Concerned } from './left-out.ts';
import { lintOther } from './other-objects.ts';
import type { TextEdit } from './text-edit.ts';

/** A diagnostic, and the workloads that have it. */
export interface Result extends Diagnostic {
  readonly workloads: Tally;
  /** Where it stands, each place once; the first ones where there are many. */
  readonly places: readonly Origin[];
  /** For each place what mends it there: the same may be written in other words. */
  readonly edits: readonly (TextEdit | undefined)[];
  /** Every owner, or so many that nobody reads them. */
  readonly names: readonly string[];
}

/** What a gathering is for, besides what a workload is linted with. */
export interface CollectRequest extends Omit<LintRequest, 'mesh'> {
  /** Whether somebody decided to live with a diagnostic of somebody. */
  readonly leaveOut?: (diagnostic: Diagnostic, concerned: Concerned) => boolean;
  /** Places that are kept of a result; without it, what a person reads. */
  readonly mostPlaces?: number;
}

/** Diagnostics of a code whose results were not kept. */
export interface Unlisted {
  readonly code: Diagnostic['code'];
  readonly severity: Severity;
  readonly count: number;
}

export interface LintReport {
  /** The worst first, then those of most workloads. */
  readonly results: readonly Result[];
  readonly unlisted: readonly Unlisted[];
  readonly workloads: number;
  /** How many of them differ in what was looked at. */
  readonly distinct: number;
  readonly unknownReleases: number;
}

export interface LintGathering {
  /** `times`: how many differ from it in their names alone. */
  readonly workload: (workload: Workload, mesh: Mesh, times?: number) => void;
  /** Whether nothing new is to be found of a workload, not even a place: it can stand for others. */
  readonly isKnown: (workload: Workload, mesh: Mesh) => boolean;
  /** What is no workload and says something of pods' rules. */
  readonly other: (object: OtherObject, mesh: Mesh) => void;
  readonly sidecar: (sidecar: SidecarFile, source: Origin) => void;
  /** What could not be read: it belongs to no workload. */
  readonly problem: (problem: Problem) => void;
  readonly report: () => LintReport;
}

// Texts that name something of each pod would otherwise be as many as the pods.
const MOST_RESULTS = 500;
const MOST_PLACES = 10;
const MOST_NAMES = 10_000;
// What is remembered of workloads that differ; past it they are looked at anew.
const MOST_KNOWN = 20_000;

interface Collected {
  readonly diagnostic: Diagnostic;
  readonly members: Counting;
  readonly places: Map<string, { readonly place: Origin; readonly edit: TextEdit | undefined }>;
  readonly names: Set<string>;
  /** How many members were asked where it stands: that may be one place for all of them, as of a value of the mesh. */
  located: number;
}

interface Known {
  readonly release?: string;
  readonly raised: readonly { readonly result: Collected | undefined; readonly diagnostic: Diagnostic }[];
}

/** Looks at one workload after another; those that are alike are looked at once. */
export function lintGathering({ leaveOut = () => false, mostPlaces = MOST_PLACES, ...request }: CollectRequest): LintGathering {
  const results = new Map<string, Collected>();
  const perCode = new Map<string, number>();
  const uncounted = new Map<string, { readonly code: Diagnostic['code']; readonly severity: Severity; count: number }>();
  const likenesses = new Map<string, Known>();
  let meshOfKnown: Mesh | undefined;
  let workloads = 0;
  let distinct = 0;
  let unknownReleases = 0;

  const resultFor = (diagnostic: Diagnostic): Collected | undefined => {
    const { code, severity, text } = diagnostic;
    const key = `${code}\0${severity}\0${text}`;
    const before = results.get(key);
    if (before !== undefined) return before;
    const number = perCode.get(code) ?? 0;
    if (number >= MOST_RESULTS) return undefined;
    perCode.set(code, number + 1);
    const result: Collected = { diagnostic, members: counting(), places: new Map(), names: new Set(), located: 0 };
    results.set(key, result);
    return result;
  };
  const count = (known: Known, member: Member, workload?: Workload): void => {
    for (const { result, diagnostic } of known.raised) {
      const { owner, count: times = 1 } = member;
      if (leaveOut(diagnostic, { owner, count: times, ...(workload === undefined ? {} : { workload }) })) continue;
      if (result !== undefined) {
        result.members.add(member);
        if (result.names.size < MOST_NAMES && member.owner !== '') result.names.add(member.owner);
        if (result.located < mostPlaces)
          result.places.set(JSON.stringify(diagnostic.source), { place: diagnostic.source, edit: diagnostic.edit });
        result.located += times;
        continue;
      }
      const { code, severity } = diagnostic;
      const rest = uncounted.get(code) ?? { code, severity, count: 0 };
      uncounted.set(code, rest);
      rest.count += times;
    }
  };
  const knownOf = ({ diagnostics, release }: Linted): Known => ({
    raised: diagnostics.map((diagnostic) => ({ diagnostic, result: resultFor(diagnostic) })),
    ...(release === undefined ? {} : { release }),
  });

  return {
    isKnown: (workload, mesh) => {
      const known = mesh === meshOfKnown ? likenesses.get(fingerprintOf(workload, mesh)) : undefined;
      return known?.raised.every(({ result }) => result === undefined || result.located >= mostPlaces) === true;
    },
    workload: (workload, mesh, times = 1) => {
      workloads += times;
      if (mesh !== meshOfKnown) likenesses.clear();
      meshOfKnown = mesh;
      const fingerprint = fingerprintOf(workload, mesh);
      const before = likenesses.get(fingerprint);
      // One that is like another stands elsewhere: that is worth a look for as long as places are kept.
      const locates = before?.raised.some(({ result }) => result !== undefined && result.located < mostPlaces) ?? true;
      const known = locates || before === undefined ? knownOf(lintPlaced(workload, { ...request, mesh })) : before;
      if (before === undefined) {
        distinct += 1;
        if (likenesses.size < MOST_KNOWN) likenesses.set(fingerprint, known);
      }
      const { release } = known;
      if (release === undefined) unknownReleases += times;
      count(
        known,
        { owner: ownerOf(workload), source: workload.source, count: times, ...(release === undefined ? {} : { release }) },
        workload,
      );
    },
    other: (object, mesh) =>
      count(knownOf({ diagnostics: lintOther(object, { ...request, mesh }) }), { owner: object.what, source: object.source }),
    sidecar: (sidecar, source) => {
      workloads += 1;
      distinct += 1;
      count(knownOf(lintSidecar(sidecar, request)), { owner: 'SidecarCapture', source });
    },
    problem: (one) => count(knownOf({ diagnostics: [diagnosticOf(one)] }), { owner: '', source: one.source }),
    report: () => ({
      results: [...results.values()]
        .map(
          ({ diagnostic, members, places, names }): Result => ({
            ...diagnostic,
            ...editOf([...places.values()].map(({ edit }) => edit)),
            workloads: members.tally(),
            places: [...places.values()].map(({ place }) => place),
            names: [...names],
          }),
        )
        // All of a result's workloads may be left out.
        .filter(({ workloads: { count: many } }) => many > 0)
        .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.workloads.count - a.workloads.count),
      unlisted: [...uncounted.values()],
      workloads,
      distinct,
      unknownReleases,
    }),
  };
}

/** The mends of all places, and the first of them, which is that of most. */
function editOf(edits: Result['edits']): Pick<Result, 'edit' | 'edits'> {
  const edit = edits.find((one) => one !== undefined);
  return { ...(edit === undefined ? {} : { edit }), edits };
}

/** Most have nothing, and nobody asks where. */
function lintPlaced(workload: Workload, request: LintRequest): Linted {
  const linted = lintWorkload(workload, request);
  return linted.diagnostics.length === 0 ? linted : lintWorkload(placedWorkload(workload), request);
}

/** The worst first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];
