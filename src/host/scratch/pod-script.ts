import { POD_NETWORK } from './setup.ts';

/**
 * The script of one run of a program in a pod, as process 1 of fresh network and PID namespaces within held ones: what was
 * there before goes in, the program runs with the rights of its case, everything that it started is killed, and the kernel's
 * state is printed. Texts come by variables and as arguments, never as a part of the script.
 */
export const RUN_IN_POD = `
${POD_NETWORK}
set +e
put() {
  text=$1
  shift
  [ -z "$text" ] || "$@" <<END || exit 90
$text
END
}
put "$BEFORE_NFT_IP" iptables-nft-restore
put "$BEFORE_NFT_IP6" ip6tables-nft-restore
put "$BEFORE_LEGACY_IP" iptables-legacy-restore
put "$BEFORE_LEGACY_IP6" ip6tables-legacy-restore
put "$ROUTING" ip -4 -batch -
put "$ROUTING6" ip -6 -batch -
if [ -n "$OWN" ]; then
  : >"$OWN" && mount --bind /proc/self/ns/net "$OWN" || exit 90
  : >"$OTHER" && unshare --net mount --bind /proc/self/ns/net "$OTHER" || exit 90
fi
for time in $TIMES; do
  "$@" </dev/null >/dev/null 2>/run/istio-init-said
  code=$?
done
kill -9 -1 2>/dev/null
part() { echo "$MARK $1"; shift; "$@" 2>/dev/null; }
part nft-ip iptables-nft-save
part nft-ip6 ip6tables-nft-save
read -r table </proc/net/ip_tables_names && part legacy-ip iptables-legacy-save
read -r table </proc/net/ip6_tables_names && part legacy-ip6 ip6tables-legacy-save
part 'ip' ip -4 -batch - <<'END'
rule show
route show table all
END
part 'ip -6' ip -6 -batch - <<'END'
rule show
route show table all
address show dev lo
END
[ -z "$NATIVE" ] || for table in $(nft list tables inet 2>/dev/null | sed -n 's/^table inet \\(istio-proxy-[a-z]*\\)$/\\1/p'); do
  part native nft -s list table inet "$table"
done
if [ -n "$OWN" ]; then
  part other nsenter --net="$OTHER" iptables-nft-save
  umount "$OWN" "$OTHER"
fi
[ "$code" = 0 ] || part said tail -c 2000 /run/istio-init-said
echo "$MARK exit"
echo "$code"
`;
