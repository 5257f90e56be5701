/** Whether manifests are named, told without reading all of them. */

import { isOfCluster } from '../../host/cluster/cluster-in.ts';
import { pipeBytes } from '../../host/files.ts';
import { namedPart } from '../../host/page-part.ts';
import { HEAD, standardInputHead } from '../../host/standard-input.ts';
import { system } from '../../host/system.ts';
import { textOf } from '../../host/text-bytes.ts';
import { badOption } from '../../istio/bad-option.ts';
import { isPage } from '../../istio/found/page-signs.ts';
import { isDescription } from '../../istio/kubernetes/manifest/described-pod.ts';
import { isInspection } from '../../istio/kubernetes/manifest/inspected-container.ts';
import { quoted } from '../../istio/problems.ts';
import { kindOfFile } from '../kind-of-file.ts';
import type { SourceOptions } from '../options.ts';
import { NO_MANIFEST_OPTIONS } from '../options.ts';
import { parseSource } from '../source-name.ts';
import type { WorkloadOption } from './option.ts';

const STRANGER = /(^|[\s{,])["']?kind["']?[ \t]*:[ \t]*["']?(?!SidecarCapture)[A-Z]/;

/** Whether there may be workloads: anything but one file with settings of ours, which has a shorter way. */
export function namesManifests({ manifests }: SourceOptions): boolean {
  const [file, ...others] = manifests?.filenames ?? [];
  if (file === undefined) return false;
  return (
    others.length > 0 ||
    file === '-' ||
    isPiped(file) ||
    holds(file, (head) => STRANGER.test(head) || isDescription(head) || isInspection(head))
  );
}

/** What `-f` would say of SOURCE, where that is a file or a folder with manifests; the settings as they are for `-f` alone. */
export function manifestsIn<G extends SourceOptions & WorkloadOption>(source: string | undefined, given: G): G | undefined {
  if (source === undefined) return namesManifests(given) ? given : undefined;
  const name = parseSource(source);
  if (name.kind !== 'file' || given.filename !== undefined || !holdsManifests(name.file)) return undefined;
  const { release } = name;
  // Who reads the source refuses the second one.
  if (release !== undefined && given.release !== undefined) return undefined;
  return { ...withFile(given, name.file), ...(release === undefined ? {} : { release }), ...workloadIn(name, given) };
}

/** The workload that a source names, or the option. Throws a ProblemError where both do. */
export function workloadIn({ workload }: { readonly workload?: string }, given: WorkloadOption): WorkloadOption {
  if (workload === undefined) return given.workload === undefined ? {} : { workload: given.workload };
  if (given.workload !== undefined) throw badOption('--workload', `the source names ${quoted(workload)} already`);
  return { workload };
}

/** The settings with `-f FILE` among them. */
export function withFile<G extends SourceOptions>(given: G, file: string): G {
  const manifests = { ...NO_MANIFEST_OPTIONS, ...given.manifests, filenames: [file] };
  return { ...given, filename: file, manifests };
}

/** Whether a source is manifests, all of them at their own release: several of these are as one. */
export function isPlainManifests(source: string): boolean {
  const name = parseSource(source);
  return name.kind === 'file' && name.release === undefined && name.workload === undefined && holdsManifests(name.file);
}

/** Whether what may hold rules as well is manifests. */
export function holdsManifests(file: string): boolean {
  return file === '-' ? holdsStrangers(standardInputHead()) : holds(file, holdsStrangers);
}

/** Whether a file holds settings of any kind: ours, or manifests. */
export function holdsSettings(file: string): boolean {
  return file === '-' ? looksLikeManifest(standardInputHead()) : holds(file, looksLikeManifest);
}

/** Whether a file, no folder, or standard input has rules of iptables and nothing that a manifest has: a save, a listing, a log of commands. */
export function holdsRulesAlone(file: string): boolean {
  if (file !== '-' && kindOf(file) !== 'file') return false;
  const head = file === '-' ? standardInputHead() : headOf(file, 'file');
  return RULES.test(head) && !looksLikeManifest(head);
}

const RULES = /^(?:\*(?:nat|mangle|raw|filter)$|-[AN] [A-Z_]+|Chain [A-Z_]+ \()/m;

/** The same of a text; of a page with rules beside manifests the rules are read. */
export function holdsStrangers(text: string): boolean {
  const head = text.slice(0, HEAD);
  // Of a pod that was never made, its events are what counts: those are read as a log.
  if (isDescription(head)) return !/FailedCreatePodSandBox|Failed to create pod sandbox/.test(head);
  if (isInspection(head)) return true;
  return looksLikeManifest(text) && !isPage(head) && !isEvents(head) && STRANGER.test(head);
}

/** Whether a text that holds no workloads may be settings, or a manifest of something else. */
export function looksLikeSettings(text: string): boolean {
  const head = text.slice(0, HEAD);
  return looksLikeManifest(head) && !isPage(head) && !isEvents(head);
}

/** Events of the cluster: their messages are a log. */
function isEvents(head: string): boolean {
  return /["']?kind["']?\s*:\s*["']?Event(?:List)?\b/.test(head) && !/["']?containers["']?\s*:/.test(head);
}

/** Rules never hold these keys at the start of a line; a manifest has one of them near its top. */
function looksLikeManifest(text: string): boolean {
  return /^[-[{"' \t]*(?:apiVersion|kind)["']?[ \t]*:/m.test(text.slice(0, HEAD));
}

function isPiped(file: string): boolean {
  const kind = kindOf(file);
  return kind === 'other' || kind === 'pipe';
}

/** A folder and a cluster hold manifests. What can't be looked at is none: who reads it says why. */
function holds(file: string, test: (head: string) => boolean): boolean {
  const kind = kindOf(file);
  return isOfCluster(file) || kind === 'folder' || ((kind === 'file' || kind === 'pipe') && test(headOf(file, kind)));
}

/** Of a part of a file what the file is. */
function kindOf(file: string): ReturnType<typeof kindOfFile> {
  return kindOfFile(namedPart(file)?.page ?? file);
}

function headOf(file: string, kind: 'file' | 'pipe'): string {
  try {
    // What is in a pipe can be read once, and is kept.
    if (kind === 'pipe') return textOf(pipeBytes(file).subarray(0, HEAD));
    const descriptor = system.open(namedPart(file)?.page ?? file);
    try {
      const head = Buffer.alloc(HEAD);
      return textOf(head.subarray(0, system.read(descriptor, head)));
    } finally {
      system.close(descriptor);
    }
  } catch {
    return '';
  }
}
