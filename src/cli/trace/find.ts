/** Finds what is asked for. */

import { badOption } from '../../istio/bad-option.ts';
import { acceptedAnyway } from '../../istio/packets/beyond-proxy.ts';
import { provenFor } from '../../istio/packets/captured-flows.ts';
import { countedOn } from '../../istio/packets/counted.ts';
import { readEndpoint } from '../../istio/packets/packet/endpoint.ts';
import { packetFromWords } from '../../istio/packets/packet/words.ts';
import type { PodNetwork } from '../../istio/packets/pod-network.ts';
import {
  conditionsOf,
  hiddenTablesPass,
  traceIn,
  verdictIn,
  whereConditionsHold,
  whereHiddenTablesPass,
} from '../../istio/packets/pod-network.ts';
import { possibleVerdictsOf, resolvingInputs } from '../../istio/packets/possible-verdicts.ts';
import { endsAtPort, packetsAtRules } from '../../istio/packets/reachability.ts';
import type { SimulatedRequest } from '../../istio/packets/stories.ts';
import { STORIES, simulateRequest } from '../../istio/packets/stories.ts';
import { hostOf } from '../../istio/packets/trace-plan.ts';
import type { Verdict } from '../../istio/packets/verdict.ts';
import { nearest, quoted } from '../../istio/problems.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { RulePlace, Trace } from '../../netfilter/trace/result.ts';
import type { TraceContext } from './context.ts';
import type { Question } from './question.ts';
import type { ContainerAnswer, Found } from './report.ts';

/** Traces what is asked for in a setting. Throws a ProblemError where it makes no sense there. */
export function find(context: TraceContext, request: Question, family: Family | undefined): Found {
  switch (request.kind) {
    case 'packet':
      return packetFound(context, request, family);
    case 'story':
      return storyFound(context, request, family);
    case 'port':
      return portFound(context, request, family);
    case 'rule':
      return ruleFound(context, request, family);
    default:
      return request satisfies never;
  }
}

type TraceQuestion<K extends Question['kind']> = Extract<Question, { kind: K }>;

function packetFound(context: TraceContext, { words }: TraceQuestion<'packet'>, family: Family | undefined): Found {
  const { podNetwork, twin } = context;
  const spoken = packetFromWords({ ...words, family }, podNetwork.pod, hostOf(podNetwork.plan, podNetwork.facts, podNetwork.state));
  const trace = traceIn(podNetwork, spoken.packet);
  const resolving = resolvingInputs(trace);
  const twins = twin === undefined || resolving.length === 0 ? [] : [`${twin} in place of the source, which makes exactly these rules`];
  const verdict = verdictIn(podNetwork, trace);
  const within = verdict.id === 'unknown' ? verdictWithinListed(context, spoken.packet) : undefined;
  const beyond = acceptedAnyway(spoken.packet, within?.verdict ?? verdict);
  const byApp = spoken.sender.kind === 'local' && spoken.sender.who === 'app';
  const containers = byApp ? containersOf(podNetwork, (own) => verdictIn(own, traceIn(own, { ...spoken.packet, ...own.pod.app }))) : {};
  return {
    kind: 'packet',
    spoken: { ...spoken, taken: [...spoken.taken, ...routeText(podNetwork, trace)] },
    trace,
    verdict,
    counted: countedOn(trace),
    proven: provenFor(context.flows ?? [], spoken.packet, podNetwork.ports),
    ...containers,
    ...(within && { withinListed: within }),
    ...(beyond !== undefined && { beyond }),
    possibleVerdicts: possibleVerdictsOf(podNetwork, trace),
    resolvedBy: [...resolving, ...twins],
  };
}

/** Of several networks, that of the cluster is the way out unless an address is of another. */
function routeText({ facts: { interfaces = [] } }: PodNetwork, { packet, steps }: Trace): readonly string[] {
  const [first, ...others] = interfaces;
  const leaves = steps.some((step) => step.kind === 'routing' && step.to === 'out' && step.outInterface === first?.name);
  if (first === undefined || others.length === 0 || packet.outInterface !== undefined || !leaves) return [];
  return [`it leaves by ${first.name}, the network of the cluster (--out sets it)`];
}

/** One answer for each container, where a manifest says that they run as several users. */
function containersOf(
  podNetwork: PodNetwork,
  verdictFor: (own: PodNetwork) => Verdict,
): { readonly containers?: readonly ContainerAnswer[] } {
  const { apps = [] } = podNetwork.pod;
  if (apps.length === 0) return {};
  return {
    containers: apps.map(({ name, uid, gid }) => {
      const own = { ...podNetwork, pod: { ...podNetwork.pod, app: { uid, gid } } };
      return { name, uid, gid, verdict: verdictFor(own) };
    }),
  };
}

