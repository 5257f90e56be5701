/** What a trace found: one value, which every form prints. */

import type { SpokenPacket } from '../../istio/packets/packet/words.ts';
import type { PossibleVerdict } from '../../istio/packets/possible-verdicts.ts';
import type { PortEnd, RulePackets } from '../../istio/packets/reachability.ts';
import type { SimulatedRequest } from '../../istio/packets/stories.ts';
import type { VERDICTS, Verdict } from '../../istio/packets/verdict.ts';
import type { Family } from '../../netfilter/family.ts';
import type { ComparedPaths } from '../../netfilter/observed/compare-paths.ts';
import type { ObservedPath } from '../../netfilter/observed/observed-path.ts';
import type { Trace } from '../../netfilter/trace/result.ts';
import type { TraceContext } from './context.ts';

export type ExpectedVerdict = (typeof VERDICTS)[number];

interface Common {
  readonly context: TraceContext;
  /** What was expected, and whether it is so. */
  readonly expected?: { readonly verdict: ExpectedVerdict; readonly met: boolean };
  /** Whether rules that did not match are shown as well. */
  readonly all: boolean;
  /** Whether it is shown what a capture sees, and where. */
  readonly tcpdump: boolean;
}

/** What a container of a pod with several users gets. */
export interface ContainerAnswer {
  readonly name: string;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  readonly verdict: Verdict;
}

interface ByContainer {
  /** Of the application's packets, one answer for each container, where they run as several users. */
  readonly containers?: readonly ContainerAnswer[];
}

/** A real packet, and its way beside the predicted one. */
export interface ObservedReport {
  readonly seconds: number;
  /** Whether we sent it. */
  readonly connect: boolean;
  /** Undefined where none was seen. */
  readonly path?: ObservedPath;
  readonly compared?: ComparedPaths;
  /** Tables whose rules are those of iptables-legacy: the kernel does not tell of them. */
  readonly legacyTables?: readonly string[];
  /** The exit code of the signal that ended the wait. */
  readonly interrupted?: number;
}

/** One packet. */
export interface PacketReport extends Common, ByContainer {
  readonly observed?: ObservedReport;
  readonly kind: 'packet';
  readonly spoken: SpokenPacket;
  readonly trace: Trace;
  readonly verdict: Verdict;
  /** Where it is not known: one way to each verdict, and what to give so that it is. */
  readonly possibleVerdicts: readonly PossibleVerdict[];
  readonly resolvedBy: readonly string[];
  /** What connections that the source lists prove of such packets. */
  readonly proven: readonly string[];
  /** What the counters of rules on its way say. */
  readonly counted: readonly string[];
  /** What the verdict does not say, in a sentence. */
  readonly beyond?: string;
  /** The verdict within what is shown, where only tables that are not keep it from being sure. */
  readonly withinListed?: { readonly verdict: Verdict; readonly conditions: readonly string[] };
}

/** A whole request. */
export interface StoryReport extends Common, ByContainer {
  readonly kind: 'story';
  readonly simulated: SimulatedRequest;
}

/** All that happens to a port. */
export interface PortReport extends Common, UnderConditions {
  readonly kind: 'port';
  readonly port: number;
  /** By family; null where there is more than can be followed. */
  readonly ends: readonly (readonly [Family, readonly PortEnd[] | null])[];
}

/** All packets that rules match. */
export interface RuleReport extends Common, UnderConditions {
  readonly kind: 'rule';
  /** As it was requested. */
  readonly rule: string;
  readonly found: readonly (readonly [Family, readonly RulePackets[] | null])[];
}

interface UnderConditions {
  /** What has to hold for all of it, where the source does not show everything. */
  readonly conditions: readonly string[];
}

export type TraceReport = PacketReport | StoryReport | PortReport | RuleReport;

/** A report before what all have in common. */
export type Found = { [K in TraceReport['kind']]: Omit<Extract<TraceReport, { kind: K }>, keyof Common> }[TraceReport['kind']];

/** The verdict of a packet, or of the first connection of a request. */
export function firstVerdict(found: Found): Verdict | undefined {
  switch (found.kind) {
    case 'packet':
      return found.verdict;
    case 'story':
      return found.simulated.calls[0]?.hops[0]?.verdict;
    case 'port':
    case 'rule':
      return undefined;
    default:
      return found satisfies never;
  }
}

/** Empty where all containers run as the same user, or nobody says as whom. */
export function answersByContainer(found: Found): readonly ContainerAnswer[] {
  return found.kind === 'packet' || found.kind === 'story' ? (found.containers ?? []) : [];
}

export function loops(found: Found): boolean {
  return found.kind === 'story' && found.simulated.calls.some(({ outcome }) => outcome.kind === 'loop');
}

/** 1 where it is not as expected, or what was observed is not as predicted, and for a request that runs in a loop where nobody expects that; 0 otherwise. */
export function exitCodeOf(report: TraceReport): number {
  const { interrupted, compared } = (report.kind === 'packet' ? report.observed : undefined) ?? {};
  if (interrupted !== undefined) return interrupted;
  if (report.kind === 'packet' && report.observed !== undefined && compared?.agrees !== true) return 1;
  if (report.expected !== undefined) return report.expected.met ? 0 : 1;
  return loops(report) ? 1 : 0;
}
