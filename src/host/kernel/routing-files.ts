/** What the files of /proc/net say about policy routing and ::6, without starting a process. */

import type { NetFiles } from '../namespace/namespace.ts';

/**
 * Whether a namespace may have IPv4 policy rules. A namespace is born with one table for `main` and
 * `local`, which fib_trie then shows twice; the first policy rule that is ever added parts them.
 * So two equal parts mean: never a policy rule. Anything else means: ask.
 */
export function mayHavePolicyRules({ fib_trie }: Pick<NetFiles, 'fib_trie'>): boolean {
  if (fib_trie === undefined) return true;
  // Split rather than matched: a table of many routes is long, and it is looked at twice.
  const [, parts = ''] = `\n${fib_trie}`.split('\nMain:\n');
  const [main = '', local = ''] = parts.split('\nLocal:\n');
  return main === '' || main.trimEnd() !== local.trimEnd();
}

/**
 * Whether a namespace may have IPv6 routing of ours: a default route of type local to lo. We add it
 * before its policy rule and remove it after, so even a run that was killed leaves it for this to find.
 */
export function mayHaveLocalDefault6({ ipv6_route }: Pick<NetFiles, 'ipv6_route'>): boolean {
  return (ipv6_route ?? '').split('\n').some((line) => {
    if (!line.startsWith(`${ANY_ADDRESS} 00 `) || !line.trimEnd().endsWith(' lo')) return false;
    const [, , , , , , , , flags = ''] = line.split(' ');
    return (Number.parseInt(flags, 16) & LOCAL) !== 0;
  });
}

const ANY_ADDRESS = '0'.repeat(32);

// RTF_LOCAL of linux/ipv6_route.h.
const LOCAL = 0x80000000;

/** Whether an interface has an IPv6 address of this kind, as if_inet6 writes it (`::6` with 128 bits on lo). */
export function passthroughIsThere({ if_inet6 }: Pick<NetFiles, 'if_inet6'>): boolean {
  return (if_inet6 ?? '')
    .split('\n')
    .some((line) => line.startsWith(PASSTHROUGH) && /^ \S+ 80 .* lo$/.test(line.slice(PASSTHROUGH.length)));
}

const PASSTHROUGH = `${'0'.repeat(31)}6`;
