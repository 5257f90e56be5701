/** What becomes of the one connection that a check was asked about. */

import { packetText } from '../../istio/packets/packet/text.ts';
import type { PacketWords } from '../../istio/packets/packet/words.ts';
import { packetFromWords } from '../../istio/packets/packet/words.ts';
import { traceIn, verdictIn } from '../../istio/packets/pod-network.ts';
import { hostOf } from '../../istio/packets/trace-plan.ts';
import type { Side } from '../../sources/rule-source.ts';
import { settingOf } from '../trace/pod-network.ts';
import type { Connection } from './connection-report.ts';
import type { Asked } from './next-command.ts';
import { traceCommand } from './next-commands.ts';

/** Simulates it in the rules that were found. Throws a ProblemError for words that can't be understood. */
export async function connectionIn(side: Side, asked: Asked, words: PacketWords): Promise<Connection> {
  const { scene, taken } = await settingOf(side, asked.name, asked.given, { beforeProxy: false });
  const spoken = packetFromWords(words, scene.pod, hostOf(scene.plan, scene.facts, scene.state));
  return {
    packet: packetText(spoken.packet, spoken.sender),
    verdict: verdictIn(scene, traceIn(scene, spoken.packet)),
    taken: [...taken, ...spoken.taken],
    command: traceCommand(asked, words),
  };
}
