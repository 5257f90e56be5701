/** Files inside a pod, read from the node without being led out of the pod. */

import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { startOfFile } from './start-of-file.ts';

/** Links that a path may lead over, and bytes of a file that are read. */
const MOST_LINKS = 40;
const MOST_BYTES = 1_000_000;

// Of Linux, and not among Node's constants: a handle that stands for a place and has opened nothing there, no pipe and no device.
const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;

/**
 * The text of a file in the root of a process; empty where there is none. Links are followed as the pod would see them:
 * the kernel would take an absolute one from the node's root, and a pod could so show any file of its node. Each step
 * goes out from a handle, so that a link which is put there meanwhile leads nowhere.
 */
export function textInside(pid: number, path: string): string {
  const handles: number[] = [];
  try {
    handles.push(openSync(`/proc/${pid}/root`, O_PATH | O_DIRECTORY));
    walk(handles, path);
    const place = handles.at(-1) ?? 0;
    return fstatSync(place).isFile() ? startOfFile(`/proc/self/fd/${place}`, MOST_BYTES) : '';
  } catch {
    return '';
  } finally {
    for (const handle of handles) closeSync(handle);
  }
}

/** Adds a handle for each part of the path; `..` ends at the root. Throws where something on it is not there. */
function walk(handles: number[], path: string): void {
  const todo = partsOf(path);
  const backTo = (depth: number): void => {
    while (handles.length > depth) closeSync(handles.pop() ?? 0);
  };
  for (let links = 0; todo.length > 0; ) {
    const part = todo.shift() ?? '';
    if (part === '..') {
      backTo(Math.max(1, handles.length - 1));
      continue;
    }
    const here = `/proc/self/fd/${handles.at(-1)}/${part}`;
    const handle = openSync(here, O_PATH | O_NOFOLLOW);
    handles.push(handle);
    if (!fstatSync(handle).isSymbolicLink()) continue;
    links += 1;
    if (links > MOST_LINKS) throw new Error('a loop of links');
    const target = readlinkSync(here);
    backTo(target.startsWith('/') ? 1 : handles.length - 1);
    todo.unshift(...partsOf(target));
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
