/** The rules of a node as kube-proxy and the portmap plugin of CNI make them: as many as are asked for. */

const ENDPOINTS = 3;
const POD_RANGE = '10.244.0.0/16';

interface Lines {
  readonly chains: string[];
  readonly rules: string[];
}

/** Input for iptables-restore: about `count` rules in the table nat, and what goes with them in filter. */
export function nodeRules(count: number): string {
  const nat: Lines = { chains: ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ', 'CNI-HOSTPORT-DNAT'], rules: [] };
  nat.rules.push(
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0',
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
  );
  for (let number = 0; nat.rules.length < count - 4; number += 1) {
    addService(nat, number);
    if (number % 50 === 0) addHostPort(nat, number);
  }
  const filter: Lines = {
    chains: ['KUBE-FORWARD', 'KUBE-FIREWALL'],
    rules: [
      '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
      '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
      '-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT',
      `-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`,
    ],
  };
  return `${block('filter', filter)}${block('nat', nat)}`;
}

/** A service of a cluster address, balanced over its endpoints by chance. */
function addService({ chains, rules }: Lines, number: number): void {
  const [service, address, name] = [
    `KUBE-SVC-${hash(number)}`,
    `10.96.${number >> 8}.${number & 255}`,
    `team-${number % 97}/app-${number}:http`,
  ];
  chains.push(service);
  rules.push(
    `-A KUBE-SERVICES -d ${address}/32 -p tcp -m comment --comment "${name} cluster IP" -m tcp --dport 80 -j ${service}`,
    `-A ${service} ! -s ${POD_RANGE} -d ${address}/32 -p tcp -m comment --comment "${name} cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
  );
  for (let index = 0; index < ENDPOINTS; index += 1) {
    const at = number * ENDPOINTS + index;
    const [endpoint, pod] = [`KUBE-SEP-${hash(at + 1e6)}`, `10.244.${at >> 8}.${at & 255}`];
    const left = ENDPOINTS - index;
    const chance = left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(11)}`;
    chains.push(endpoint);
    rules.push(
      `-A ${service} -m comment --comment "${name} -> ${pod}:8080"${chance} -j ${endpoint}`,
      `-A ${endpoint} -s ${pod}/32 -m comment --comment "${name}" -j KUBE-MARK-MASQ`,
      `-A ${endpoint} -p tcp -m comment --comment "${name}" -m tcp -j DNAT --to-destination ${pod}:8080`,
    );
  }
}

/** A pod with a port on the node. */
function addHostPort({ chains, rules }: Lines, number: number): void {
  const [chain, port] = [`CNI-DN-${hash(number + 2e6)}`, 20_000 + (number % 10_000)];
  chains.push(chain);
  rules.push(
    `-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"k8s-pod-network\\" id: \\"${hash(number)}\\"" -m multiport --dports ${port} -j ${chain}`,
    `-A ${chain} -p tcp -m tcp --dport ${port} -j DNAT --to-destination 10.244.${number >> 8}.${number & 255}:8080`,
  );
}

function block(table: string, { chains, rules }: Lines): string {
  return [`*${table}`, ...chains.map((chain) => `:${chain} - [0:0]`), ...rules, 'COMMIT', ''].join('\n');
}

// Chains are named after a digest of their service: 16 letters in base 32.
function hash(number: number): string {
  let bits = (BigInt(number) + 1n) * 0x9e3779b97f4a7c15n;
  let text = '';
  for (let length = 0; length < 16; length += 1) {
    text += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number(bits & 31n)];
    bits = (bits >> 5n) ^ ((bits & 0xffffn) << 60n);
  }
  return text;
}
