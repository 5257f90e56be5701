/** Namespaces of its own for a command that is a stranger: what it does to the kernel is read, and then all of it goes away. */

import type { Namespace } from '../namespace/namespace.ts';
import { openNamespace, requireLinux } from '../namespace/namespace.ts';
import type { Programs, Ran, Running } from '../run.ts';
import { enteringHeld, heldNamespaces, resolvConfOf, resolvConfVariable, startHolder } from './setup.ts';
import { handleStop } from './stopped.ts';
import { runStranger } from './stranger.ts';

/** A command for `/bin/sh -c`, and the pod that it finds itself in. */
export interface ScratchCommand {
  readonly text: string;
  /** `"$@"` of the text; behind it where the text does not use them. */
  readonly args: readonly string[];
  /** All of its environment besides PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** Of the interface eth0, with or without a prefix length. */
  readonly addresses: readonly string[];
  /** Of /etc/resolv.conf, which holds nothing else. */
  readonly nameservers: readonly string[];
  /** Milliseconds after which the command is killed. */
  readonly deadline: number;
}

/**
 * Runs a command in new net, mount, IPC, UTS and PID namespaces, with the capabilities NET_ADMIN and NET_RAW and no more,
 * and hands what became of it, and the network namespace it leaves, to `use`. By then nothing that the command
 * started is alive. Throws an Error in words where the namespaces can't be made.
 */
export async function inScratch<R>(
  command: ScratchCommand,
  programs: Programs,
  use: (ran: Ran, namespace: Namespace) => Promise<R>,
): Promise<R> {
  requireLinux();
  if (process.geteuid?.() !== 0) throw new Error('only root can make namespaces for it; run with sudo');
  const { addresses, nameservers } = command;
  const holder = await startHolder(programs, {
    argv: heldNamespaces({ addresses }),
    env: { ...resolvConfVariable(nameservers), RESOLV_CONF: resolvConfOf(nameservers) },
  });
  let namespace: Namespace | undefined;
  const stopping = handleStop();
  try {
    // Held open by this process from here on, so that it outlives all processes in it.
    namespace = openNamespace({ kind: 'pid', pid: holder.pid }, programs);
    const ran = await runStranger({ argv: argvOf(command, holder.pid), deadline: command.deadline, keep: KEPT, signal: stopping.signal });
    await end(holder);
    stopping.goOn();
    return await use(ran, namespace);
  } finally {
    await end(holder);
    stopping.goOn();
    namespace?.close();
  }
}

// A message takes the last lines.
const KEPT = 16_384;

/**
 * Process 1 of a PID namespace takes all others with it; its parent ends when the kernel has buried them. The death of this process
 * closes the holder's standard input, and that of unshare kills its child: nothing is left either way.
 */
async function end(holder: Running): Promise<void> {
  holder.stop();
  await holder.ended;
}

/** The command as a process of the holder's namespaces. */
function argvOf({ text, args, env }: ScratchCommand, pid: number): Ran['argv'] {
  const variables = { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/', ...env };
  return [
    ...enteringHeld(pid),
    ...['env', '-i', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)],
    ...['setpriv', '--bounding-set=-all,+net_admin,+net_raw', '--inh-caps=-all', '--no-new-privs'],
    ...['/bin/sh', '-c', '--', withArguments(text, args), 'sh', ...args],
  ];
}

/** The text as it is, with `"$@"` behind it where there are arguments that it does not ask for itself. */
function withArguments(text: string, args: readonly string[]): string {
  return args.length === 0 || /\$\{?[@*#1-9]/.test(text) ? text : `${text.trimEnd()} "$@"`;
}
