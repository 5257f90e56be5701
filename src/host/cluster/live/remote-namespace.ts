/** The network namespace of a pod, looked at through `kubectl exec`: the same programs as on this machine, and the same readers of what they say. */

import { randomBytes } from 'node:crypto';
import type { Facts } from '../../../istio/settings/facts.ts';
import { parseAddresses, parseNameservers } from '../../facts.ts';
import type { Namespace, Target } from '../../namespace/namespace.ts';
import { netFilesThrough } from '../../namespace/namespace.ts';
import type { Command, Ran, Run } from '../../run.ts';
import type { ClusterAccess } from '../access.ts';
import { kubectlOutput } from '../kubectl.ts';
import type { Entry } from './script.ts';
import { answersIn, scriptOf } from './script.ts';

/** The container that commands run in. */
export interface ExecPlace {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/**
 * The words of kubectl for a shell that reads what it runs from its standard input: words of a command go into an address,
 * whose length servers in between limit, and stand where every process of the pod may read them.
 */
export function execWords({ namespace, pod, container }: ExecPlace): readonly string[] {
  return ['exec', '-i', '-n', namespace, pod, '-c', container, '--', 'sh'];
}

/** Opens it. Throws a ClusterFailure where it can't be entered. */
export async function remoteNamespace(
  name: string,
  place: ExecPlace,
  entry: Entry,
  access: ClusterAccess,
): Promise<Extract<Target, { kind: 'opened' }>> {
  const run = together((commands) => execute(commands, place, entry, access));
  const [kernel, addresses, nameservers] = await Promise.all([
    run({ argv: ['sh', '-c', KERNEL], deadline: 0 }),
    run({ argv: ['ip', '-o', 'addr', 'show'], deadline: 0 }),
    run({ argv: ['grep', '-s', '^nameserver', '/etc/resolv.conf'], deadline: 0 }),
  ]);
  const found = kernel.stdout.split('\n');
  const namespace: Namespace = {
    name,
    here: false,
    run,
    start: () => {
      throw new Error('nothing can be watched in a pod from here; istio-init trace pid:N --observe does so on its node');
    },
    netFiles: () => netFilesThrough(run),
    close: () => undefined,
    machine: { hasNft: found.includes('nft'), listsOfTables: found.filter((line) => line.startsWith('/proc/net/')) },
  };
  const facts: Facts = {
    addresses: parseAddresses(addresses.stdout),
    // From a node the file that is there is the node's, or that of whoever looks.
    ...(entry.prefix.length === 0 && { nameservers: parseNameservers(nameservers.stdout) }),
  };
  return { kind: 'opened', namespace, facts };
}

// As kernelHasNft says it of this machine: where the kernel knows no modules, or nft is built in, it may be there.
const KERNEL = `[ -e /proc/modules ] && ! grep -qs '^nf_tables ' /proc/modules && ! grep -qs ' nft_do_chain$' /proc/kallsyms || echo nft
for f in /proc/net/ip_tables_names /proc/net/ip6_tables_names; do [ ! -e $f ] || echo $f; done`;

async function execute(commands: readonly Command[], place: ExecPlace, entry: Entry, access: ClusterAccess): Promise<readonly Ran[]> {
  const mark = `istio-init-${randomBytes(16).toString('hex')}`;
  return answersIn(commands, mark, await kubectlOutput(execWords(place), access, `${scriptOf(commands, mark, entry)}\n`));
}

/** What is asked for in one turn goes in one call: each costs a connection to the API server and one to the node. */
function together(execute: (commands: readonly Command[]) => Promise<readonly Ran[]>): Run {
  let waiting: { readonly command: Command; readonly done: (ran: Promise<Ran>) => void }[] = [];
  const go = (): void => {
    const all = waiting;
    waiting = [];
    const ran = execute(all.map(({ command }) => command));
    for (const [index, { done }] of all.entries()) done(ran.then((answers) => answers[index] as Ran));
  };
  return (command) =>
    new Promise<Ran>((resolve) => {
      if (waiting.length === 0) setImmediate(go);
      waiting.push({ command, done: resolve });
    });
}
