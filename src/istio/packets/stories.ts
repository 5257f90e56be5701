import type { Family } from '../../netfilter/family.ts';
import type { Trace } from '../../netfilter/trace/result.ts';
import { ProblemError, problem } from '../problems.ts';
import type { Endpoint } from './packet/endpoint.ts';
import type { PodNetwork } from './pod-network.ts';
import { conditionsOf, whereConditionsHold } from './pod-network.ts';
import { CALLERS } from './stories/connection.ts';
import type { Chain } from './stories/follow.ts';
import { followCall } from './stories/follow.ts';
import type { Outcome } from './stories/outcome.ts';
import { outcomeOf } from './stories/outcome.ts';
import type { Answered } from './stories/replies.ts';
import { answersOf } from './stories/replies.ts';
import type { Place, Stage } from './stories/stage.ts';
import { stageOf } from './stories/stage.ts';
import type { Call, Story } from './stories/story.ts';
import { STORIES } from './stories/table.ts';
import type { Verdict } from './verdict.ts';

export type { Outcome } from './stories/outcome.ts';
export type { Story } from './stories/story.ts';
export { STORIES, STORY_IDS } from './stories/table.ts';

/** One connection, or the answer to one. */
export interface Hop {
  readonly kind: 'connection' | 'answer';
  /** `other`: the pod of the service that is called. */
  readonly pod: 'this' | 'other';
  /** What happens, without a full stop. */
  readonly label: string;
  readonly trace: Trace;
  readonly verdict: Verdict;
  /** Conntrack does not know what it answers: it is in another zone. */
  readonly stray?: true;
}

/** One call of a story, from its first connection to the last answer. */
export interface SimulatedCall {
  readonly hops: readonly Hop[];
  readonly outcome: Outcome;
}

export interface SimulatedRequest {
  readonly story: Story;
  readonly calls: readonly SimulatedCall[];
  /** What has to hold for all of it: each verdict is `unknown` where there is any. */
  readonly conditions: readonly string[];
  /** Who has which address. */
  readonly cast: Readonly<Record<string, string>>;
}

export interface SimulationOptions {
  readonly family?: Family;
  /** Where the first call goes, instead of where the story says. */
  readonly to?: Endpoint;
  /** What else has to hold, in words. */
  readonly conditions?: readonly string[];
}

/**
 * Tells a story in a scene; what the scene does not show is taken to do nothing, and said. What Envoy does is taken from its documents, release by release; what the rules do is
 * simulated. Throws a RangeError for a story that is not known, and a ProblemError where the settings have no such port.
 */
export function simulateRequest(
  id: string,
  podNetwork: PodNetwork,
  { family = 'ip', to, conditions: more = [] }: SimulationOptions = {},
): SimulatedRequest {
  const found = STORIES.find((one) => one.id === id);
  if (found === undefined) throw new RangeError(`there is no story ${id}`);
  const story = podNetwork.ports.of === 'ztunnel' ? ambientStory(found) : found;
  const early = story.beforeProxy === true ? { ...podNetwork, state: { ...podNetwork.state, beforeProxy: true } } : podNetwork;
  const stage = stageOf(whereConditionsHold(early), family, to);
  const conditions = [...conditionsOf(early, family), ...more];
  const calls = story.calls.map((call, index): SimulatedCall => {
    const chain = followCall(stage, call, index === 0);
    const answers = chain.ending === 'arrives' ? answersOf(stage, chain) : [];
    const outcome = outcomeOf(stage, story, chain, answers);
    return conditional({ hops: hopsOf(chain, answers), outcome }, conditions);
  });
  return { story, calls, conditions, cast: castOf(stage, story, calls) };
}

/** No sidecar's story is told of a pod that has none. */
function ambientStory({ inAmbient, remark: _, ...story }: Story): Story {
  if (inAmbient === undefined) return story;
  if (inAmbient !== 'none') return { ...story, ...inAmbient };
  const reason = `${story.id} is about a sidecar, and this pod is in ambient mode: it has ztunnel, and neither Envoy nor an agent`;
  throw new ProblemError([problem('bad-option', { kind: 'option', option: '--request' }, { reason })]);
}

/** Nothing of it is sure where something has to hold that nobody knows. */
function conditional({ hops, outcome }: SimulatedCall, conditions: readonly string[]): SimulatedCall {
  if (conditions.length === 0) return { hops, outcome };
  const where = `where ${conditions.join('; ')}`;
  const doubted = ({ id, words }: Verdict): Verdict =>
    id === 'unknown' ? { id, words } : { id: 'unknown', words: `unknown: ${id} under conditions (${words})` };
  return {
    hops: hops.map((hop): Hop => ({ ...hop, verdict: doubted(hop.verdict) })),
    outcome: { ...outcome, asMeant: false, words: `${outcome.words}; ${where}` },
  };
}

function hopsOf({ followed }: Chain, answers: readonly Answered[]): readonly Hop[] {
  return [
    ...followed.map(({ connection: { pod, label }, trace, verdict }): Hop => ({ kind: 'connection', pod, label, trace, verdict })),
    ...answers.map(
      ({ connection: { pod }, label, trace, verdict, stray }): Hop => ({
        kind: 'answer',
        pod,
        label,
        trace,
        verdict,
        ...(stray && { stray }),
      }),
    ),
  ];
}

/** The addresses that the connections name. */
function castOf({ addresses }: Stage, { calls: [call] }: Story, simulated: readonly SimulatedCall[]): SimulatedRequest['cast'] {
  const packets = simulated.flatMap(({ hops }) => hops.map(({ trace: { packet } }) => packet));
  const named = new Set(packets.flatMap(({ source, destination }) => [source, destination]));
  const who = Object.entries(rolesOf(call)).filter(([place]) => named.has(addresses[place as Place]));
  return Object.fromEntries(who.map(([place, role]) => [addresses[place as Place], role]));
}

/** Loopback needs no name. */
const rolesOf = (call: Call | undefined): Readonly<Partial<Record<Place, string>>> => ({
  pod: 'this pod',
  client: call === undefined ? 'the client' : CALLERS[call.by],
  machine: 'the virtual machine',
  service: 'the service',
  'service pod': "the service's pod",
  outside: 'the other side',
  nameserver: 'the nameserver',
});
