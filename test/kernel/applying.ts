/** Apply as a program of its own inside a namespace: its rights, its environment and its processes are what a test makes them. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { execa } from 'execa';
import type { ApplyOptions } from '../../src/host/kernel/options.ts';
import type { ApplyResult } from '../../src/host/kernel/result.ts';
import type { PlanOptions } from '../../src/istio/plan/plan-from-arguments.ts';
import type { Namespace } from './namespace.ts';

/** What to apply, and as what. */
export interface Ask {
  /** Arguments of istio-iptables; none cleans. */
  readonly args?: readonly string[];
  readonly plan?: PlanOptions;
  readonly options?: ApplyOptions;
  /** What goes before the program: `setpriv ...`. */
  readonly prefix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Started {
  readonly pid: number;
  readonly result: Promise<ApplyResult>;
}

const PROGRAM = `
import { applyPlan, clean, machine } from './src/host/kernel/apply.ts';
import { planFromArguments } from './src/istio/plan/plan-from-arguments.ts';
const { args, plan, options } = JSON.parse(process.argv[2]);
const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => stop.abort());
const effects = machine(stop.signal);
const here = { kind: 'here' };
const result = args === undefined ? await clean(here, options, effects) : await applyPlan(here, planFromArguments(args, plan), options, effects);
process.stdout.write(JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
`;

const root = fileURLToPath(new URL('../..', import.meta.url));
let built: Promise<string> | undefined;

async function buildProgram(): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'istio-init-apply-')), 'apply.mjs');
  await build({
    stdin: { contents: PROGRAM, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: 'error',
  });
  return outfile;
}

/** Starts it as a process of the namespace. */
export async function startIn({ name }: Namespace, { prefix = [], env = {}, ...asked }: Ask): Promise<Started> {
  built ??= buildProgram();
  const command = ['netns', 'exec', name, ...prefix, process.execPath, await built, JSON.stringify(asked)];
  const child = execa('ip', command, { env, reject: false });
  const result = child.then(({ stdout, stderr }) => {
    if (stdout === '') throw new Error(`no result; it said: ${stderr}`);
    return JSON.parse(stdout) as ApplyResult;
  });
  return { pid: child.pid ?? 0, result };
}

/** Runs it to its end. */
export async function applyIn(namespace: Namespace, ask: Ask): Promise<ApplyResult> {
  return (await startIn(namespace, ask)).result;
}
