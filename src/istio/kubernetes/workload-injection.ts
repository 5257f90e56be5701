/** What makes the rules of one workload: the arguments that were found in it, or those of an injector, and a release. */

import type { Origin, Sourced } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { ProblemError, problem, quoted } from '../problems.ts';
import type { Release } from '../releases/known.ts';
import { NEWEST, readTag } from '../releases/known.ts';
import { profileOf } from '../releases/profile.ts';
import { isReplacement, resolveRelease } from '../releases/resolve-release.ts';
import { ambientKnobsOf, ambientSource, REDIRECTED } from './ambient.ts';
import { choosesTemplates } from './injection/chosen-templates.ts';
import { inject } from './injection/inject.ts';
import type { Injection, Installer, NotInjected } from './injection/injected.ts';
import type { FoundInjection, ImageRelease } from './injection/observed.ts';
import { foundInjection, programOf } from './injection/observed.ts';
import { ownAnnotations } from './injection/own-annotations.ts';
import type { Workload } from './manifest/workload.ts';
import type { Mesh } from './mesh/mesh.ts';

/** At which release a workload is looked at. */
export type AtRelease =
  /** Each as it was injected; what is not injected has no release of its own. */
  | { readonly kind: 'own' }
  /** As it was injected; what is not, at the release of the mesh's values, else the newest known. */
  | { readonly kind: 'as found' }
  /** Injected anew from its annotations; with `keepArguments` an injected pod's own arguments go to that release's program. */
  | { readonly kind: 'release'; readonly release: Sourced<string>; readonly keepArguments: boolean };

export interface InjectionRequest {
  readonly mesh: Mesh;
  readonly at: AtRelease;
  /** Who makes the rules, where the user says it. */
  readonly installer?: Installer;
  readonly images: readonly ImageRelease[];
  /** What lives without a sidecar is looked at as if an injector came to it. */
  readonly asInjected?: boolean;
}

// A name (255), a tag (128) and a digest, with room to spare: who has to name an image needs all of it.
const LONGEST_IMAGE = 512;

export interface WorkloadInjection {
  /** Where it is injected anew, without the annotations that its earlier injector wrote. */
  readonly workload: Workload;
  readonly injection: Injection;
  readonly release: Sourced<Release>;
  /** Whether these are the arguments that stand in the pod. */
  readonly found: boolean;
  readonly problems: readonly Problem[];
}

/** Throws a ProblemError where no release can be told. */
export function injectionOf(workload: Workload, request: InjectionRequest): WorkloadInjection {
  const { mesh, at, installer, images } = request;
  const found = foundInjection(workload, images);
  const keeps = found !== undefined && (at.kind !== 'release' || at.keepArguments);
  const { release, problems } = releaseFor(workload, found, mesh, at);
  // Whoever names a release or an installer asks what would be made.
  const asIs = at.kind === 'as found' && installer === undefined && request.asInjected !== true;
  const ambient = request.asInjected === true || found !== undefined ? undefined : ambientSource(workload, mesh);
  const inAmbientMode = (source: Origin, rest: Partial<NotInjectedPod> = {}): NotInjectedPod => {
    const profile = profileOf(release.value);
    const knobs = profile.has('ambientInPod') ? ambientKnobsOf(workload, mesh, profile) : undefined;
    return { ...rest, kind: 'none', reason: 'ambient', source, ...(knobs && { knobs }) };
  };
  const taken = workload.pod.annotations.get(REDIRECTED)?.value === 'enabled';
  const lives = found === undefined && asIs ? livesWithout(workload) : undefined;
  const ignored = ambient !== undefined && (lives !== undefined || (taken && asIs)) ? inAmbientMode(ambient) : lives;
  if (ignored !== undefined) return { workload, injection: ignored, release, found: true, problems };
  // Whoever asks for another installer than the one that was at work asks for an injection that never was.
  if (keeps && (installer === undefined || installer === installerOf(found.injection)))
    return { workload, injection: found.injection, release, found: true, problems: [...problems, ...found.problems] };
  const skips = installer === 'cni' && profileOf(release.value).has('pluginSkipsInit');
  if (keeps && skips && found.injection.kind === 'arguments' && programOf(workload.pod)?.name.value === 'istio-init') {
    const skipped = problem('plugin-skips', workload.source, { release: release.value });
    return { workload, injection: found.injection, release, found: true, problems: [...problems, ...found.problems, skipped] };
  }
  const own = found === undefined ? { workload, problems: [] } : ownAnnotations(workload, found, mesh);
  const injected = inject(own.workload, mesh, profileOf(release.value), installer ?? installerOf(found?.injection));
  // Whoever gets a sidecar is not in ambient mode: the node agent leaves such a pod alone.
  const made =
    ambient !== undefined && injected.kind === 'none' && LEFT_ALONE.includes(injected.reason) ? inAmbientMode(ambient, injected) : injected;
  // No template for sidecars made it; where it chooses none itself, nothing says that another will be at work.
  const stays = isNoSidecar(found) && (made.kind === 'none' || !choosesTemplates(workload.pod));
  const injectionProblems = made.kind === 'none' ? (made.problems ?? []) : [];
  return {
    workload: own.workload,
    injection: stays ? found.injection : made,
    release,
    found: false,
    problems: [...problems, ...(keeps ? found.problems : []), ...own.problems, ...injectionProblems],
  };
}

type NotInjectedPod = Extract<Injection, { kind: 'none' }>;

/** Why no injector came to a pod, so that the node agent may have. */
const LEFT_ALONE: readonly NotInjected[] = ['not asked for', 'own choice'];

/** A pod that lives, and that no injector came to. */
function livesWithout({ pod }: Workload): NotInjectedPod | undefined {
  return pod.livesAt === undefined ? undefined : { kind: 'none', reason: 'lives without', source: pod.livesAt };
}

function isNoSidecar(found: FoundInjection | undefined): found is FoundInjection {
  return found?.injection.kind === 'none' && found.injection.reason === 'no sidecar';
}

function installerOf(injection: Injection | undefined): Installer | undefined {
  return injection === undefined || injection.kind === 'none' ? undefined : injection.installer;
}

interface ReleaseFor {
  readonly release: Sourced<Release>;
  readonly problems: readonly Problem[];
}

function releaseFor(workload: Workload, found: FoundInjection | undefined, mesh: Mesh, at: AtRelease): ReleaseFor {
  if (at.kind === 'release') return resolved(at.release);
  if (found !== undefined) {
    if (found.release !== undefined) return { release: found.release, problems: [] };
    const image = found.image?.value ?? '';
    throw new ProblemError([
      problem('image-without-release', found.image?.source ?? workload.source, { value: quoted(image, LONGEST_IMAGE) }),
    ]);
  }
  if (at.kind === 'own') throw new ProblemError([problem('not-injected', workload.source)]);
  if (mesh.release !== undefined) return ofTag(mesh.release);
  return { release: { value: NEWEST, source: { kind: 'default', release: NEWEST } }, problems: [] };
}

/** The release of the mesh is an image's tag: one that is newer than all known ones is the newest of them. */
function ofTag(named: Sourced<string>): ReleaseFor {
  const read = readTag(named.value);
  if ('unknown' in read) return resolved(named);
  const problems = 'insteadOf' in read ? [isReplacement(read.release, read.insteadOf, named.source)] : [];
  return { release: { value: read.release, source: named.source }, problems };
}

function resolved(named: Sourced<string>): ReleaseFor {
  const { release, problems } = resolveRelease(named);
  return { release: { value: release, source: named.source }, problems };
}
