/** What the charts of a release take for `profile`, `platform` and `compatibilityVersion`, and what these bring. */

import type { Sourced } from '../../origin.ts';
import type { ChangeName, Profile } from '../../releases/profile.ts';
import type { Mesh, MeshValue } from '../mesh/mesh.ts';

interface Known {
  readonly value: MeshValue;
  readonly names: readonly string[];
}

/** The values that name a file of the charts, and the names of those that are there; none where the charts do not read them. */
export function knownProfiles({ release, has }: Profile): readonly Known[] {
  const profiles = [
    'ambient',
    'default',
    'demo',
    'preview',
    'remote',
    'stable',
    ...(has('profileBringsOpenShift') ? ['openshift', 'openshift-ambient'] : []),
  ];
  const platforms = [...(has('chartsKnowGke') ? ['gke'] : []), 'k3d', 'k3s', 'microk8s', 'minikube', 'openshift'];
  const versions = compatibleWith(release);
  return [
    ...(has('chartsReadProfile')
      ? [
          { value: 'profile', names: [...profiles, ...versions.map((version) => `compatibility-version-${version}`)] } as const,
          { value: 'compatibilityVersion', names: versions } as const,
        ]
      : []),
    ...(has('chartsReadPlatform') ? [{ value: 'global.platform', names: platforms } as const] : []),
  ];
}

/** The minors before, as far as a release still behaves as they did: three, and none before the first that had a file. */
function compatibleWith(release: string): readonly string[] {
  const minor = Number(release.split('.')[1]);
  return [3, 2, 1]
    .map((back) => minor - back)
    .filter((one) => one >= FIRST)
    .map((one) => `1.${one}`);
}

const FIRST = 20;

interface Brought {
  readonly value: 'profile' | 'compatibilityVersion';
  readonly names: readonly string[];
  readonly needs: ChangeName;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What files of the charts put into `meshConfig.defaultConfig.proxyMetadata`: what the values say beats it. */
const METADATA: readonly Brought[] = [
  { value: 'profile', names: ['ambient', 'openshift-ambient'], needs: 'chartsReadProfile', metadata: { ISTIO_META_ENABLE_HBONE: 'true' } },
  {
    value: 'compatibilityVersion',
    names: ['1.21', '1.22', '1.23'],
    needs: 'compatibleStats',
    metadata: { BYPASS_OVERLOAD_MANAGER_FOR_STATIC_LISTENERS: 'false', ENABLE_DEFERRED_STATS_CREATION: 'false' },
  },
];

/** The proxyMetadata that profile and compatibilityVersion bring. */
export function broughtMetadata({ values }: Mesh, { has }: Profile): ReadonlyMap<string, Sourced<string>> {
  return new Map(
    METADATA.flatMap(({ value, names, needs, metadata }) => {
      const given = values.get(value);
      if (given === undefined || !names.includes(given.value) || !has(needs)) return [];
      return Object.entries(metadata).map(([name, text]) => [name, { value: text, source: given.source }] as const);
    }),
  );
}
