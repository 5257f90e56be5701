/** Network namespaces for tests: made, used, and always removed. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import type { Answer, KeptShell } from './kept-shell.ts';
import { keepShell, LOOP } from './kept-shell.ts';

export interface Namespace {
  readonly name: string;
  /**
   * Runs a script with `sh` inside; one call for many programs saves most of the time. Its mounts are seen by no other process but the
   * scripts after it.
   */
  readonly run: (script: string) => Promise<Answer>;
}

// The namespace is as old as the shell that stays in it, however that ends.
const MAKE = `
set -e
ip netns add "$1"
trap 'ip netns del "$1"' EXIT
printf %s "$2" | ip -n "$1" -batch -
ip netns exec "$1" sh -c "$3"
`;

let made = 0;

/**
 * Hands a fresh namespace, in which `lo` is up, to `use`; removes it afterwards, also when `use` fails. It has an address that is none of
 * loopback, as every pod has: without one Istio's program fails.
 */
export async function inNamespace<R>(use: (namespace: Namespace) => Promise<R>, address = '192.0.2.10/32'): Promise<R> {
  made += 1;
  const name = `istio-init-${process.pid}-${threadId}-${made}`;
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-scripts-'));
  const up = `link set lo up\n${address === '' ? '' : `address add ${address} dev lo\n`}`;
  const first = await keepShell(['sh', '-c', MAKE, 'sh', name, up, LOOP], folder);
  const others: KeptShell[] = [];
  const idle = [first];
  const run = async (script: string): Promise<Answer> => {
    let shell = idle.pop();
    if (shell === undefined) {
      shell = await keepShell(['ip', 'netns', 'exec', name, 'sh', '-c', LOOP], folder);
      others.push(shell);
    }
    const answer = await shell.run(script);
    idle.push(shell);
    return answer;
  };
  try {
    return await use({ name, run });
  } finally {
    for (const shell of [...others, first]) await shell.end();
    rmSync(folder, { recursive: true });
  }
}

/** What is there between a `beforeAll` and an `afterAll`. */
export type Open<T> = T & { readonly close: () => Promise<void> };

/** What a function hands to its use until that ends, for longer than one test. */
export function opened<T extends object>(within: (use: (given: T) => Promise<void>) => Promise<void>): Promise<Open<T>> {
  return new Promise((resolve, reject) => {
    const ended = within(
      (given) =>
        new Promise<void>((finish) => {
          resolve({
            ...given,
            close: () => {
              finish();
              return ended;
            },
          });
        }),
    );
    ended.catch(reject);
  });
}

/** A script in a network namespace of its own within another's shell, with what an `ip -batch` makes in it; its mounts are its own as well. */
export function inFresh(setup: string, script: string): string {
  return `unshare --net --mount sh <<'END OF FRESH'\n${feed('ip -batch -', setup)}${script}\nEND OF FRESH\n`;
}

/** The text as the standard input of a command in a script. */
export function feed(command: string, text: string): string {
  return `${command} <<'END OF INPUT'\n${text}END OF INPUT\n`;
}
