/** What of settings and manifests does not do what it seems to: diagnostics as data. */

import { HERE } from '../arguments/command-line.ts';
import type { Workload } from '../kubernetes/manifest/workload.ts';
import type { Mesh } from '../kubernetes/mesh/mesh.ts';
import { injectedSettings } from '../kubernetes/ordinary-injection.ts';
import type { InjectionRequest, WorkloadInjection } from '../kubernetes/workload-injection.ts';
import { injectionOf } from '../kubernetes/workload-injection.ts';
import { factsOfWorkload, planOfWorkload } from '../kubernetes/workload-plan.ts';
import type { Origin, Sourced } from '../origin.ts';
import { onOneLine } from '../origin.ts';
import { planFor } from '../plan/plan.ts';
import type { Problem, ProblemCode, Severity } from '../problems.ts';
import { ProblemError, problemText } from '../problems.ts';
import type { Release } from '../releases/known.ts';
import { NEWEST } from '../releases/known.ts';
import { profileOf } from '../releases/profile.ts';
import { resolveRelease } from '../releases/resolve-release.ts';
import type { Facts } from '../settings/facts.ts';
import type { Settings } from '../settings/settings.ts';
import type { SidecarFile } from '../settings/sidecar-file.ts';
import { ambientBoolean, ambientIdle, ambientShared } from './lint/ambient.ts';
import { asLabels, changedAfterInjection, misplaced, notRead, reroutedByOlderName, unknown } from './lint/annotations.ts';
import type { FindDead } from './lint/dead-rules.ts';
import { deadBySettings } from './lint/dead-rules.ts';
import { failedRun } from './lint/failed-run.ts';
import { proxyFsGroup, proxyIds, proxyNotExempt } from './lint/identity.ts';
import { holdIdle, withoutProxy } from './lint/init-containers.ts';
import { initRights } from './lint/init-rights.ts';
import { failures, onHostNetwork, refused, unclearWish, withoutRules } from './lint/injection.ts';
import type { LintCode } from './lint/kinds.ts';
import { LINTS } from './lint/kinds.ts';
import { portsOfIstio, statusPort } from './lint/listeners.ts';
import { nativeNftables, valuesNotRead } from './lint/mesh-values.ts';
import { podSecurity } from './lint/pod-security.ts';
import { capturesNone, inboundExcludes, outboundExcludedPorts, outboundPorts, portsTwice, portZero } from './lint/ports.ts';
import { probesNotRewritten } from './lint/probes.ts';
import {
  droppedRanges,
  excludedRanges,
  excludesEverything,
  hostBits,
  ip6RangesIdle,
  rangeForAll,
  rangesBoth,
  rangesInRanges,
} from './lint/ranges.ts';
import { imageReadsOtherwise } from './lint/skew.ts';
import type { Raised, SettingsCheck, SettingsSubject, WorkloadCheck, WorkloadSubject } from './lint/subject.ts';
import { settingsOfFile, settingsOfWorkload } from './lint/subject.ts';
import type { TextEdit } from './lint/text-edit.ts';
import { inQuotes } from './lint/text-edit.ts';
import { dnsWithoutServers, ip6NotCaptured } from './lint/traffic.ts';
import { misspeltVariables, variablesWithoutEffect } from './lint/variables.ts';

/** One thing that was found. Problems of reading keep their own code. */
export interface Diagnostic {
  readonly code: LintCode | ProblemCode;
  readonly severity: Severity;
  readonly source: Origin;
  readonly text: string;
  readonly fix?: string;
  /** What mends it and, unless it is unsafe, changes nothing else. */
  readonly edit?: TextEdit;
}

const SETTINGS_CHECKS: readonly SettingsCheck[] = [
  inboundExcludes,
  outboundPorts,
  outboundExcludedPorts,
  ip6RangesIdle,
  excludedRanges,
  rangesBoth,
  rangesInRanges,
  hostBits,
  rangeForAll,
  droppedRanges,
  excludesEverything,
  portsTwice,
  portZero,
  capturesNone,
];

