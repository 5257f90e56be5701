/** The network of a live namespace beside its rules: interfaces, routing, sockets that listen. Changes nothing. */

import type { ObservedNetwork } from '../../istio/packets/trace-plan.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { LISTING, listingCommand } from '../kernel/routing.ts';
import type { Namespace } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';
import { readInterfaces, readRouting } from './ip-json.ts';
import { LISTENERS_COMMAND, readListeners } from './listeners.ts';

/** Reads it; `deadline` in milliseconds is that of each program. A text where interfaces or routes can't be listed. */
export async function readNetwork({ run }: Pick<Namespace, 'run'>, deadline: number): Promise<ObservedNetwork | string> {
  const [links, ip, ip6, sockets] = await Promise.all([
    run({ argv: ['ip', '-json', '-Numeric', 'addr', 'show'], deadline }),
    run({ argv: listingCommand('ip'), stdin: LISTING, deadline }),
    run({ argv: listingCommand('ip6'), stdin: LISTING, deadline }),
    run({ argv: LISTENERS_COMMAND, deadline }),
  ]);
  if (!succeeded(links)) return 'its interfaces can not be listed';
  if (!succeeded(ip)) return 'its routes can not be listed';
  const interfaces = readInterfaces(links.stdout);
  const routing = (text: string, family: Family): ReturnType<typeof readRouting> => readRouting(text, family);
  // A kernel without IPv6 has no rules of it, and no packet of it either.
  const parts = [routing(ip.stdout, 'ip'), ...(succeeded(ip6) ? [routing(ip6.stdout, 'ip6')] : [])];
  const kernel = await run({ argv: ['grep', '-s', '', ...switchFiles(interfaces.map(({ name }) => name))], deadline });
  const value = (file: string): string | undefined =>
    kernel.stdout
      .split('\n')
      .find((line) => line.startsWith(`${file}:`))
      ?.slice(file.length + 1);
  const forwarding = FAMILIES.flatMap((family) => {
    const text = value(FORWARDING[family]);
    return text === undefined ? [] : [[family, text !== '0'] as const];
  });
  return {
    interfaces,
    routing: {
      rules: parts.flatMap(({ rules }) => rules),
      routes: parts.flatMap(({ routes }) => routes),
      reversePath: Object.fromEntries(
        ['all', ...interfaces.map(({ name }) => name)].map((name) => [name, Number(value(filterFile(name)) ?? 0)]),
      ),
    },
    ...(succeeded(sockets) && { listeners: readListeners(sockets.stdout) }),
    forwarding: Object.fromEntries(forwarding),
  };
}

const FORWARDING: Readonly<Record<Family, string>> = {
  ip: '/proc/sys/net/ipv4/ip_forward',
  ip6: '/proc/sys/net/ipv6/conf/all/forwarding',
};

function filterFile(name: string): string {
  return `/proc/sys/net/ipv4/conf/${name}/rp_filter`;
}

function switchFiles(names: readonly string[]): readonly string[] {
  return [...Object.values(FORWARDING), ...['all', ...names].map(filterFile)];
}
