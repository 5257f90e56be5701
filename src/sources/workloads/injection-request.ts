import type { ClusterAccess } from '../../host/cluster/access.ts';
import { clusterIn } from '../../host/cluster/cluster-in.ts';
import { textsIn } from '../../host/files.ts';
import { badOption, oneOf } from '../../istio/bad-option.ts';
import type { Installer } from '../../istio/kubernetes/injection/injected.ts';
import { INSTALLERS } from '../../istio/kubernetes/injection/injected.ts';
import type { ImageRelease } from '../../istio/kubernetes/injection/observed.ts';
import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../istio/kubernetes/mesh/mesh.ts';
import type { AtRelease, InjectionRequest } from '../../istio/kubernetes/workload-injection.ts';
import type { Problem } from '../../istio/problems.ts';
import { ProblemError, quoted } from '../../istio/problems.ts';
import { readRelease } from '../../istio/releases/known.ts';
import { resolveRelease } from '../../istio/releases/resolve-release.ts';
import { readSetOption } from '../../istio/settings/setting-texts.ts';
import type { SourceOptions } from '../options.ts';
import { NO_MANIFEST_OPTIONS } from '../options.ts';
import { refuseStdinTwice } from '../stdin-once.ts';

/**
 * What `--values`, `--installer`, `--image-release`, `--release`, `--keep-args` and `--as-injected` ask. Throws a ProblemError for what
 * can't be used, a wrong `--set` and an unknown release among it: no manifest has been read by then. Reads the values,
 * which may be a pipe: to be called once.
 */
export async function injectionRequest(
  { manifests = NO_MANIFEST_OPTIONS, release, sets, cluster }: SourceOptions,
  at?: AtRelease,
  files: readonly string[] = manifests.filenames,
): Promise<InjectionRequest> {
  const { values, installer, imageReleases, keepArguments, asInjected = false } = manifests;
  refuseStdinTwice([...values, ...files]);
  const wrong = sets.flatMap((set) => readSetOption(set).problems);
  if (wrong.length > 0) throw new ProblemError(wrong);
  const named: AtRelease =
    release === undefined
      ? { kind: 'as found' }
      : { kind: 'release', release: { value: release, source: { kind: 'option', option: '--release' } }, keepArguments };
  const requested = checkedRelease(at ?? named);
  const images = imageReleases.map(readImageRelease);
  const mesh = values.length > 0 ? await readMeshFiles(values) : files.some(namesCluster) ? await meshOfCluster(cluster) : NO_MESH;
  const unknown = images.flatMap(({ problems }) => problems);
  return {
    at: requested,
    images,
    ...(asInjected && { asInjected }),
    ...(installer === undefined ? {} : { installer: oneOf<Installer>('--installer', installer, INSTALLERS) }),
    mesh: unknown.length === 0 ? mesh : { ...mesh, problems: [...mesh.problems, ...unknown] },
  };
}

/** Throws a ProblemError for a release that is not known. */
export function checkedRelease(at: AtRelease): AtRelease {
  if (at.kind === 'release') resolveRelease(at.release);
  return at;
}

function namesCluster(file: string): boolean {
  const name = clusterIn(file);
  return name !== undefined && !('refused' in name);
}

async function meshOfCluster(cluster: ClusterAccess = {}): Promise<Mesh> {
  const { clusterMesh } = await import('../../host/cluster/mesh.ts');
  return clusterMesh(cluster);
}

async function readMeshFiles(files: readonly string[]): Promise<Mesh> {
  const { readInstalledMesh } = await import('../../istio/kubernetes/mesh/read.ts');
  return readInstalledMesh(files.flatMap((file) => textsIn(file)));
}

function readImageRelease(text: string): ImageRelease & { readonly problems: readonly Problem[] } {
  const [, pattern = '', named = ''] = /^(.+)=([^=]*)$/.exec(text) ?? [];
  const read = readRelease(named);
  if (pattern === '' || 'unknown' in read)
    throw badOption('--image-release', `${quoted(text)} is not PATTERN=RELEASE with a known release, as "*/proxyv2:custom=1.20.3"`);
  const { release, problems } = resolveRelease({ value: named, source: { kind: 'option', option: '--image-release' } });
  return { pattern, release, problems };
}
