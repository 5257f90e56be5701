/**
 * The signs by which a failed program's cause is told. One symptom has many causes: "unable to
 * initialize table 'nat'" is printed for a missing module, for no NET_ADMIN and for no NET_RAW alike
 * (measured), so this process's rights decide between them.
 */

import type { Ran } from '../run.ts';
import type { Rights } from './rights.ts';

export type Cause =
  | 'program-missing'
  | 'deadline'
  | 'killed'
  | 'few-handles'
  | 'no-net-admin'
  | 'no-net-raw'
  | 'not-permitted'
  | 'lock-held'
  | 'lock-file'
  | 'no-ip6'
  | 'kernel-support'
  | 'extension-missing'
  | 'gone'
  | 'incompatible'
  | 'refused'
  | 'unreadable'
  | 'namespace'
  | 'node'
  | 'drift'
  | 'not-verified'
  | 'unknown';

/** The cause of a failure; `line` is the line of the input that the program named. */
export function causeOf(ran: Ran, rights: Rights, line: string): Cause {
  if (ran.notFound) return 'program-missing';
  if (ran.timedOut) return 'deadline';
  if (ran.signal !== null) return 'killed';
  for (const [sign, meaning] of SIGNS) {
    if (sign.test(ran.stderr)) return typeof meaning === 'string' ? meaning : meaning(rights, line);
  }
  return ran.exitCode === 2 ? 'unreadable' : 'unknown';
}

type Meaning = Cause | ((rights: Rights, line: string) => Cause);

const forbidden: Meaning = ({ has }) => (has('NET_ADMIN') === false ? 'no-net-admin' : 'not-permitted');

const uninitialised: Meaning = ({ has }) => {
  if (has('NET_ADMIN') === false) return 'no-net-admin';
  return has('NET_RAW') === false ? 'no-net-raw' : 'kernel-support';
};

// Legacy gives a line and no reason. A removal fails when what it removes is gone; the rest is the kernel's no.
const withoutReason: Meaning = (_, line) => (/^-[DX] /.test(line) ? 'gone' : 'refused');

/** In the order in which they are looked for: the narrower sign first. */
const SIGNS: readonly (readonly [RegExp, Meaning])[] = [
  [/EMFILE|ENFILE|Too many open files/, 'few-handles'],
  [/^nsenter: /m, 'namespace'],
  [/can't open lock file/i, 'lock-file'],
  [/xtables lock|Can't lock /i, 'lock-held'],
  [/missing kernel module/, 'kernel-support'],
  [/Address family not supported/, 'no-ip6'],
  [/unable to initialize table|can't initialize ip6?tables table/i, uninitialised],
  [/you must be root|Operation not permitted|Permission denied/, forbidden],
  [/Could not fetch rule set generation id/, 'kernel-support'],
  [/is incompatible, use 'nft' tool/, 'incompatible'],
  [/Couldn't load (?:match|target) `(?!ISTIO_)/, 'extension-missing'],
  [/does a matching rule exist|No chain\/target\/match by that name|Chain '[^']*' does not exist|Couldn't load target `ISTIO_/, 'gone'],
  [/Chain already exists|CHAIN_DEL failed|File exists|RTNETLINK answers: No such (?:file|process)/, 'gone'],
  [/failed \((?:No such file or directory|Operation not supported|Protocol not supported)\)/, 'kernel-support'],
  [/failed \(/, 'refused'],
  [/RTNETLINK answers: (?:Operation not supported|Address family)/, 'kernel-support'],
  [/RTNETLINK answers/, 'refused'],
  [/^\S+: line \d+ failed\s*$/m, withoutReason],
];
