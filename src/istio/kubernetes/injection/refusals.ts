/** Why a pod can't be made, or its mesh can't be installed: as one table of checks in the order in which they are met. */

import type { Problem } from '../../problems.ts';
import { notAValue } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { Refusal } from './injected.ts';
import { knownProfiles } from './profiles.ts';

export interface Refused {
  readonly refusal: Refusal;
  readonly problems: readonly Problem[];
}

const REFUSED_BY_CHART = 'the chart refuses the values';
const REFUSED_VALUES = 'istiod refuses the values';
const REFUSED_MESH = 'istiod refuses the mesh configuration';

/** Why a mesh can't be installed at a release with these values; undefined where it can. */
export function meshRefusal(mesh: Mesh, profile: Profile): Refused | undefined {
  const byChart = knownProfiles(profile).flatMap(({ value, names }) => {
    const given = mesh.values.get(value);
    return given === undefined || given.value === '' || names.includes(given.value)
      ? []
      : [notAValue(value, given, `one that the charts of ${profile.release} know: ${names.join(', ')}`)];
  });
  if (byChart.length > 0) return { refusal: REFUSED_BY_CHART, problems: byChart };
  const wrong = mesh.problems.filter(({ code, severity }) => severity === 'error' && (code === 'wrong-type' || code === 'not-a-value'));
  const inMesh = wrong.filter(isOfMeshConfig);
  if (inMesh.length > 0) return { refusal: REFUSED_MESH, problems: inMesh };
  if (wrong.length > 0) return { refusal: REFUSED_VALUES, problems: wrong };
  const bare = profile.has('refusesBareTexts') ? [...(mesh.bare ?? [])] : [];
  if (bare.length > 0)
    return { refusal: REFUSED_VALUES, problems: bare.map(([path, given]) => notAValue(path, given, 'a text in quotes')) };
  const mode = mesh.defaultConfig?.interceptionMode;
  if (mode?.value === 'NONE' && profile.has('refusesModeNone'))
    return { refusal: REFUSED_MESH, problems: [notAValue('interceptionMode', mode, 'REDIRECT, TPROXY')] };
  return undefined;
}

/** Whether something is wrong in the configuration of the mesh, which is one of the values. */
function isOfMeshConfig({ args, source }: Problem): boolean {
  const name = args['name'] ?? (source.kind === 'file' ? source.key : undefined) ?? '';
  return /(?:^|\.)(?:meshConfig|defaultConfig|proxyMetadata|proxyListenPort|proxyInboundListenPort)(?:\.|$)/.test(name);
}
