/** The probe in a namespace that was named: Node can't enter one, so a second copy of this program calls from inside. */

import { text } from 'node:stream/consumers';
import type { Namespace } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';
import type { ProbeRequest, ProbeResult } from './probe.ts';
import { probe } from './probe.ts';

/** How the copy is called (cli/program.ts). */
const PROBE_HERE = 'probe-here';

/** Milliseconds that the copy has beside the time of the probe itself. */
const START = 10_000;

/** Probes in the namespace, wherever it is. Throws an Error in words where that can not be entered. */
export async function probeIn(namespace: Namespace, request: ProbeRequest): Promise<readonly ProbeResult[]> {
  if (namespace.here) return probe(request);
  // The executable is its own runtime, and has no script to name.
  const own = process.versions['bun'] === undefined ? [process.argv[1] ?? ''] : [];
  const ran = await namespace.run({
    argv: [process.execPath, ...own, PROBE_HERE],
    stdin: JSON.stringify(request),
    deadline: request.timeout + START,
  });
  if (!succeeded(ran)) throw new Error(`${namespace.name} can not be probed: ${ran.stderr.trim() || 'no answer'}`);
  return JSON.parse(ran.stdout) as readonly ProbeResult[];
}

/** What the copy does: the request on its standard input, the results on its output. */
export async function probeHere(): Promise<void> {
  process.stdout.write(JSON.stringify(await probe(JSON.parse(await text(process.stdin)) as ProbeRequest)));
}
