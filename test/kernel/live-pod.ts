/**
 * Stand-ins for a pod and for what a kubelet starts: the pod is a process in a network namespace and a control group of its
 * own, a container is a process tree in that network namespace with process numbers of its own, and a node's pod is a
 * process of this machine. What `kubectl exec` asks for runs in there.
 */

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import type { ApiServer } from '../cluster/api-server.ts';
import { runHere } from '../cluster/live-cluster.ts';

interface Container {
  readonly pid: number;
  readonly ended: Promise<unknown>;
  readonly kill: () => void;
}

export interface StandInPod {
  readonly pid: number;
  /** Runs a script in the pod's network namespace. */
  readonly run: (script: string) => Promise<void>;
}

/** A process that has the pod's namespace and group, for as long as `use` takes. */
export async function withPod<R>(uid: string, use: (pod: StandInPod) => Promise<R>): Promise<R> {
  const group = `/sys/fs/cgroup/${existsSync('/sys/fs/cgroup/pids') ? 'pids/' : ''}pod${uid}`;
  const pod = execa(
    'unshare',
    [
      '--net',
      'sh',
      '-c',
      'ip link set lo up; ip link add eth0 type veth peer name peer; ip link set peer up; ip address add 10.1.0.1/24 dev eth0; ip link set eth0 up; ip route add default via 10.1.0.2; echo ready; exec tail -f /dev/null',
    ],
    {
      reject: false,
    },
  );
  await new Promise((resolve) => pod.stdout.once('data', resolve));
  const pid = pod.pid ?? 0;
  try {
    mkdirSync(group);
    writeFileSync(`${group}/cgroup.procs`, String(pid));
    return await use({ pid, run: async (script) => void (await execa('nsenter', ['-t', String(pid), '-n', 'sh', '-ec', script])) });
  } finally {
    pod.kill('SIGKILL');
    await pod;
    while (existsSync(group))
      try {
        rmdirSync(group);
      } catch {
        await setTimeout(10);
      }
  }
}

/** Lets a server's containers be processes here. Resolves to what tells which of them still run, and ends all. */
export function asKubelet(
  server: ApiServer,
  pod: StandInPod,
): { readonly running: () => Promise<readonly string[]>; readonly end: () => void } {
  const containers = new Map<string, Container>();
  const begin = (key: string, words: readonly string[]): void => {
    if (containers.has(key)) return;
    const own = ['--pid', '--fork', '--mount-proc', '--kill-child'];
    const child = execa('nsenter', ['-t', String(pod.pid), '-n', 'unshare', ...own, ...words], { reject: false });
    containers.set(key, { pid: child.pid ?? 0, ended: child, kill: () => child.kill('SIGKILL') });
  };
  const { onChange } = server;
  server.onChange = (what, object) => {
    onChange(what, object);
    const { ephemeralContainers = [] } = object['spec'] as {
      ephemeralContainers?: { name: string; command?: string[]; args?: string[] }[];
    };
    for (const { name, command = [], args = [] } of what === 'delete' ? [] : ephemeralContainers)
      begin(`${object.metadata.namespace}/${object.metadata.name} ${name}`, [...command, ...args]);
  };
  server.exec = async (container, words, input) => {
    const there = containers.get(container);
    // A node's pods see its processes, and enter by themselves.
    if (there === undefined) return runHere(words, input);
    const inside = (await childOf(there.pid)) ?? 0;
    return runHere(['nsenter', '-t', String(inside), '-n', '-p', '-m', ...words], input);
  };
  return {
    running: async () => {
      const left: string[] = [];
      for (const [name, { ended }] of containers)
        if ((await Promise.race([ended.then(() => 'ended'), setTimeout(2000, 'runs')])) === 'runs') left.push(name);
      return left;
    },
    end: () => {
      for (const { kill } of containers.values()) kill();
    },
  };
}

/** The process that a container's own numbers begin with. */
async function childOf(pid: number): Promise<number | undefined> {
  for (let tries = 0; tries < 100; tries += 1) {
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
    if (child > 0) return child;
    await setTimeout(20);
  }
  return undefined;
}