const WORKLOAD_CHECKS: readonly WorkloadCheck[] = [
  refused,
  withoutRules,
  unclearWish,
  onHostNetwork,
  misplaced,
  asLabels,
  unknown,
  notRead,
  reroutedByOlderName,
  changedAfterInjection,
  imageReadsOtherwise,
  proxyIds,
  proxyNotExempt,
  proxyFsGroup,
  portsOfIstio,
  statusPort,
  withoutProxy,
  holdIdle,
  podSecurity,
  initRights,
  failedRun,
  probesNotRewritten,
  ip6NotCaptured,
  dnsWithoutServers,
  variablesWithoutEffect,
  misspeltVariables,
  valuesNotRead,
  nativeNftables,
  ambientIdle,
  ambientBoolean,
  ambientShared,
];

export interface LintRequest extends Omit<InjectionRequest, 'at'> {
  /** What `--release` says: the control plane's. */
  readonly release?: Sourced<string>;
  /** Finds rules that no packet can match; without it they are not looked for. */
  readonly findDead?: FindDead;
}

/** What is wrong with a workload; `release` is undefined where its image tells none. */
export interface Linted {
  readonly diagnostics: readonly Diagnostic[];
  readonly release?: Release;
}

/** Looks at a workload as it was injected, or would be. Never throws for what a manifest says. */
export function lintWorkload(workload: Workload, { release, findDead, ...request }: LintRequest): Linted {
  // --release is the control plane's: an injected pod keeps the release of its image.
  const mesh: Mesh = release === undefined ? request.mesh : { ...request.mesh, release };
  const before: Problem[] = [];
  const controlPlane = controlPlaneOf(mesh);
  const made = orProblems(before, () => injectionOf(workload, { ...request, mesh, at: { kind: 'as found' } }));
  const profile = profileOf(made?.release.value ?? controlPlane?.value ?? NEWEST);
  const facts = placeholderFacts(factsOfWorkload(workload));
  const bare: WorkloadSubject = {
    workload,
    mesh,
    profile,
    facts,
    ...(made === undefined ? {} : { made }),
    ...(controlPlane === undefined ? {} : { controlPlane }),
  };
  const failed: Problem[] = [];
  const settings = made === undefined ? undefined : orProblems(failed, () => settingsOf(made, facts, mesh));
  const subject = settings === undefined ? bare : { ...bare, settings };
  const raised = [
    ...(made === undefined || made.injection.kind === 'refused' ? [] : failures(failed, subject)),
    ...WORKLOAD_CHECKS.flatMap((check) => check(subject)),
    ...(settings === undefined ? [] : SETTINGS_CHECKS.flatMap((check) => check(settings))),
  ];
  const dead = settings === undefined ? [] : deadIn(settings, raised, findDead);
  // A release that can't be told is the image's matter: the pod works as ever.
  const unread = [...before, ...othersOf(made, settings)].map(
    (one): Problem => (one.code === 'image-without-release' ? { ...one, severity: 'warning' } : one),
  );
  return {
    diagnostics: [...unread.map(diagnosticOf), ...[...raised, ...dead].map(filled)].map((one) => inManifest(one, workload)),
    ...(made === undefined ? {} : { release: made.release.value }),
  };
}

/** What is wrong with settings of our own kind. */
export function lintSidecar(sidecar: SidecarFile, { release: named, findDead }: Pick<LintRequest, 'release' | 'findDead'>): Linted {
  const problems: Problem[] = [...sidecar.problems];
  const resolved = orProblems(problems, () => resolveRelease(named ?? sidecar.release));
  if (resolved === undefined) return { diagnostics: problems.map(diagnosticOf) };
  problems.push(...resolved.problems);
  const profile = profileOf(resolved.release);
  const settings: Settings = { ...injectedSettings(profile), ...sidecar.overrides } as Settings;
  const failed: Problem[] = [];
  const plan = orProblems(failed, () => planFor(settings, resolved.release, placeholderFacts({})));
  const subject = settingsOfFile(settings, profile, plan);
  const idle = (plan?.problems ?? []).flatMap(({ code, source, args }): readonly Raised[] =>
    code === 'no-effect' ? [{ code: 'setting-not-in-release', source, args }] : [],
  );
  const others = (plan?.problems ?? []).filter(({ code }) => code !== 'no-effect');
  const raised = [...failures(failed, { profile }), ...idle, ...SETTINGS_CHECKS.flatMap((check) => check(subject))];
  const all = [...raised, ...deadIn(subject, raised, findDead)];
  return { diagnostics: [...[...problems, ...others].map(diagnosticOf), ...all.map(filled)], release: resolved.release };
}

