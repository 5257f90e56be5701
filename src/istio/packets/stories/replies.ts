/** The answers of a story: each connection's first answer, the last connection's first. */

import type { Packet } from '../../../netfilter/packet.ts';
import type { Trace } from '../../../netfilter/trace/result.ts';
import { replyPacket } from '../../../netfilter/trace.ts';
import { traceIn, verdictIn } from '../pod-network.ts';
import type { Verdict } from '../verdict.ts';
import type { Connection, Party } from './connection.ts';
import type { Chain, Followed } from './follow.ts';
import { withForwarding } from './follow.ts';
import type { Stage } from './stage.ts';

export interface Answered {
  readonly connection: Connection;
  readonly trace: Trace;
  readonly verdict: Verdict;
  readonly label: string;
  /** Where it goes instead of to who opened the connection. */
  readonly lost: string | undefined;
  /** Nobody can tell where it goes: what is not known is not lost. */
  readonly doubtful: boolean;
  /** Conntrack takes it for the first packet of something new: it is in another zone than what it answers. */
  readonly stray: boolean;
}

/** The answers as far as they come. */
export function answersOf(stage: Stage, { followed }: Chain): readonly Answered[] {
  const answers: Answered[] = [];
  for (const one of followed.toReversed()) {
    if (one.trace.flow === undefined) return answers;
    const answer = answerTo(stage, one);
    answers.push(answer);
    if (answer.lost !== undefined || answer.doubtful) return answers;
  }
  return answers;
}

function answerTo(stage: Stage, { connection, trace, receiver }: Followed): Answered {
  const podNetwork = withForwarding(connection.pod === 'this' ? stage.here : stage.there, connection);
  const reply = replyPacket(trace);
  const packet: Packet = reply.origin === 'local' ? { ...reply, uid: receiver.owner?.uid, gid: receiver.owner?.gid } : reply;
  const answer = traceIn(podNetwork, packet);
  const verdict = verdictIn(podNetwork, answer);
  const stray = answer.steps.some((step) => step.kind === 'conntrack' && step.state !== undefined && step.state !== 'ESTABLISHED');
  const doubtful = answer.end.kind === 'unknown';
  const lost = doubtful ? undefined : lostIn(connection, answer, verdict);
  return { connection, trace: answer, verdict, label: replyText(connection, receiver), lost, doubtful, stray };
}

function replyText({ opener }: Connection, receiver: Party): string {
  return `${receiver.name.replace(/^(?!ztunnel)./, (letter) => letter.toUpperCase())} answers ${opener.name}`;
}

/** Who is outside gets an answer that leaves; a socket of the pod gets only what belongs to its connection. */
function lostIn({ opener, packet }: Connection, { end, final }: Trace, { words }: Verdict): string | undefined {
  if (opener.owner === undefined) return end.kind === 'sent' || end.kind === 'forwarded' ? undefined : words;
  const comes = end.kind === 'local' && (end.how === 'reply' || (final !== undefined && answersTo(packet, final)));
  return comes ? undefined : words;
}

/** Whether a header is the other's turned round, so that the socket takes it whatever conntrack thinks. */
function answersTo(sent: Packet, got: Packet): boolean {
  return (
    got.source === sent.destination &&
    got.sourcePort === sent.destinationPort &&
    got.destination === sent.source &&
    got.destinationPort === sent.sourcePort
  );
}
