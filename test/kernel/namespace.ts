/** Network namespaces for tests: made, used, and always removed. */

import { threadId } from 'node:worker_threads';
import { execa } from 'execa';

/** What a script in a namespace said. */
export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Namespace {
  readonly name: string;
  /** Runs a script with `sh` inside; one call for many programs saves most of the time. */
  readonly run: (script: string) => Promise<Answer>;
}

let made = 0;

/**
 * Hands a fresh namespace, in which `lo` is up, to `use`; removes it afterwards, also when `use` fails. It has an address that is none of
 * loopback, as every pod has: without one Istio's program fails.
 */
export async function inNamespace<R>(use: (namespace: Namespace) => Promise<R>, address = '192.0.2.10/32'): Promise<R> {
  made += 1;
  const name = `istio-init-${process.pid}-${threadId}-${made}`;
  try {
    // A worker is large, and each process that it starts is a copy of it at first: a shell starts two at less than half of that.
    const given = address === '' ? '' : `address add ${address} dev lo\n`;
    await execa('sh', ['-ec', 'ip netns add "$1"; exec ip -n "$1" -batch -', 'sh', name], { input: `link set lo up\n${given}` });
    return await use({ name, run: (script) => run(name, script) });
  } finally {
    await execa('ip', ['netns', 'del', name]);
  }
}

async function run(name: string, script: string): Promise<Answer> {
  const { exitCode, stdout, stderr, shortMessage } = await execa('ip', ['netns', 'exec', name, 'sh'], {
    input: script,
    reject: false,
    stripFinalNewline: false,
  });
  if (exitCode === undefined) throw new Error(shortMessage);
  return { exitCode, stdout, stderr };
}

/** The text as the standard input of a command in a script. */
export function feed(command: string, text: string): string {
  return `${command} <<'END OF INPUT'\n${text}END OF INPUT\n`;
}
