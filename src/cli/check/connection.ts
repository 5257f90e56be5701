/** What becomes of the one connection that a check was asked about. */

import { packetText } from '../../istio/packets/packet/text.ts';
import type { PacketWords } from '../../istio/packets/packet/words.ts';
import { packetFromWords } from '../../istio/packets/packet/words.ts';
import { traceIn, verdictIn } from '../../istio/packets/pod-network.ts';
import { hostOf } from '../../istio/packets/trace-plan.ts';
import { inputWithUnknownServers } from '../../sources/plan-input/placeholder-nameserver.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import type { CheckedSource } from '../next/next-command.ts';
import { traceContextOf } from '../trace/context.ts';
import type { Connection } from './connection-report.ts';
import { traceCommand } from './next-commands.ts';

/** Simulates it in the rules that were found. Throws a ProblemError for words that can't be understood. */
export async function connectionIn(ruleSource: RuleSource, request: CheckedSource, words: PacketWords): Promise<Connection> {
  const known = ruleSource.input && inputWithUnknownServers(ruleSource.input);
  const pod = known === undefined ? ruleSource : { ...ruleSource, plan: known.plan, facts: known.facts };
  const { podNetwork, taken } = await traceContextOf(pod, request.name, request.given, { beforeProxy: false });
  const spoken = packetFromWords(words, podNetwork.pod, hostOf(podNetwork.plan, podNetwork.facts, podNetwork.state));
  return {
    packet: packetText(spoken.packet, spoken.sender),
    verdict: verdictIn(podNetwork, traceIn(podNetwork, spoken.packet)),
    taken: [...taken, ...spoken.taken],
    command: traceCommand(request, words),
  };
}
