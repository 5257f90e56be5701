/** A shell that stays where it is and runs one script after another: a worker of tests is large, and each program that it starts is a copy of it at first. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

/** What a script said. */
export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface KeptShell {
  /** Runs a script with a `sh` of its own; none before has ended. */
  readonly run: (script: string) => Promise<Answer>;
  /** Ends it, and whatever its words do behind `LOOP`. */
  readonly end: () => Promise<void>;
}

/** Says that it is there; then reads names of files with scripts until its input ends. */
export const LOOP = 'echo there; while read -r script; do sh <"$script" >"$script.out" 2>"$script.err"; echo $?; done';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

let scripts = 0;

/** Starts words that come to run `LOOP`; the scripts and what they say are files of a folder. Throws an Error with what it said where it does not come to that. */
export async function keepShell([program, ...args]: readonly [string, ...string[]], folder: string): Promise<KeptShell> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const closed = new Promise<void>((resolve) => child.once('close', resolve));
  const answer = (): Promise<string> => answerOf(child, closed, () => said);
  await answer();
  return {
    run: async (script) => {
      scripts += 1;
      const file = `${folder}/${scripts}`;
      writeFileSync(file, script);
      child.stdin.write(`${file}\n`);
      const exitCode = Number(await answer());
      return { exitCode, stdout: readFileSync(`${file}.out`, 'utf8'), stderr: readFileSync(`${file}.err`, 'utf8') };
    },
    end: () => {
      child.stdin.end();
      return closed;
    },
  };
}

async function answerOf({ stdout }: Child, closed: Promise<void>, said: () => string): Promise<string> {
  const line = new Promise<string>((resolve) => stdout.once('data', (bytes) => resolve(String(bytes))));
  const answered = await Promise.race([line, closed]);
  if (answered === undefined) throw new Error(`a shell has ended: ${said()}`);
  return answered;
}
