/**
 * Who holds the lock, and whether that counts. An abstract socket can be bound by any process of the namespace: only
 * one that may change rules there can be a run of this program, and nobody else keeps us from our work.
 */

import { printable } from '../../netfilter/printable.ts';
import type { Peer } from '../system/interface.ts';
import { system } from '../system.ts';

export interface Holder {
  /** Undefined where it is in a PID namespace that is not seen from here. */
  readonly pid?: number;
  readonly program?: string;
  readonly user?: number;
  /** False: it is no run of this program, for it may not change rules. Undefined: that can't be seen. */
  readonly rightful: boolean | undefined;
}

/** For messages: `process 4242 (python3, user 1000)`. */
export function holderText({ pid, program, user }: Holder): string {
  const who = [...(program === undefined ? [] : [program]), ...(user === undefined ? [] : [`user ${user}`])].join(', ');
  const process = pid === undefined ? 'a process that is not seen from here' : `process ${pid}`;
  return who === '' ? process : `${process} (${who})`;
}

/** The holder as its socket tells. */
export function holderOfPeer(peer: Peer): Holder {
  if (peer === undefined) return { rightful: undefined };
  if (peer === 'no listener') return { rightful: false };
  const { pid, user } = peer;
  const seen = pid === 0 ? undefined : describe(pid);
  return seen ?? { user, rightful: user === 0 ? undefined : false };
}

/** The holder in the namespace of a process, looked for among all processes that are seen from here; undefined where nobody holds it. */
export function findHolder(inside: number | 'self', name: string): Holder | undefined {
  const inode = inodeOf(system.readText(`/proc/${inside}/net/unix`) ?? '', name);
  if (inode === undefined) return undefined;
  const pid = pids().find((candidate) => hasOpen(candidate, `socket:[${inode}]`));
  return (pid === undefined ? undefined : describe(pid)) ?? { rightful: undefined };
}

/** The number of the socket with an abstract name in /proc/net/unix, where the kernel shows the leading NUL as an @; the listening one of several. */
export function inodeOf(sockets: string, name: string): string | undefined {
  const named = sockets.split('\n').filter((line) => line.endsWith(` @${name}`));
  const listening = named.find((line) => line.split(/\s+/)[3] === ACCEPTS_CONNECTIONS);
  return (listening ?? named[0])?.split(/\s+/)[6];
}

const ACCEPTS_CONNECTIONS = '00010000';
// linux/capability.h
const NET_ADMIN = 1n << 12n;

/** Reads /proc/PID/status, which everyone may. */
function describe(pid: number): Holder | undefined {
  const status = system.readText(`/proc/${pid}/status`);
  if (status === undefined) return undefined;
  const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
  const user = Number(field('Uid'));
  const capable = (BigInt(`0x${field('CapEff') || '0'}`) & NET_ADMIN) !== 0n;
  // In a user namespace of its own everybody has every capability, over nothing.
  const rightful = capable && (user === 0 || isSameUserNamespace(pid));
  return { pid, program: printable(field('Name')), user, rightful };
}

function isSameUserNamespace(pid: number): boolean {
  const own = system.linkOf('/proc/self/ns/user');
  return own !== undefined && own === system.linkOf(`/proc/${pid}/ns/user`);
}

function hasOpen(pid: number, link: string): boolean {
  const files = `/proc/${pid}/fd`;
  return system.namesIn(files).some((file) => system.linkOf(`${files}/${file}`) === link);
}

function pids(): readonly number[] {
  return system
    .namesIn('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}
