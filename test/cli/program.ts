/** The built program, as a user starts it: for Node, as the one file of bun's, or as the static one of QuickJS's; TEST_PROGRAM says which. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect } from 'vitest';
import { runKept } from './kept.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Where `istio-init` and `istio-iptables` are. */
export const BIN = join(ROOT, { executable: 'dist/bin', static: 'dist/static' }[process.env['TEST_PROGRAM'] ?? ''] ?? 'bin');
export const PROGRAM = join(BIN, 'istio-init');
const EXECUTABLES = join(ROOT, 'dist/bin');
/**
 * What a shell, a pipe or a terminal starts where words, inputs and columns are what is tested, and not Node: the executable, where it is
 * built, whose answers are the same and which starts in a tenth of the time. One test of each kind stays with PROGRAM.
 */
export const SHELL_BIN: string =
  process.env['TEST_PROGRAM'] === undefined && existsSync(join(EXECUTABLES, 'istio-init')) ? EXECUTABLES : BIN;
export const SHELL_PROGRAM = join(SHELL_BIN, 'istio-init');
/** The static executable asks the kernel itself what others ask a program. */
export const ASKS_KERNEL: boolean = process.env['TEST_PROGRAM'] === 'static';

/** What a run left behind. */
export interface Run {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program in a folder, with a text on its standard input or with none at all. */
export async function run(
  args: readonly string[],
  { cwd = ROOT, input }: { readonly cwd?: string; readonly input?: string } = {},
): Promise<Run> {
  const isKept = input === undefined && process.env['TEST_PROGRAM'] === undefined && args[0] !== 'istio-iptables';
  const found = await (isKept
    ? runKept(PROGRAM, args, cwd, DEADLINE)
    : started(input === undefined ? PROGRAM : SHELL_PROGRAM, args, { cwd, ...(input !== undefined && { input }) }));
  CALLED.set(found, args[0] ?? '');
  return found;
}

/** The same in a process of its own, whatever it is. */
export async function runAlone(
  args: readonly string[],
  { cwd = ROOT, input }: { readonly cwd?: string; readonly input?: string } = {},
): Promise<Run> {
  return started(PROGRAM, args, { cwd, ...(input !== undefined && { input }) });
}

async function started(
  program: string,
  args: readonly string[],
  { cwd, input }: { readonly cwd: string; readonly input?: string },
): Promise<Run> {
  const stdin = input === undefined ? ({ stdin: 'ignore' } as const) : { input };
  const { exitCode, stdout, stderr } = await execa(program, [...args], {
    cwd,
    ...stdin,
    reject: false,
    stripFinalNewline: false,
    timeout: DEADLINE,
  });
  return { exitCode, stdout, stderr };
}

const DEADLINE = 30_000;

/** The command of a run. */
const CALLED = new WeakMap<Run, string>();

/** Runs the program behind `cat FILE |`, as a shell does. */
export async function piped(
  file: string,
  args: readonly string[],
  { cwd = ROOT, program = SHELL_PROGRAM }: { readonly cwd?: string; readonly program?: string } = {},
): Promise<Run> {
  const words = ['-c', 'set -o pipefail; file=$1; shift; cat "$file" | "$@"', 'bash', file, program, ...args];
  const { exitCode, stdout, stderr } = await execa('bash', words, { cwd, reject: false, stripFinalNewline: false, timeout: 30_000 });
  return { exitCode, stdout, stderr };
}

/** Refused: exit code 2, nothing on standard output, and these lines, no others, on standard error, an error behind the names of the program and the command. */
export function expectRefused(found: Run, ...lines: readonly string[]): void {
  const said = `istio-init: ${CALLED.get(found)}: `;
  expect(found).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: lines.map((line) => `${/ (warning|note): /.test(line) ? '' : said}${line}\n`).join(''),
  });
}

/** A folder that goes away with the tests. */
export function scratchFolder(): {
  readonly path: string;
  readonly write: (name: string, text: string | Uint8Array) => string;
  readonly remove: () => void;
} {
  const path = mkdtempSync(join(tmpdir(), 'istio-init-'));
  return {
    path,
    write: (name, text) => {
      writeFileSync(join(path, name), text);
      return name;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
