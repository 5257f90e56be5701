/** Packets through the rules of a plan, in the kernel and in the simulator, and what the two say differently. */

import type { ProxyPorts } from '../../src/istio/packets/verdict.ts';
import { verdictOf } from '../../src/istio/packets/verdict.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { printRule } from '../../src/netfilter/print.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import type { Trace } from '../../src/netfilter/trace/result.ts';
import type { Listening, Played, SentPacket } from './packets.ts';
import { ACK, ANSWERED, isWithin, SYN } from './packets.ts';
import { APPLICATION, packetsFor } from './packets-of-plan.ts';
import type { Random } from './packets-random.ts';
import type { Later } from './trace-agreement.ts';
import { disagreement, positionOf } from './trace-agreement.ts';
import { targetsMet, verdictsFor } from './trace-words.ts';
import { addedAddresses, answerTo, firstOf, nextOf, worldFor } from './trace-world.ts';
import type { Journey } from './tracing.ts';
import { familyOf } from './tracing.ts';
import type { Backend, PlayedPackets, Rules, TracedPod } from './tracing-pods.ts';

export interface Round {
  readonly name: string;
  readonly plan: Rules;
  /** Those of the plan, where it is one of Istio's. Rules that nobody made for Istio have none: they drop what a listener answers, too. */
  readonly ports: ProxyPorts | undefined;
  readonly backend: Backend;
  readonly random: Random;
  /** At least so many packets for each family that has rules. */
  readonly packets: number;
}

export interface Outcome {
  /** Packets that both have had, later ones of a flow included. */
  readonly compared: number;
  readonly later: number;
  /** Packets of which the simulator does not say where they end; the way in the kernel is then one of its ways. */
  readonly unknown: number;
  /** The rules of the plan (`ip nat OUTPUT -p tcp -j ISTIO_OUTPUT`), and those of them that a packet matched in the kernel. */
  readonly rules: readonly string[];
  readonly matched: readonly string[];
  /** `ip tcp local` of each packet. */
  readonly ends: readonly string[];
  readonly differences: readonly string[];
}

/** Loads the plan, sends the packets, and compares. */
export async function playRound(pod: TracedPod, { name, plan: given, ports, backend, random, packets }: Round): Promise<Outcome> {
  const foreign = ports === undefined;
  const forwarding = random.chance(0.5);
  const plan = await pod.load(given, backend, forwarding);
  const listening = listeningFor(plan, random);
  const families = FAMILIES.filter((family) => plan[family].tables.length > 0);
  const choose = (): readonly SentPacket[] =>
    families.flatMap((family) =>
      packetsFor(
        plan[family],
        { count: packets, added: addedAddresses(plan, family), ways: foreign ? 'first' : 'all' },
        pod.numbers,
        random,
      ),
    );
  const { sent, played } = await play(pod, backend, choose, listening);
  const worlds = { ip: worldFor(plan, 'ip', listening, forwarding), ip6: worldFor(plan, 'ip6', listening, forwarding) };
  const matched = new Set<string>();
  const ends: string[] = [];
  let later = 0;
  const differences: string[] = [];
  let unknown = 0;

  const compare = (one: SentPacket, trace: Trace, kernel: Journey | undefined, flow?: Later): void => {
    const { family } = trace.packet;
    ends.push(`${family} ${one.protocol} ${trace.end.kind}`);
    unknown += Number(trace.end.kind === 'unknown');
    for (const { what, table, chain, position } of kernel?.passed ?? [])
      if (what === 'rule') matched.add(`${family} ${table} ${chain} ${position}`);
    const found = disagreement(plan[family], trace, kernel, backend, flow);
    if (found !== undefined) differences.push(`${name} on ${backend}, forwarding ${forwarding}\nsent ${JSON.stringify(one)}\n${found}`);
  };

  sent.forEach((one, index) => {
    const journey = played.journeys.of(one);
    const why = played.unsent.get(index);
    // A sender is told as well of what was dropped on its way.
    if (why !== undefined && journey === undefined) {
      differences.push(`${name}: not sent, ${why}: ${JSON.stringify(one)}`);
      return;
    }
    const world = worlds[familyOf(one.destination)];
    const { simulator } = world;
    const first = simulator.trace(firstOf(one, world));
    compare(one, first, journey);
    if (journey !== undefined) {
      const rules = plan[familyOf(one.destination)];
      const denied = denial(one, rules, journey, played, foreign) ?? misnaming(rules, first, journey, ports);
      if (denied !== undefined) differences.push(`${name} on ${backend}: ${denied}\nsent ${JSON.stringify(one)}`);
    }
    if (!isWithin(ANSWERED, one.sport) || first.flow === undefined) return;
    const back = played.journeys.later(one, 'back', one.protocol === 'tcp' ? SYN | ACK : 0);
    const next = played.journeys.later(one, 'first', ACK);
    const listener = journey?.end.kind === 'local' ? journey.end.listener : undefined;
    const answer = back && simulator.trace(answerTo(first, listener, world));
    later += Number(back !== undefined) + Number(next !== undefined);
    if (answer !== undefined) compare(one, answer, back, { accepted: acceptedBack(back, listening) });
    if (next !== undefined) compare(one, simulator.trace(nextOf(first, answer, world)), next, { accepted: listener });
  });
  const rules = families.flatMap((family) => placesOf(plan[family]));
  return {
    compared: ends.length,
    later,
    unknown,
    rules: rules.map(({ text }) => text),
    matched: rules.filter(({ place }) => matched.has(place)).map(({ text }) => text),
    ends,
    differences,
  };
}

