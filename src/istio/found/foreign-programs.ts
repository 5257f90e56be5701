/** The programs whose rules stand beside Istio's, on nodes and in pods, and what they are known by. */

interface Program {
  readonly name: string;
  /** Names of its chains. */
  readonly chains?: RegExp;
  /** Comments on its rules in the chains of others. */
  readonly comments?: RegExp;
  /** Its bridges, in the chains that forwarded packets pass. */
  readonly bridges?: RegExp;
}

// Its own chains, and those of the zones that it comes with.
const FIREWALLD =
  /^((INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING)_(direct|ZONES|ZONES_SOURCE|(IN|OUT)_ZONES|POLICIES_(pre|post))|(IN|FWD|FWDI|FWDO|PRE|POST)_(public|block|dmz|drop|external|home|internal|trusted|work|nm-shared)(_\w+)?)$/;

// Other meshes (Linkerd's PROXY_INIT_, Kuma's KUMA_MESH_) are not here, nor is Istio's own ambient mode: they take the
// same traffic, so whoever looks for what becomes of it must see them.
const PROGRAMS: readonly Program[] = [
  { name: 'kube-proxy and kubelet', chains: /^KUBE-/, comments: /^(kubernetes |kubenet: )/ },
  { name: 'CNI plugins', chains: /^CNI-/, comments: /^CNI / },
  {
    name: 'Docker',
    chains: /^DOCKER([-_]|$)/,
    bridges: /^(docker\d+|docker_gwbridge|br-[0-9a-f]{12})$/,
  },
  { name: 'Podman', chains: /^NETAVARK[-_]/, bridges: /^podman\d+$/ },
  { name: 'Calico', chains: /^cali-/, comments: /^cali:/ },
  { name: 'Cilium', chains: /^(OLD_)?CILIUM_/, comments: /^cilium(-feeder)?: / },
  { name: 'Flannel', chains: /^FLANNEL-/, comments: /^flanneld / },
  { name: 'Antrea', chains: /^ANTREA-/, comments: /^Antrea: / },
  { name: 'Weave', chains: /^WEAVE(-|$)/ },
  { name: 'OVN-Kubernetes', chains: /^OVN-KUBE-/ },
  { name: 'AWS VPC CNI', chains: /^AWS-(SNAT|CONNMARK)-CHAIN-/, comments: /^AWS, / },
  { name: 'ip-masq-agent', chains: /^IP-MASQ(-AGENT)?$/, comments: /^ip-masq(-agent)?: / },
  { name: 'node-local DNS', comments: /^NodeLocal DNS Cache/ },
  { name: 'KubeVirt', chains: /^KUBEVIRT_/ },
  { name: 'libvirt', chains: /^LIBVIRT_/, bridges: /^virbr\d+$/ },
  { name: 'ufw', chains: /^ufw6?-/ },
  { name: 'firewalld', chains: FIREWALLD },
  { name: 'fail2ban', chains: /^(f2b|fail2ban)-/ },
  { name: 'Tailscale', chains: /^ts-(input|forward|postrouting)$/ },
];

// They take the same traffic: a comparison keeps their rules, and advice says whose they are.
const TAKERS: readonly Program[] = [
  { name: 'Telepresence', chains: /^(TEL_(IN|OUT)BOUND|TELEPRESENCE)/ },
  { name: 'Linkerd', chains: /^PROXY_INIT_/ },
  { name: 'Kuma', chains: /^(KUMA_)?MESH_/ },
  { name: 'Consul', chains: /^CONSUL_PROXY_/ },
];

/** The program that takes traffic of a pod for itself with chains of this name. */
export function takerOfChain(chain: string): string | undefined {
  return TAKERS.find(({ chains }) => chains?.test(chain))?.name;
}

/** The program that makes chains of this name. */
export function programOfChain(chain: string): string | undefined {
  return PROGRAMS.find(({ chains }) => chains?.test(chain))?.name;
}

/** The program that puts such a comment on its rules. */
export function programOfComment(comment: string): string | undefined {
  return PROGRAMS.find(({ comments }) => comments?.test(comment))?.name;
}

// No rule that Istio makes in them names an interface; in other chains one may be an interface that Istio excludes or reroutes.
const FORWARDED = ['FORWARD', 'POSTROUTING'];

/** The program whose bridge this interface is, for a rule that meets forwarded packets only. */
export function programOfInterface(name: string, chain: string): string | undefined {
  return FORWARDED.includes(chain) ? PROGRAMS.find(({ bridges }) => bridges?.test(name))?.name : undefined;
}
