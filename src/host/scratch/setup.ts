/**
 * The script that makes a scratch namespace ready, run by root as process 1 of fresh net, mount and PID
 * namespaces. Its arguments are the addresses; its standard input is held open for as long as the
 * namespaces are wanted, and then all in them ends.
 *
 * What an init container sees is what a command sees here: /sys, and the parts of /proc that belong to the
 * whole machine, can only be read (root may write them without any capability). /run is a copy that is
 * thrown away: legacy iptables finds a lock file of its own in it, and no socket of a daemon answers.
 */
export const SETUP = `
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
printf %s "$RESOLV_CONF" >/run/istio-init-resolv.conf
if [ -n "$RESOLV_CONF_PATH" ]; then
  [ -e "$RESOLV_CONF_PATH" ] || { mkdir -p "\${RESOLV_CONF_PATH%/*}"; : >"$RESOLV_CONF_PATH"; }
  mount --bind /run/istio-init-resolv.conf "$RESOLV_CONF_PATH"
fi
ip link set lo up
ip link add eth0 type dummy 2>/dev/null || ip link add eth0 type veth peer name peer0
ip link set eth0 addrgenmode none 2>/dev/null || :
for address in "$@"; do
  case $address in
    *:*) ip address add "$address" dev eth0 nodad ;;
    *) ip address add "$address" dev eth0 ;;
  esac
done
ip link set eth0 up
echo ready
read -r end || :
`;