function placesOf({ family, tables }: Ruleset): readonly { readonly place: string; readonly text: string }[] {
  return tables.flatMap(({ name, chains }) =>
    chains.flatMap((chain) =>
      chain.rules.map((rule, index) => ({
        place: `${family} ${name} ${chain.name} ${positionOf(rule, index + 1)}`,
        text: `${family} ${name} ${chain.name} ${printRule(rule)}`,
      })),
    ),
  );
}

/** The port of a listener that an answer was given to: in another zone than its flow's it is a flow of its own, and rules may say so. */
function acceptedBack(back: Journey | undefined, listening: readonly Listening[]): number | undefined {
  const listener = back?.end.kind === 'local' ? back.end.listener : undefined;
  return listening.some(([, port]) => port === listener) ? listener : undefined;
}

/** Istio's words for the packet, where the kernel's trace allows no such words. */
function misnaming(rules: Ruleset, { end }: Trace, journey: Journey, ports: ProxyPorts | undefined): string | undefined {
  if (ports === undefined) return undefined;
  const { id, words } = verdictOf(end, ports);
  const allowed = verdictsFor(rules, journey, ports);
  return allowed.includes(id) ? undefined : `${id} (${words}), and not ${allowed.join(' or ')}`;
}

const ATTEMPTS = 3;

/**
 * A kernel that is short of memory tells less than it should, and on a machine that is very busy packets are sent again, which the log
 * of legacy can't tell from their first copies: then other packets are sent.
 */
async function play(
  pod: TracedPod,
  backend: Backend,
  choose: () => readonly SentPacket[],
  listening: readonly Listening[],
): Promise<{ sent: readonly SentPacket[]; played: PlayedPackets }> {
  for (let attempt = 1; ; attempt += 1) {
    const sent = choose();
    try {
      const played = await pod.play(sent, listening);
      const { journeys, unsent } = played;
      const heard = sent.every((one, index) => unsent.has(index) || isMartian6(one) || journeys.of(one) !== undefined);
      if (attempt === ATTEMPTS || (heard && !(journeys.repeated && backend === 'legacy'))) return { sent, played };
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
    console.log(`note: trace, attempt ${attempt} to hear of ${sent.length} packets failed`);
  }
}

/** Thrown away before any hook. */
function isMartian6(sent: SentPacket): boolean {
  return 'in' in sent && [sent.source, sent.destination].includes('::1');
}

/** Ports that rules send packets to, and those of an application; the proxy's are its own. */
function listeningFor(plan: Rules, random: Random): readonly Listening[] {
  return FAMILIES.flatMap((family): readonly Listening[] => {
    const rules = plan[family].tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
    const targets = rules.flatMap(({ target }) => {
      if (target.kind === 'REDIRECT') return 'first' in target.value ? [target.value.first] : [];
      if (target.kind === 'TPROXY') return [target.value.port];
      return target.kind === 'DNAT' ? [Number(/:(\d+)$/.exec(target.value.to)?.[1] ?? 0)] : [];
    });
    if (rules.length === 0) return [];
    // Now and then the proxy is not there yet.
    const proxy = [...new Set(targets)].filter((port) => port > 0 && !APPLICATION.includes(port) && !random.chance(0.05));
    return [
      ...proxy.map((port): Listening => [family, port, 1337, 1337]),
      ...APPLICATION.map((port): Listening => [family, port, 1000, 1000]),
    ];
  });
}

/** Whether the ones who got the packet, or did not, say other than the kernel's trace. */
function denial(
  sent: SentPacket,
  rules: Ruleset,
  journey: Journey,
  { arrivals, departures }: Played,
  foreign: boolean,
): string | undefined {
  const { protocol, sport } = sent;
  const { end } = journey;
  if (end.kind === 'left') {
    const { destination } = end.header;
    const seen = departures.filter(
      ({ header }) => header.protocol === protocol && (header.flow?.port ?? header.sport) === sport && header.destination === destination,
    );
    return seen.some(({ device }) => device === end.device) ? undefined : `nobody saw it leave by ${end.device}`;
  }
  // What is written by hand opens no connection.
  if ('label' in sent && !isWithin(ANSWERED, sport)) return undefined;
  const ports = arrivals.filter((one) => one.protocol === protocol && one.peerPort === sport).map(({ port }) => port);
  const expected = end.kind === 'local' && end.listener !== undefined ? [end.listener] : [];
  if (ports.join() === expected.join()) return undefined;
  const met = targetsMet(rules, journey);
  // An answer that was dropped makes no connection; nor does one of which the last step is given to the listener as well, which
  // TPROXY does where a redirection hides the new socket from `-m socket` (Istio before 1.5.2 with a reroute interface).
  if (ports.length === 0 && (foreign || (met.includes('TPROXY') && met.includes('REDIRECT')))) return undefined;
  return `it came to the sockets on ${ports.join() || 'no port'}, and not ${expected.join() || 'to none'}`;
}
