/** The scripts that make scratch namespaces ready: what of the machine a stranger sees, and the network of a pod. */

import { realpathSync } from 'node:fs';
import type { Programs, Running } from '../run.ts';

/**
 * Run by root as process 1 of fresh mount and PID namespaces.
 *
 * What an init container sees is what a command sees here: /sys, and the parts of /proc that belong to the
 * whole machine, can only be read (root may write them without any capability). /run is a copy that is
 * thrown away: legacy iptables finds a lock file of its own in it, and no socket of a daemon answers.
 */
const SECLUDE = `
set -e
for program in ip mount umount nsenter setpriv; do
  command -v $program >/dev/null || { echo "there is no program $program (packages util-linux and iproute2)" >&2; exit 1; }
done
mount -t tmpfs tmpfs /sys
mkdir /sys/upper /sys/work
mount -t overlay -o lowerdir=/run,upperdir=/sys/upper,workdir=/sys/work overlay /run 2>/dev/null || mount -t tmpfs tmpfs /run
umount /sys
mount -t sysfs -o ro sysfs /sys
for part in bus fs irq sys sysrq-trigger; do
  [ ! -e /proc/$part ] || mount -o bind,ro /proc/$part /proc/$part
done
: >/run/istio-init-resolv.conf
if [ -n "$RESOLV_CONF_PATH" ]; then
  [ -e "$RESOLV_CONF_PATH" ] || { mkdir -p "\${RESOLV_CONF_PATH%/*}"; : >"$RESOLV_CONF_PATH"; }
  mount --bind /run/istio-init-resolv.conf "$RESOLV_CONF_PATH"
fi
`;

/**
 * The network of a pod, in a fresh network namespace: eth0 with the addresses in ADDRESSES, and the nameservers in RESOLV_CONF.
 * One `ip` does all of it; a second one only where the kernel knows no veth.
 */
export const POD_NETWORK = `
set -e
printf %s "$RESOLV_CONF" >/run/istio-init-resolv.conf
addresses=
for address in $ADDRESSES; do
  case $address in *:*) nodad=' nodad' ;; *) nodad= ;; esac
  addresses="\${addresses}address add $address dev eth0$nodad
"
done
eth0=
peer0=
if [ -e /proc/net/if_inet6 ]; then
  eth0='link set eth0 addrgenmode none'
  peer0='link set peer0 addrgenmode none'
fi
connect() {
  ip -batch - <<END
link add eth0 type $1
link set lo up
$2
$eth0
\${addresses}link set eth0 up
END
}
connect 'veth peer name peer0' "$peer0" || {
  ! grep -q 'eth0:' /proc/net/dev || exit 1
  connect dummy ''
}
`;

/** Where a stand has all programs of the search path, but those of iptables. */
export const TOOLS = '/run/istio-init-tools';

// Many links, in memory and by few processes; of two programs with one name the first is the one that would be found.
const LINK_TOOLS = `
mkdir ${TOOLS}
for folder in $(echo "$PATH" | tr : ' '); do
  ln -s "$folder"/* ${TOOLS}/ 2>/dev/null || :
done
rm -f ${TOOLS}/iptables* ${TOOLS}/ip6tables* ${TOOLS}/xtables*
`;

/** Holds namespaces for as long as standard input is open; then all in them ends. */
const HOLD = `
echo ready
read -r end || :
`;

type Words = readonly [string, ...string[]];

/** Fresh namespaces that are held: a pod with these addresses, or a stand for pods that get networks of their own. */
export function heldNamespaces(what: { readonly addresses: readonly string[] } | 'stand'): Words {
  const unshare = 'unshare --net --mount --ipc --uts --pid --fork --kill-child --mount-proc -- /bin/sh -c'.split(' ');
  if (what === 'stand') return [...unshare, `${SECLUDE}${LINK_TOOLS}${HOLD}`] as unknown as Words;
  return [...unshare, `${SECLUDE}ADDRESSES="$*"\n${POD_NETWORK}${HOLD}`, 'sh', ...what.addresses] as unknown as Words;
}

/** What comes before words that run as a process of held namespaces; --root and --wd keep the folders where this process is in a chroot. */
export function enteringHeld(pid: number): Words {
  const namespaces = ['net=ns/net', 'mount=ns/mnt', 'ipc=ns/ipc', 'uts=ns/uts', 'pid=ns/pid_for_children', 'root=root', 'wd=cwd'];
  return ['nsenter', ...namespaces.map((option) => `--${option.replace('=', `=/proc/${pid}/`)}`)];
}

/** Where the scripts put the nameservers. Throws an Error in words where this machine has no such file. */
export function resolvConfVariable(nameservers: readonly string[]): Readonly<Record<string, string>> {
  const path = resolvConf();
  if (path === '' && nameservers.length > 0) throw new Error('this machine has no /etc/resolv.conf to name nameservers in');
  return { RESOLV_CONF_PATH: path };
}

/** The text of a resolv.conf that holds nothing else. */
export function resolvConfOf(nameservers: readonly string[]): string {
  return nameservers.map((server) => `nameserver ${server}\n`).join('');
}

/** Why a script ended: its last line, but for the one in which ip says only where in its input that was. */
export function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('Command failed '));
  return lines.at(-1)?.trim() ?? '';
}

function resolvConf(): string {
  try {
    return realpathSync('/etc/resolv.conf');
  } catch {
    return '';
  }
}

/** The process that holds namespaces. Throws an Error in words where they can't be made. */
export async function startHolder(
  programs: Programs,
  command: Parameters<Programs['start']>[0],
): Promise<Running & { readonly pid: number }> {
  const holder = programs.start(command);
  const { pid } = holder;
  if (!(await holder.spoke) || pid === undefined) throw new Error(`namespaces for it can not be made: ${lastWords(await holder.ended)}`);
  return { ...holder, pid };
}
