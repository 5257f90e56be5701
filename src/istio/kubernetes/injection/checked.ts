/** What a release's injector refuses of a pod's annotations, and what it does not know of them. */

import type { Problem } from '../../problems.ts';
import { problem } from '../../problems.ts';
import type { ChangeName, Profile } from '../../releases/profile.ts';
import { checkProblems } from '../annotation-checks.ts';
import type { TrafficAnnotation } from '../annotations.ts';
import { ANNOTATION_NAMES, ANNOTATIONS } from '../annotations.ts';
import type { Texts } from '../manifest/workload.ts';

/** Errors for what the injector refuses; warnings for annotations that came with a later release, or went. */
export function annotationProblems(annotations: Texts, profile: Profile): readonly Problem[] {
  return ANNOTATION_NAMES.flatMap((name) => {
    const { key, needs, check, checkNeeds }: TrafficAnnotation = ANNOTATIONS[name];
    const given = annotations.get(key);
    if (given === undefined) return [];
    const lacks = (change: ChangeName | undefined): boolean => change !== undefined && !profile.has(change);
    if (lacks(needs)) return [problem('no-effect', given.source, { name: key, release: profile.release, reason: UNKNOWN })];
    return check === undefined || lacks(checkNeeds) ? [] : checkProblems(check, key, given, profile);
  });
}

const UNKNOWN = 'the injector of that release does not read it';
