/** kubectl, as the user has it: its contexts, plugins, proxies and credentials. Nothing reaches a shell. */

import type { ClusterAccess } from './access.ts';
import { accessWords } from './access.ts';
import { ClusterFailure, failureOf } from './failure.ts';

/** Seconds for one answer, where nobody says another number. */
const SECONDS = 60;
// kubectl ends itself at its own deadline, and says why; what it starts for credentials may not.
const LONGER = 5;
const MOST_BYTES = 512_000_000;

export interface Call {
  /** Standard input. */
  readonly input?: string;
}

/** Runs kubectl, and resolves to what it printed. Throws a ClusterFailure. */
export async function kubectl(words: readonly string[], access: ClusterAccess, { input }: Call = {}): Promise<string> {
  // Loaded where a cluster is asked for: its import alone takes as long as a small plan.
  const { execa } = await import('execa');
  const seconds = access.seconds ?? SECONDS;
  const ran = await execa('kubectl', [...accessWords(access), `--request-timeout=${seconds}s`, ...words], {
    reject: false,
    stripFinalNewline: false,
    timeout: (seconds + LONGER) * 1000,
    maxBuffer: MOST_BYTES,
    env: { LC_ALL: 'C' },
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    ...(access.signal && { cancelSignal: access.signal }),
  });
  if (!ran.failed) return ran.stdout;
  if (ran.isCanceled) throw new ClusterFailure('stopped', 'stopped');
  if (ran.timedOut)
    throw new ClusterFailure('time-out', `kubectl did not end within ${seconds + LONGER} s (--deadline SECONDS gives it longer)`);
  if (ran.isMaxBuffer) throw new ClusterFailure('cut', `the answer has more than ${MOST_BYTES / 1_000_000} MB: nothing of it counts`);
  if (ran.code === 'ENOENT')
    throw new ClusterFailure('no kubectl', 'there is no kubectl on the PATH: install it, or give the manifests as a file');
  if (ran.exitCode === undefined && ran.signal === undefined) throw new ClusterFailure('other', `kubectl can not be started: ${ran.code}`);
  throw failureOf(ran.stderr);
}

/** What the API server answers at an address. Throws a ClusterFailure; half an answer is one. */
export async function fromApi(path: string, access: ClusterAccess): Promise<unknown> {
  const text = await kubectl(['get', '--raw', path], access);
  try {
    return JSON.parse(text);
  } catch {
    throw new ClusterFailure('cut', 'the answer was cut off, or is no JSON: nothing of it counts');
  }
}