/** A problem of reading as a diagnostic. */
export function diagnosticOf(one: Problem): Diagnostic {
  const edit = one.code === 'not-a-string' ? inQuotes(one.args['value']?.replace(/^"(.*)"$/, '$1') ?? '') : undefined;
  return { code: one.code, severity: one.severity, source: one.source, text: onOneLine(problemText(one)), ...(edit && { edit }) };
}

/** Rules for nothing, of settings that nothing else was said of. */
function deadIn(settings: SettingsSubject, raised: readonly Raised[], findDead: FindDead | undefined): readonly Raised[] {
  if (findDead === undefined) return [];
  return deadBySettings(settings, findDead, new Set(raised.map(({ source }) => JSON.stringify(source))));
}

function settingsOf(made: WorkloadInjection, facts: Facts, mesh: Mesh): SettingsSubject | undefined {
  if (made.injection.kind !== 'arguments') return undefined;
  const plan = planOfWorkload(made, facts);
  return plan === undefined ? undefined : settingsOfWorkload(plan, made, profileOf(made.release.value), mesh);
}

// Codes that a diagnostic of our own stands for, or that are of no interest here.
const TAKEN: readonly ProblemCode[] = ['no-effect', 'no-servers', 'dropped-range', 'applies-nothing'];

/** What else was said on the way to the plan. */
function othersOf(made: WorkloadInjection | undefined, settings: SettingsSubject | undefined): readonly Problem[] {
  const plan = settings?.plan;
  const text =
    plan !== undefined
      ? plan.problems
      : [
          ...(made?.problems ?? []),
          ...(made?.injection.kind === 'refused' ? made.injection.problems.filter(({ severity }) => severity !== 'error') : []),
        ];
  return text.filter(({ code }) => !TAKEN.includes(code));
}

/** What a program makes of a pod by itself, and what is about no word that can be found again, stands at the pod. */
function inManifest(one: Diagnostic, { pod }: Workload): Diagnostic {
  return OF_NO_PLACE.includes(one.source.kind) || one.source === HERE ? { ...one, source: pod.source } : one;
}

// What an injector does to all pods, and what an option says of all, is of no pod.
const OF_NO_PLACE: readonly Origin['kind'][] = ['default', 'argument', 'environment'];

/** Every pod has nameservers; those that a manifest does not name are not missing. Of addresses only the family counts. */
function placeholderFacts({ addresses, nameservers, ...facts }: Facts): Facts {
  return {
    ...facts,
    ...(addresses === undefined
      ? {}
      : { addresses: addresses.map((address) => (address.includes(':') ? placeholder6(address) : '192.0.2.1')) }),
    nameservers: nameservers ?? ['192.0.2.53'],
  };
}

function placeholder6(address: string): string {
  return /^fe[89ab]/i.test(address) ? 'fe80::1' : '2001:db8::1';
}

function controlPlaneOf({ release }: Mesh): Sourced<Release> | undefined {
  if (release === undefined) return undefined;
  try {
    return { value: resolveRelease(release).release, source: release.source };
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

function orProblems<V>(problems: Problem[], work: () => V): V | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

export function filled({ code, source, args, severity = LINTS[code].severity, edit }: Raised): Diagnostic {
  const { text, fix } = LINTS[code];
  const fill = (words: string): string => onOneLine(words.replace(/\{(\w+)\}/g, (_, name: string) => args[name] ?? ''));
  return { code, severity, source, text: fill(text), fix: fill(fix), ...(edit === undefined ? {} : { edit }) };
}
