/** Processes that look like a pod's, each in a network namespace of its own. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';

export interface PodAsked {
  readonly name: string;
  /** What is done in the namespace before the process is there. */
  readonly script?: string;
  /** The proxy's environment; undefined for a pod without a proxy. */
  readonly proxy?: Readonly<Record<string, string>>;
}

export interface OpenPod {
  readonly name: string;
  readonly pid: number;
  readonly end: () => Promise<void>;
}

// The words of the real one: `pilot-agent proxy sidecar`. The second is a script that waits until nobody wants it any more.
const AGENT = 'exec -a /usr/local/bin/pilot-agent bash proxy sidecar --domain shop.svc.cluster.local';
const APP = 'exec -a app bash proxy';

/** Hands the pods to `use`, and ends them also where `use` fails. */
export async function withPods<R>(asked: readonly PodAsked[], use: (pods: readonly OpenPod[]) => Promise<R>): Promise<R> {
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-audit-'));
  writeFileSync(join(folder, 'proxy'), 'read -r _\n');
  const pods: OpenPod[] = [];
  try {
    await Promise.all(asked.map(async (one) => pods.push(await openPod(one, folder))));
    return await use(pods);
  } finally {
    await Promise.all(pods.map(({ end }) => end()));
    rmSync(folder, { recursive: true });
  }
}

async function openPod({ name, script = '', proxy }: PodAsked, folder: string): Promise<OpenPod> {
  const inside = `set -e; ip link set lo up; { ${script || ':'}
    } >&2 </dev/null; echo ready; cd ${folder}; ${proxy === undefined ? APP : AGENT}`;
  const told = proxy === undefined ? {} : { ISTIO_META_ISTIO_VERSION: '1.28.0', POD_NAME: name, POD_NAMESPACE: 'shop', ...proxy };
  const env = { PATH: process.env['PATH'] ?? '', ...told };
  // A bash whose standard input is a socket, as pipes of Node's are, takes itself for one of rsh and reads ~/.bashrc, whatever that starts.
  const pod = execa('unshare', ['--net', 'bash', '--norc', '-c', inside], { env, extendEnv: false, stdin: 'pipe', reject: false });
  const pid = pod.pid ?? 0;
  const ready = new Promise<boolean>((resolve) => pod.stdout.once('data', () => resolve(true)).once('end', () => resolve(false)));
  if (!(await ready)) throw new Error(`${name}: ${(await pod).stderr}`);
  // The shell has said so as its last word but one.
  while (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('proxy\0')) await setTimeout(5);
  const end = async (): Promise<void> => {
    pod.kill('SIGKILL');
    await pod;
  };
  return { name, pid, end };
}