/** Undefined where more is not known than tables that are not shown. */
function verdictWithinListed(context: TraceContext, packet: Packet): Extract<Found, { kind: 'packet' }>['withinListed'] {
  const conditions = listedConditions(context, packet.family);
  if (conditions.length === 0) return undefined;
  const listed = withinListed(context);
  const verdict = verdictIn(listed, traceIn(listed, packet));
  return verdict.id === 'unknown' ? undefined : { verdict, conditions };
}

/** What has to hold for the answer within what is shown. */
export function listedConditions({ podNetwork, asMade }: TraceContext, family: Family): readonly string[] {
  return [...hiddenTablesPass(podNetwork.plan, family), ...(asMade === undefined ? [] : [asMade.condition])];
}

/** The pod where that holds. */
export function withinListed({ podNetwork, asMade }: TraceContext): PodNetwork {
  return whereHiddenTablesPass(asMade?.podNetwork ?? podNetwork);
}

function storyFound({ podNetwork, asMade }: TraceContext, request: TraceQuestion<'story'>, given: Family | undefined): Found {
  const to = request.to === undefined ? undefined : readEndpoint(request.to);
  if (typeof to === 'string') throw badOption('--to', to);
  const place = typeof to?.place === 'object' ? to.place : undefined;
  const family = given ?? place?.family ?? 'ip';
  if (place !== undefined && place.family !== family) throw badOption('--family', `${place.address} is an address of ${place.family}`);
  const network = asMade?.podNetwork ?? podNetwork;
  const simulated = (own: PodNetwork): SimulatedRequest =>
    simulateRequest(request.id, own, { family, ...(to && { to }), conditions: asMade === undefined ? [] : [asMade.condition] });
  const byApp = STORIES.find(({ id }) => id === request.id)?.calls[0]?.by === 'app';
  const containers = byApp ? containersOf(network, (own) => firstOf(simulated(own))) : {};
  return { kind: 'story', simulated: simulated(network), ...containers };
}

/** The verdict of a request's first connection. */
function firstOf({ calls: [call] }: SimulatedRequest): Verdict {
  return call?.hops[0]?.verdict ?? { id: 'unknown', words: 'unknown: it calls nobody' };
}

function portFound({ podNetwork }: TraceContext, { port }: TraceQuestion<'port'>, family: Family | undefined): Found {
  const families = familiesOf(podNetwork, family);
  const ends = families.map((one) => [one, endsAtPort(whereConditionsHold(podNetwork), one, port)] as const);
  return { kind: 'port', port, ends, conditions: conditionsIn(podNetwork, families) };
}

/** Rules by their id, or by their place as `nat/ISTIO_OUTPUT/9`. */
function ruleFound(context: TraceContext, { rule }: TraceQuestion<'rule'>, family: Family | undefined): Found {
  const { podNetwork, idOf } = context;
  const families = familiesOf(podNetwork, family);
  const known = [...new Set(families.flatMap((one) => placesIn(podNetwork, one)).map((place) => idOf(place) ?? placeName(place)))];
  const isSelected = (place: RulePlace): boolean => idOf(place) === rule || placeName(place) === rule;
  if (!families.some((one) => placesIn(podNetwork, one).some(isSelected)))
    throw badOption('--rule', `${quoted(rule)} is no rule there; there are ${known.join(', ')}${nearest(rule, known)}`);
  const found = families.map((one) => [one, packetsAtRules(whereConditionsHold(podNetwork), one, isSelected)] as const);
  return {
    kind: 'rule',
    rule,
    found: found.map(([one, rules]) => [one, withUnmet(rules, placesIn(podNetwork, one).filter(isSelected))]),
    conditions: conditionsIn(podNetwork, families),
  };
}

type Rules = ReturnType<typeof packetsAtRules>;

/** A rule that no packet comes to is one as well. */
function withUnmet(rules: Rules, places: readonly RulePlace[]): Rules {
  if (rules === null) return null;
  const unmet = places.filter((place) => !rules.some((one) => placeName(one.place) === placeName(place)));
  return [...rules, ...unmet.map((place) => ({ place, packets: [] }))];
}

function placesIn({ plan }: PodNetwork, family: Family): readonly RulePlace[] {
  return plan[family].tables.flatMap(({ name: table, chains }) =>
    chains.flatMap(({ name: chain, rules }) => rules.map((rule, index): RulePlace => ({ table, chain, position: index + 1, rule }))),
  );
}

function placeName({ table, chain, position }: RulePlace): string {
  return `${table}/${chain}/${position}`;
}

/** The one that is asked for, or those that have rules. */
function familiesOf({ plan }: PodNetwork, family: Family | undefined): readonly Family[] {
  if (family !== undefined) return [family];
  const ruled = FAMILIES.filter((one) => plan[one].tables.some(({ chains }) => chains.some(({ rules }) => rules.length > 0)));
  return ruled.length === 0 ? ['ip'] : ruled;
}

function conditionsIn(podNetwork: PodNetwork, families: readonly Family[]): readonly string[] {
  return [...new Set(families.flatMap((family) => conditionsOf(podNetwork, family)))];
}
