/** The way of a packet, or of a connection of a request, as the page shows it. */

import { DRAWING_FORMS } from '../../drawing/forms.ts';
import { packetText, placeText } from '../../istio/packets/packet/text.ts';
import { packetFromWords } from '../../istio/packets/packet/words.ts';
import { traceIn, verdictIn } from '../../istio/packets/pod-network.ts';
import type { Hop } from '../../istio/packets/stories.ts';
import { simulateRequest } from '../../istio/packets/stories.ts';
import { hostOf } from '../../istio/packets/trace-plan.ts';
import type { TrailLine, TrailOptions } from '../../istio/packets/trail.ts';
import { trailOf } from '../../istio/packets/trail.ts';
import type { Verdict, VerdictId } from '../../istio/packets/verdict.ts';
import { verdictText } from '../../istio/packets/verdict.ts';
import { drawPacket, drawRequest } from '../../istio/pictures/path.ts';
import type { Trace } from '../../netfilter/trace/result.ts';
import type { Question } from '../question.ts';
import { problemsIn } from './problems.ts';
import { ruleId } from './rule-id.ts';
import type { Subject } from './subject.ts';

export interface StepView extends Pick<TrailLine, 'depth' | 'mark' | 'place' | 'text' | 'asides'> {
  /** The rule that it is about; empty for what else happens. */
  readonly rule: string;
}

export interface HopView {
  readonly label: string;
  readonly verdict: string;
  readonly id: VerdictId;
}

export interface RequestView {
  readonly about: string;
  readonly hops: readonly HopView[];
  /** What becomes of each of its calls, and what no rule can tell. */
  readonly outcomes: readonly string[];
}

export interface PathView {
  readonly verdict: string;
  readonly id: VerdictId;
  readonly packet: string;
  /** What was taken where nothing is said. */
  readonly taken: readonly string[];
  readonly steps: readonly StepView[];
  readonly picture: string;
  readonly request?: RequestView;
}

export interface PathViews {
  readonly path?: PathView;
  /** Why there is none. */
  readonly packetProblem?: string;
}

export function pathView(question: Question, subject: Subject): PathViews {
  const { network, title } = subject;
  if (network === undefined) return {};
  const options: TrailOptions = { podNetwork: network, reason: ({ rule }) => rule.because?.text, lines: false, all: false };
  try {
    if (question.request !== '') return { path: requestPathView(question, title, options) };
    const { from, to, protocol, state } = question;
    const host = hostOf(network.plan, network.facts, network.state);
    const spoken = packetFromWords({ from, to, protocol, state }, network.pod, host);
    const trace = traceIn(network, spoken.packet);
    const verdict = verdictIn(network, trace);
    const words = packetText(spoken.packet, spoken.sender);
    const picture = DRAWING_FORMS.svg(drawPacket(title, { words, trace, verdict }, options));
    return { path: { ...stepViews(trace, verdict, options), packet: words, taken: spoken.taken, picture } };
  } catch (error) {
    return {
      packetProblem: problemsIn(error)
        .map(({ text }) => text.replace(/^--\w+: /, ''))
        .join('; '),
    };
  }
}

function requestPathView({ request, hop: number }: Question, title: string, options: TrailOptions): PathView {
  const simulated = simulateRequest(request, options.podNetwork);
  const { story, calls } = simulated;
  const hops = calls.flatMap((call) => call.hops);
  const hop = hops[Math.min(number, hops.length - 1)] as Hop;
  const { packet } = hop.trace;
  const { protocol = 'packet', source, destination, destinationPort } = packet;
  return {
    ...stepViews(hop.trace, hop.verdict, options),
    packet: `${hop.label}: ${protocol} ${source ?? 'anywhere'} > ${placeText(destination, destinationPort)}${hop.pod === 'other' ? ', in the pod of the service' : ''}`,
    taken: [],
    picture: DRAWING_FORMS.svg(drawRequest(title, simulated, options)),
    request: {
      about: story.about,
      hops: hops.map(({ label, verdict }) => ({ label, verdict: verdictText(verdict), id: verdict.id })),
      outcomes: [...calls.map(({ outcome }) => `The request ${outcome.words}.`), ...(story.remark === undefined ? [] : [story.remark])],
    },
  };
}

function stepViews(trace: Trace, verdict: Verdict, options: TrailOptions): Pick<PathView, 'verdict' | 'id' | 'steps'> {
  const { family } = trace.packet;
  return {
    verdict: verdictText(verdict),
    id: verdict.id,
    steps: withoutMostFailed(trailOf(trace, { ...options, all: true })).map(({ depth, mark, place, text, asides, step }) => ({
      ...{ depth, mark, place, text, asides },
      rule: step === undefined ? '' : ruleId(family, step),
    })),
  };
}

// A packet that comes to the end of thousands of rules: every step costs the page its time, and nobody goes along them all.
const MOST_FAILED = 2000;

function withoutMostFailed(lines: readonly TrailLine[]): readonly TrailLine[] {
  let failed = 0;
  return lines.filter(({ mark }) => {
    failed += mark === '✗' ? 1 : 0;
    return mark !== '✗' || failed <= MOST_FAILED;
  });
}
