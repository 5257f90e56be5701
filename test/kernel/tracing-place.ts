import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import type { Namespace } from './namespace.ts';
import { feed, inNamespace } from './namespace.ts';

/** The devices of the pod by their numbers; packets to other machines leave by the first. */
export const DEVICES = { eth0: 11, eth1: 12, net1: 13, net2: 14 } as const;

export type Device = keyof typeof DEVICES;

export const DEVICE_NAMES: readonly [Device, ...Device[]] = ['eth0', 'eth1', 'net1', 'net2'];

/** The pod's addresses: those of the golden cases, and others from private ranges; behind each device are 256 more. */
export const POD: Readonly<Record<Device, Readonly<Record<Family, string>>>> = {
  eth0: { ip: '10.1.2.3', ip6: 'fd00:1::3' },
  eth1: { ip: '10.200.1.3', ip6: 'fd00:c801::3' },
  net1: { ip: '10.200.2.3', ip6: 'fd00:c802::3' },
  net2: { ip: '10.200.3.3', ip6: 'fd00:c803::3' },
};

export const BEHIND: Readonly<Record<Device, Readonly<Record<Family, string>>>> = {
  eth0: { ip: '10.1.9.0/24', ip6: 'fd00:1:9::/120' },
  eth1: { ip: '10.201.1.0/24', ip6: 'fd00:c901::/120' },
  net1: { ip: '10.201.2.0/24', ip6: 'fd00:c902::/120' },
  net2: { ip: '10.201.3.0/24', ip6: 'fd00:c903::/120' },
};

/** By the number that a trace gives. */
export function deviceName(index: number): string | undefined {
  return index === 0 ? undefined : index === 1 ? 'lo' : DEVICE_NAMES.find((name) => DEVICES[name] === index);
}

/** Name of the table in which tracing begins and ends; no program of iptables sees a table of the family `inet`. */
export const OWN_TABLE = 'tracing';

// A packet is traced where it enters the first hook, in both directions where its port says so. Behind all tables the kernel
// tells once more of it, and of the mark of the socket that gets it: each listener's mark is its port.
const RULES = `table inet ${OWN_TABLE} {
  chain output {
    type filter hook output priority -450
    tcp flags & (fin | syn | rst | ack) == syn meta nftrace set 1 accept
    tcp dport 50000-59999 meta nftrace set 1 accept
    tcp sport 50000-59999 meta nftrace set 1 accept
    meta l4proto udp meta nftrace set 1 accept
    icmp type echo-request meta nftrace set 1 accept
    icmpv6 type echo-request meta nftrace set 1 accept
  }
  chain prerouting {
    type filter hook prerouting priority -450
    iif lo accept
    ip saddr 192.0.2.254 udp dport 9 meta nftrace set 1 drop
    meta l4proto { tcp, udp } meta nftrace set 1 accept
    icmp type echo-request meta nftrace set 1 accept
    icmpv6 type echo-request meta nftrace set 1 accept
  }
  chain input {
    type filter hook input priority 2147483647
    counter
    meta mark set socket mark
  }
  chain postrouting {
    type filter hook postrouting priority 2147483647
    counter
  }
}
`;

const EVERYWHERE = ['all', 'default', ...DEVICE_NAMES];
// Sources are not checked: a packet from anywhere may come in anywhere. Nobody sends again what is not answered.
const SETTINGS = [
  ...EVERYWHERE.map((name) => `net.ipv4.conf.${name}.rp_filter=0`),
  // What turns round at a device is answered by a redirect, which shares its flow before any rule of FORWARD is asked.
  ...EVERYWHERE.map((name) => `net.ipv4.conf.${name}.send_redirects=0`),
  ...EVERYWHERE.map((name) => `net.ipv6.conf.${name}.accept_dad=0`),
  ...EVERYWHERE.map((name) => `net.ipv6.conf.${name}.router_solicitations=0`),
  ...['net.ipv4.ip_unprivileged_port_start=0', 'net.ipv4.ping_group_range=0 2147483647'],
  ...['net.ipv4.tcp_synack_retries=0', 'net.core.somaxconn=4096', 'net.ipv4.icmp_ratelimit=0'],
  ...['net.netfilter.nf_log.2=nfnetlink_log', 'net.netfilter.nf_log.10=nfnetlink_log'],
];

/** Hands a pod and the outside to `use`; removes both afterwards. */
export function inTracedPod<R>(use: (pod: Namespace, outside: Namespace) => Promise<R>): Promise<R> {
  return inNamespace((pod) =>
    inNamespace(async (outside) => {
      const cables = DEVICE_NAMES.map(
        (name) => `link add ${name} index ${DEVICES[name]} netns ${pod.name} type veth peer name ${name} netns ${outside.name}`,
      );
      // Nobody is asked who has an address: whatever is sent goes out.
      const own = DEVICE_NAMES.flatMap((name) => [
        `link set ${name} arp off addrgenmode none`,
        ...FAMILIES.map((family) => `addr add ${POD[name][family]}/${family === 'ip' ? 32 : 128} dev ${name}`),
        `link set ${name} up`,
        ...FAMILIES.map((family) => `route add ${BEHIND[name][family]} dev ${name}`),
      ]);
      const away = ['0.0.0.0/0', '::/0'].map((all) => `route add ${all} dev ${DEVICE_NAMES[0]}`);
      const others = DEVICE_NAMES.map((name) => `link set ${name} up`);
      const settings = SETTINGS.map((setting) => `'${setting}'`).join(' ');
      await feedAll(outside, `${lines(cables)}sysctl -qw net.ipv6.conf.all.disable_ipv6=1\n${lines(others)}`);
      await feedAll(pod, `sysctl -qw ${settings}\n${lines([...own, ...away])}${feed('nft -f -', RULES)}`);
      await feedAll(pod, DEVICE_NAMES.map((name) => `until ip link show ${name} | grep -q "state UP"; do sleep 0.01; done\n`).join(''));
      return use(pod, outside);
    }),
  );
}

const lines = (commands: readonly string[]): string => feed('ip -batch -', `${commands.join('\n')}\n`);

async function feedAll({ run }: Namespace, script: string): Promise<void> {
  const { exitCode, stderr } = await run(`set -e\n${script}`);
  if (exitCode !== 0) throw new Error(`${script}\n${stderr}`);
}
