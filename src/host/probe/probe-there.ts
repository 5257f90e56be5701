/** The probe in a namespace that was named: Node can't enter one, so a second copy of this program calls from inside. */

import type { Namespace } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';
import type { Call, CallOutcome, Ids } from '../system/network.ts';
import { system } from '../system.ts';
import type { ProbeRequest, ProbeResult } from './probe.ts';
import { probe } from './probe.ts';
import { callOnce } from './probe-call.ts';

/** How the copy is called (cli/own-words.ts). */
const PROBE_HERE = 'probe-here';
const CALL_HERE = 'call-here';

/** Milliseconds that the copy has beside the time of the probe itself. */
const START = 10_000;

/** Probes in the namespace, wherever it is. Throws an Error in words where that can not be entered. */
export async function probeIn(namespace: Namespace, request: ProbeRequest): Promise<readonly ProbeResult[]> {
  if (namespace.here) return probe(request);
  return (await answerFrom(namespace, PROBE_HERE, request, request.timeout, 'probed')) as readonly ProbeResult[];
}

/** Makes one connection in the namespace. Throws an Error in words where that can not be entered. */
export async function callIn(namespace: Namespace, given: OwnCall): Promise<CallOutcome> {
  if (namespace.here) return callOnce(await system.network(), given.ids, given.call);
  return (await answerFrom(namespace, CALL_HERE, given, given.call.patience, 'called from')) as CallOutcome;
}

/** A connection, and who makes it. */
export interface OwnCall {
  readonly ids: Ids;
  readonly call: Omit<Call, 'made'>;
}

async function answerFrom(namespace: Namespace, word: string, request: object, time: number, done: string): Promise<unknown> {
  const ran = await namespace.run({
    argv: [...system.ownProgram(), word],
    stdin: JSON.stringify(request),
    deadline: time + START,
  });
  if (!succeeded(ran)) throw new Error(`${namespace.name} can not be ${done}: ${ran.stderr.trim() || 'no answer'}`);
  return JSON.parse(ran.stdout) as unknown;
}

/** What the copy does: the request on its standard input, the results on its output. */
export async function probeHere(): Promise<void> {
  system.print(JSON.stringify(await probe(JSON.parse(await inputText()) as ProbeRequest)));
}

/** The same for one connection. */
export async function callHere(): Promise<void> {
  const { ids, call } = JSON.parse(await inputText()) as OwnCall;
  system.print(JSON.stringify(await callOnce(await system.network(), ids, call)));
}

async function inputText(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of system.inputPieces()) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
