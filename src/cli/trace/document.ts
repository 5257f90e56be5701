/** A trace as data with a stable shape: `-o json`, described in docs/trace.md. */

import { API_VERSION } from '../../istio/api-version.ts';
import { sightingsOf } from '../../istio/packets/on-the-wire.ts';
import type { PodNetwork } from '../../istio/packets/pod-network.ts';
import { verdictIn } from '../../istio/packets/pod-network.ts';
import { questionText } from '../../istio/packets/possible-verdicts.ts';
import { failureText } from '../../istio/packets/rule-words.ts';
import type { Hop } from '../../istio/packets/stories.ts';
import type { Packet } from '../../netfilter/packet.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Branch, RulePlace, Step, Trace } from '../../netfilter/trace/result.ts';
import type { TraceContext } from './context.ts';
import type { ObservedReport, PacketReport, StoryReport, TraceReport } from './report.ts';
import { answersByContainer } from './report.ts';

const KINDS = { packet: 'PacketTrace', story: 'RequestTrace', port: 'PortTrace', rule: 'RuleTrace' } as const satisfies Record<
  TraceReport['kind'],
  string
>;

/** The document of a trace. Within one apiVersion keys are added, never renamed or removed. */
export function traceDocument(report: TraceReport): object {
  const { context, expected } = report;
  const inferred = context.inferred === undefined ? {} : { inferred: context.inferred };
  return {
    apiVersion: API_VERSION,
    kind: KINDS[report.kind],
    simulated: true,
    source: { name: context.name, release: context.podNetwork.plan.release, ...inferred },
    ...(expected === undefined ? {} : { expected: expected.verdict, asExpected: expected.met }),
    taken: [...context.taken, ...(report.kind === 'packet' ? report.spoken.taken : [])],
    ...((context.early ?? []).length === 0 ? {} : { early: context.early }),
    ...(answersByContainer(report).length === 0 ? {} : { containers: answersByContainer(report) }),
    ...bodyOf(report),
  };
}

function bodyOf(report: TraceReport): object {
  switch (report.kind) {
    case 'packet':
      return packetBody(report);
    case 'story':
      return storyBody(report);
    case 'port':
      return {
        port: report.port,
        conditions: report.conditions,
        // Null where more hangs on the rules than can be followed.
        ends: Object.fromEntries(report.ends),
      };
    case 'rule':
      return {
        rule: report.rule,
        conditions: report.conditions,
        rules: Object.fromEntries(
          report.found.map(([family, rules]) => [
            family,
            rules?.map(({ place, packets }) => ({ ...ruleDocument(place, report.context), packets })) ?? null,
          ]),
        ),
      };
    default:
      return report satisfies never;
  }
}

function packetBody({
  spoken,
  trace,
  verdict,
  possibleVerdicts,
  resolvedBy,
  context,
  withinListed,
  beyond,
  proven,
  counted,
  tcpdump,
  observed,
}: PacketReport): object {
  return {
    packet: packetDocument(spoken.packet),
    verdict,
    ...(withinListed === undefined ? {} : { withinShown: withinListed }),
    ...(beyond === undefined ? {} : { beyond }),
    ...(counted.length === 0 ? {} : { counters: counted }),
    ...(proven.length === 0 ? {} : { conntrack: proven }),
    ...(tcpdump ? { tcpdump: sightingsOf(trace) } : {}),
    ways: possibleVerdicts.map(({ verdict: { id, words }, where }) => ({ id, words, where })),
    tells: resolvedBy,
    ...(observed === undefined ? {} : { observed: observedDocument(observed, context) }),
    ...trailDocument(trace, context),
  };
}

/** Null for what was not seen. */
function observedDocument({ seconds, path, compared, legacyTables = [] }: ObservedReport, context: TraceContext): object {
  if (path === undefined || compared === undefined) return { seconds, packet: null };
  return {
    seconds,
    packet: path.header,
    agrees: compared.agrees,
    end: compared.end,
    ...(compared.sameEnd === undefined ? {} : { endAsPredicted: compared.sameEnd }),
    rules: compared.rules.map(({ by, place, text, step }) => ({
      by,
      place,
      text,
      ...(step === undefined ? {} : ruleDocument(step, context)),
    })),
    ...(legacyTables.length === 0 ? {} : { notSeen: legacyTables }),
  };
}

function storyBody(report: StoryReport): object {
  const { story, calls, cast, conditions } = report.simulated;
  return {
    request: story.id,
    about: story.about,
    ...(story.remark === undefined ? {} : { remark: story.remark }),
    addresses: cast,
    conditions,
    calls: calls.map(({ hops, outcome }) => ({
      outcome,
      connections: hops.filter(({ kind }) => kind === 'connection').map((hop) => hopDocument(hop, report)),
      answers: hops.filter(({ kind }) => kind === 'answer').map((hop) => hopDocument(hop, report)),
    })),
  };
}

function hopDocument({ pod, label, trace, verdict, stray }: Hop, { context, tcpdump }: StoryReport): object {
  const { packet } = trace;
  return {
    pod,
    says: label,
    packet: packetDocument(packet),
    verdict,
    ...(stray === true ? { stray } : {}),
    ...(tcpdump ? { tcpdump: sightingsOf(trace) } : {}),
    ...trailDocument(trace, context),
  };
}

/** What is not known is left out; the flow is told of by the steps. */
function packetDocument({ flow: _, ...packet }: Packet): object {
  return packet;
}

function trailDocument({ steps, final, split }: Trace, context: TraceContext): object {
  return {
    steps: steps.map((step) => stepDocument(step, context)),
    ...(final === undefined ? {} : { final: packetDocument(final) }),
    ...(split === undefined
      ? {}
      : { notKnown: questionText(split.question), branches: split.branches.map((branch) => branchDocument(branch, context)) }),
  };
}

function branchDocument({ answer, trace }: Branch, context: TraceContext): object {
  const podNetwork: PodNetwork = context.podNetwork;
  return { answer, verdict: verdictIn(podNetwork, trace), ...trailDocument(trace, context) };
}

function stepDocument(step: Step, context: TraceContext): object {
  if (step.kind !== 'rule') return step;
  const { depth, answer, because, changes } = step;
  return {
    kind: 'rule',
    ...ruleDocument(step, context),
    depth,
    answer,
    ...(because === undefined ? {} : { failed: failureText(because) }),
    ...(changes.length === 0 ? {} : { changes }),
  };
}

function ruleDocument(place: RulePlace, { reason, idOf }: TraceContext): object {
  const { table, chain, position, rule } = place;
  const [id, why] = [idOf(place), reason(place)];
  return {
    table,
    chain,
    position,
    text: printRule(rule),
    ...(id === undefined ? {} : { id }),
    ...(rule.line === undefined ? {} : { line: rule.line }),
    ...(why === undefined ? {} : { because: why }),
  };
}
