#!/bin/bash
# A node in a box: processes, mounts and network of its own until standard input ends, which it does however the test ends.
# Then nothing is left: the kernel takes what is in the box, and this script the folder and the control groups.
# node.sh FOLDER: prints the number of the process whose namespaces they are.
box() {
  local names
  # What engines keep in /run is this node's own; the machine's nameservers may be named there as well.
  names=$(cat /etc/resolv.conf)
  mount -t tmpfs tmpfs /run
  [ -e /etc/resolv.conf ] || install -D /dev/stdin "$(readlink -m /etc/resolv.conf)" <<<"$names"
  ip link set lo up
  echo >"$1/ready"
  read -r _
}
export -f box
exec 3<&0
mkfifo "$1/ready"
unshare --pid --fork --kill-child --mount --mount-proc --propagation private --net bash -c 'box "$1"' box "$1" <&3 >&2 &
# Before that there are no namespaces to enter, or not all of them.
read -t 60 -r _ <>"$1/ready"
echo $!
wait $!
rm -rf -- "$1"
for parent in /sys/fs/cgroup/libpod_parent /sys/fs/cgroup/*/libpod_parent; do
  [ ! -d "$parent" ] || find "$parent" -depth -type d -exec rmdir {} +
done
