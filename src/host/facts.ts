/** Facts of a pod, taken from the network namespace that was named: only where someone asked for them. */

import { messageOf, ProblemError, problem } from '../istio/problems.ts';
import type { Facts } from '../istio/settings/facts.ts';
import type { Namespace, Target } from './namespace/namespace.ts';
import { openNamespace } from './namespace/namespace.ts';
import { programs } from './run.ts';
import { system } from './system.ts';

const FIB_TRIE = '/proc/net/fib_trie';

/** Facts of the namespace that this process is in: addresses of the interfaces but lo, nameservers, and names with their numbers. */
export function hostFacts(): Facts {
  const addresses = [...parseFibTrie(textOf(FIB_TRIE)), ...parseIfInet6(textOf('/proc/net/if_inet6'))];
  // Node lists only interfaces that are running: one that waits for its carrier would pass for none, and its IPv6 would
  // stay without rules. Where there is no /proc, that has to do.
  const listed = addresses.length > 0 ? [] : system.interfaceAddresses();
  if (listed === undefined)
    throw new ProblemError([
      problem(
        'unreadable-file',
        { kind: 'file', file: FIB_TRIE, line: 0, column: 0 },
        { reason: 'can not be read: the addresses are unknown' },
      ),
    ]);
  const known = addresses.length > 0 ? addresses : asGoListsThem(listed);
  return withNames({ addresses: known, nameservers: parseNameservers(textOf('/etc/resolv.conf')) }, '');
}

/** The names of services, users and groups, read where somebody asks for one: nearly all settings have numbers. */
function withNames(facts: Facts, root: string): Facts {
  return Object.defineProperties(facts, {
    services: memoized(() => parseServices(textOf('/etc/services'))),
    users: memoized(() => parseIds(textOf(`${root}/etc/passwd`))),
    groups: memoized(() => parseIds(textOf(`${root}/etc/group`))),
  });
}

function memoized<T>(read: () => T): PropertyDescriptor {
  let value: T | undefined;
  return { enumerable: true, get: () => (value ??= read()) };
}

/**
 * Facts of a target. A process has its own resolv.conf; a namespace file has only the machine's.
 * Throws a ProblemError that names the option where the namespace can not be entered.
 */
export async function targetFacts(target: Target, option: string = target.kind === 'pid' ? '--pid' : '--netns'): Promise<Facts> {
  if (target.kind === 'here') return hostFacts();
  if (target.kind === 'opened') return target.facts;
  let namespace: Namespace;
  try {
    namespace = openNamespace(target, programs());
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError([problem('bad-option', { kind: 'option', option }, { reason: messageOf(error) })]);
  }
  try {
    const { stdout } = await namespace.run({ argv: ['ip', '-o', 'addr', 'show'], deadline: 10_000 });
    const root = target.kind === 'pid' ? `/proc/${target.pid}/root` : '';
    return withNames({ addresses: parseAddresses(stdout), nameservers: parseNameservers(textOf(`${root}/etc/resolv.conf`)) }, root);
  } finally {
    namespace.close();
  }
}

/** The IPv4 addresses of this namespace, those of loopback left out, from /proc/net/fib_trie, which shows each in two tables. */
export function parseFibTrie(text: string): readonly string[] {
  const leaves = text.split('|-- ').slice(1);
  const local = leaves.flatMap((leaf) => /^(\d+\.\d+\.\d+\.\d+)\n\s+\/32 host LOCAL/.exec(leaf)?.[1] ?? []);
  return [...new Set(local)].filter((address) => !address.startsWith('127.'));
}

/** The IPv6 addresses of this namespace, those of lo left out, from /proc/net/if_inet6. */
export function parseIfInet6(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, digits = '', prefix = '', device] = /^([0-9a-f]{32}) \S+ ([0-9a-f]+) \S+ \S+ +(\S+)$/.exec(line) ?? [];
    return device === undefined || device === 'lo' ? [] : [`${digits.match(/.{4}/g)?.join(':')}/${Number.parseInt(prefix, 16)}`];
  });
}

/** The addresses that `ip -o addr show` lists, but those of lo. */
export function parseAddresses(text: string): readonly string[] {
  return asGoListsThem(
    [...text.matchAll(/^\d+:\s+(\S+)\s+inet6?\s+(\S+)/gm)].filter(([, device]) => device !== 'lo').map(([, , address]) => address ?? ''),
  );
}

// Istio's program looks at the first address that Go's net.InterfaceAddrs lists; netlink tells it IPv4 before IPv6.
function asGoListsThem(addresses: readonly string[]): readonly string[] {
  return [...addresses.filter((address) => !address.includes(':')), ...addresses.filter((address) => address.includes(':'))];
}

function textOf(file: string): string {
  return system.readText(file) ?? '';
}

/** The servers that a resolv.conf names. */
export function parseNameservers(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
}

function parseServices(text: string): Readonly<Record<string, number>> {
  return Object.fromEntries([...text.matchAll(/^([\w.+-]+)\s+(\d+)\/(?:tcp|udp)/gm)].map(([, name, port]) => [name, Number(port)]));
}

function parseIds(text: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, id] = /^([^:#\s]+):[^:]*:(\d+)/.exec(line) ?? [];
      return name === undefined ? [] : [[name, Number(id)]];
    }),
  );
}
