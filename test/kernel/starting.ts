/** The built program as a process of a namespace, with the environment and the search path that a test gives it. */

import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { BIN } from '../cli/program.ts';
import type { Namespace } from './namespace.ts';

/** What a run left behind. */
export interface Run {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Circumstances {
  /** All of its environment besides PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** What goes before the program: `setpriv ...`. */
  readonly prefix?: readonly string[];
  readonly path?: string;
}

export { BIN };

/** Node and the programs of the system. */
export const PATH = `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`;

/** Starts a program of `bin` in a namespace; its process id is at hand at once. */
export function start(
  { name }: Pick<Namespace, 'name'>,
  [program, ...args]: readonly [string, ...string[]],
  { env = {}, prefix = [], path = PATH }: Circumstances = {},
): { readonly pid: number; readonly ended: Promise<Run> } {
  // Each of these becomes the next one, so the process id stays. The search path is for the program alone.
  const child = execa('ip', ['netns', 'exec', name, 'env', `PATH=${path}`, ...prefix, join(BIN, program), ...args], {
    env: { ...env, PATH },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    stripFinalNewline: false,
    timeout: 30_000,
  });
  const ended = child.then(({ exitCode, stdout, stderr }): Run => ({ exitCode, stdout, stderr }));
  return { pid: child.pid ?? 0, ended };
}

/** Runs a program of `bin` in a namespace to its end. */
export async function run(namespace: Pick<Namespace, 'name'>, argv: readonly [string, ...string[]], of?: Circumstances): Promise<Run> {
  return start(namespace, argv, of).ended;
}

/** A search path on which scripts stand before the programs of the same names. */
export function pathBehind(scripts: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-path-'));
  chmodSync(folder, 0o755);
  for (const [name, script] of Object.entries(scripts)) writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return `${folder}:${PATH}`;
}

/** Everything that iptables, nft and ip show, handles and generation of nft included: equal texts mean that nothing was even rewritten. */
export async function everything({ run: inside }: Namespace): Promise<string> {
  const script =
    "for b in nft legacy; do iptables-$b-save; ip6tables-$b-save; done | grep -v '^#'; nft -j -a list ruleset; ip rule; ip -6 rule; ip route show table all; ip -6 addr";
  return (await inside(script)).stdout;
}
