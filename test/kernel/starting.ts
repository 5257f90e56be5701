/** The built program as a process of a namespace, with the environment and the search path that a test gives it. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { quoteForShell } from '../../src/netfilter/words.ts';
import { BIN } from '../cli/program.ts';
import type { Namespace } from './namespace.ts';
import { feed } from './namespace.ts';

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

type Words = readonly [program: string, ...args: string[]];

/** Starts a program in a namespace; its process id is at hand at once. */
type Start = (
  namespace: Pick<Namespace, 'name'>,
  argv: Words,
  of?: Circumstances,
) => { readonly pid: number; readonly ended: Promise<Run> };

/** Runs it to its end, from the shell that is there already: to start a program is half of the work of many a test. */
type RunToEnd = (namespace: Pick<Namespace, 'run'>, argv: Words, of?: Circumstances) => Promise<Run>;

/** Of the programs of a folder. */
export function startingFrom(bin: string): { readonly start: Start; readonly run: RunToEnd } {
  // Each of these words becomes the next one, so the process id stays. The search path is for the program alone.
  const wordsOf = ([program, ...args]: Words, { env = {}, prefix = [], path = PATH }: Circumstances): readonly string[] => [
    ...['env', '-i', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), `PATH=${path}`],
    ...[...prefix, join(bin, program), ...args],
  ];
  return {
    start: ({ name }, argv, of = {}) => {
      const words = ['netns', 'exec', name, ...wordsOf(argv, of)];
      const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
      return { pid: child.pid ?? 0, ended: endOf(child) };
    },
    run: ({ run: inside }, argv, of = {}) => inside(`exec ${wordsOf(argv, of).map(quoteForShell).join(' ')} </dev/null`),
  };
}

async function endOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Run> {
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode: (code as number | null) ?? undefined, stdout, stderr };
}

/** Of the build that is tested. */
export const { start, run } = startingFrom(BIN);

/** A search path on which scripts stand before the programs of the same names. */
export function pathBehind(scripts: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-path-'));
  chmodSync(folder, 0o755);
  for (const [name, script] of Object.entries(scripts)) writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return `${folder}:${PATH}`;
}

/** A file that is not there yet. */
export function newFile(): string {
  return join(mkdtempSync(join(tmpdir(), 'istio-init-flag-')), 'file');
}

/** Everything that iptables, nft and ip show, handles and generation of nft included: equal texts mean that nothing was even rewritten. */
export async function everything({ run: inside }: Namespace): Promise<string> {
  const script = `for b in nft legacy; do iptables-$b-save; ip6tables-$b-save; done | grep -v '^#'; nft -j -a list ruleset
${feed('ip -batch -', 'rule show\nroute show table all\n')}
${feed('ip -6 -batch -', 'rule show\naddress show\n')}`;
  return (await inside(script)).stdout;
}
