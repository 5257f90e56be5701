/** kubectl, as the user has it: its contexts, plugins, proxies and credentials. Nothing reaches a shell. */

import type { ClusterAccess } from './access.ts';
import { accessWords } from './access.ts';
import { ClusterFailure, failureOf } from './failure.ts';

/** Seconds for one answer, where nobody says another number. */
const SECONDS = 60;
// kubectl ends itself at its own deadline, and says why; what it starts for credentials may not.
const LONGER = 5;
const MOST_BYTES = 512_000_000;

/** Runs kubectl, with a text on its standard input or with none, and resolves to what it printed. Throws a ClusterFailure. */
export async function kubectl(words: readonly string[], access: ClusterAccess, input?: string): Promise<string> {
  return (await kubectlOutput(words, access, input)).stdout;
}

/** The same, to both of its outputs. */
export async function kubectlOutput(
  words: readonly string[],
  access: ClusterAccess,
  input?: string,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  // Loaded where a cluster is asked for: its import alone takes as long as a small plan.
  const { execa } = await import('execa');
  const seconds = access.seconds ?? SECONDS;
  const ran = await execa('kubectl', [...accessWords(access), `--request-timeout=${seconds}s`, ...words], {
    ...ASIDE,
    ...(input === undefined ? {} : ({ stdin: 'pipe', input } as const)),
    timeout: (seconds + LONGER) * 1000,
    maxBuffer: MOST_BYTES,
    detached: access.apart === true,
    ...(access.signal && { cancelSignal: access.signal }),
  });
  if (ran.failed) throw failureIn(ran, seconds);
  return ran;
}

/** The lines that kubectl prints as long as it runs; none is kept. Throws a ClusterFailure where it ends with an error. */
export async function* kubectlLines(words: readonly string[], access: ClusterAccess): AsyncGenerator<string> {
  const { execa } = await import('execa');
  const running = execa('kubectl', [...accessWords(access), '--request-timeout=0', ...words], {
    ...ASIDE,
    buffer: { stdout: false },
    ...(access.signal && { cancelSignal: access.signal }),
  });
  const lines = running[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) yield String(line.value);
    ended = true;
  } finally {
    // Whoever stops in the middle waits for no end: a watch has none of its own.
    if (!ended) running.kill();
  }
  const ran = await running;
  if (ran.failed) throw failureIn({ ...ran, stderr: String(ran.stderr) }, 0);
}

const ASIDE = { reject: false, stdin: 'ignore', stripFinalNewline: false, env: { LC_ALL: 'C' } } as const;

interface Failed {
  readonly isCanceled: boolean;
  readonly timedOut: boolean;
  readonly isMaxBuffer: boolean;
  readonly code?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stderr: string;
}

function failureIn({ isCanceled, timedOut, isMaxBuffer, code, exitCode, signal, stderr }: Failed, seconds: number): ClusterFailure {
  // On a terminal Ctrl-C reaches kubectl as well.
  if (isCanceled || signal === 'SIGINT') return new ClusterFailure('stopped', 'stopped');
  if (timedOut)
    return new ClusterFailure('time-out', `kubectl did not end within ${seconds + LONGER} s (--deadline SECONDS gives it longer)`);
  if (isMaxBuffer) return new ClusterFailure('cut', `the answer has more than ${MOST_BYTES / 1_000_000} MB: nothing of it counts`);
  if (code === 'ENOENT')
    return new ClusterFailure('no kubectl', 'there is no kubectl on the PATH: install it, or give the manifests as a file');
  if (exitCode === undefined && signal === undefined) return new ClusterFailure('other', `kubectl can not be started: ${code}`);
  return failureOf(stderr);
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
