import type { Family } from '../../../netfilter/family.ts';
import type { Cause, KnownRights } from './failure-signs.ts';

/** What the words are filled in from. */
export interface Circumstances {
  readonly program: string;
  readonly family: Family;
  readonly modules: readonly string[];
  readonly rights: KnownRights;
  /** The last line the program said. */
  readonly message: string;
}

export interface CauseExplanation {
  readonly text: string;
  readonly fix: string;
}

const CAPABILITIES = 'securityContext.capabilities.add of the init container (Istio injects NET_ADMIN and NET_RAW)';
const CNI = 'where the platform forbids it, the istio-cni plugin installs the rules instead (values: pilot.cni.enabled=true)';

/** The meaning of a cause. */
export function explainCause(cause: Cause, of: Circumstances): CauseExplanation {
  return FIXES[cause](of);
}

const FIXES = {
  'program-missing': ({ program }) => ({
    text: `there is no program ${program}`,
    fix: `use an image that has ${packageOf(program)}, or choose another backend with --backend`,
  }),
  deadline: ({ program }) => ({
    text: `${program} hung and was killed; the table under way is as it was`,
    fix: 'look for a program that keeps the xtables lock or netlink busy, and for a CPU limit that starves the container; then run again',
  }),
  killed: ({ program }) => ({
    text: `${program} was killed by another`,
    fix: 'look for an out-of-memory kill (dmesg); raise the memory limit and run again',
  }),
  'few-handles': ({ program }) => ({
    text: `there are too few file handles to run ${program}`,
    fix: 'raise the limit (ulimit -n, LimitNOFILE): 64 are enough',
  }),
  'no-net-admin': () => ({
    text: 'this process has no NET_ADMIN capability, without which the kernel shows and changes no rules',
    fix: `add NET_ADMIN to ${CAPABILITIES}; ${CNI}`,
  }),
  'no-net-raw': () => ({
    text: 'this process has no NET_RAW capability, which iptables-legacy needs besides NET_ADMIN',
    fix: `add NET_RAW to ${CAPABILITIES}, or use --backend nft, which does without`,
  }),
  'not-permitted': ({ rights }) => ({
    text: `the kernel refused this process${rights.has('NET_ADMIN') === true ? ', although it has NET_ADMIN' : ''}`,
    fix: 'look for a user namespace that does not own this network namespace, for SELinux or AppArmor (ausearch -m avc, dmesg), and for a seccomp profile',
  }),
  'lock-held': () => ({
    text: 'another program held the xtables lock all the time',
    fix: 'end that program (fuser /run/xtables.lock) and run again, or use --backend nft, which has no lock',
  }),
  'lock-file': () => ({
    text: 'iptables-legacy can not write its lock file',
    fix: 'set XTABLES_LOCKFILE to a writable path (iptables 1.8.6 and later), mount an emptyDir at /run, or use --backend nft, which has no lock',
  }),
  'no-ip6': () => ({
    text: 'this kernel has no IPv6 for these rules',
    fix: 'enable IPv6 on the node, or take the IPv6 address from the pod: IPv6 traffic of a pod that has one must not go uncaptured',
  }),
  'kernel-support': ({ modules, rights }) => ({
    text: `the kernel lacks what the rules need: ${lacking(modules, rights)}`,
    fix: `on the node: modprobe -a ${modules.join(' ')} (and one line each in /etc/modules-load.d/istio.conf); a container can not load modules, under SELinux not even by using them. Or choose the other backend with --backend`,
  }),
  'extension-missing': ({ message, modules }) => ({
    text: `this iptables, or the kernel, lacks an extension: ${message}`,
    fix: `use an image with the complete iptables package (its libxt_*.so files), and on the node: modprobe -a ${modules.join(' ')}`,
  }),
  'part-missing': ({ modules, rights }) => ({
    text: `the kernel does not know a chain, a match or a target of the rule: most likely it lacks ${lacking(modules, rights)}`,
    fix: `on the node: modprobe -a ${modules.join(' ')} (and one line each in /etc/modules-load.d/istio.conf); if all are loaded, look for a program that removed the chain meanwhile`,
  }),
  sysctl: ({ message }) => ({
    text: `a parameter of the kernel may not be written, because /proc/sys is read-only to a container that is not privileged: ${message}`,
    fix: 'find the init container that writes it (enable-core-dump needs privileged: true, or global.proxy.enableCoreDump=false), or set the parameter with securityContext.sysctls of the pod or on the node',
  }),
  'not-taken': ({ program }) => ({
    text: `the kernel holds none of the rules that were given to ${program}-restore, and nothing says why`,
    fix: 'look into the namespace of the pod with both backends (iptables-legacy-save, iptables-nft-save), and for what removes rules there',
  }),
  gone: () => ({
    text: 'the rules are not what they were when they were read: something else changes them',
    fix: 'find the other program (two init containers, a node agent) and run again',
  }),
  incompatible: () => ({
    text: 'the table holds rules that only nft can show, so iptables refuses to touch it',
    fix: 'look at them with "nft list ruleset" and move them to a table of their own',
  }),
  refused: ({ message, modules }) => ({
    text: `the kernel refused the rule: ${message}`,
    fix: `see dmesg for the reason; if a module is missing, on the node: modprobe -a ${modules.join(' ')}`,
  }),
  unreadable: ({ program, message }) => ({
    text: `${program} does not understand the rule: ${message}`,
    fix: 'use a newer iptables (1.8 or later), or change the setting that the rule comes from',
  }),
  namespace: ({ message }) => ({
    text: `the network namespace can not be entered: ${message}`,
    fix: 'run as root of the node (SYS_ADMIN and SYS_PTRACE), with hostPID for --pid',
  }),
  'not-executable': () => ({
    text: 'the image is not for the processor of this node',
    fix: 'use an image for the architecture of the node (amd64, arm64), or keep the pod off it with a nodeSelector',
  }),
  'may-not-execute': ({ message }) => ({
    text: `the program may not be started: ${message}`,
    fix: 'see that its file is executable in the image (an own image: chmod +x), that its volume is not mounted noexec, and that no seccomp or AppArmor profile and no no_new_privs of the container forbids it',
  }),
  'library-missing': ({ message }) => ({
    text: `a program in the image does not find the libraries that it was built with: ${message}`,
    fix: 'use an image whose programs and libraries are of one distribution (an own image: install iptables by its package manager, do not copy the file)',
  }),
  'few-processes': ({ message }) => ({
    text: `no further process or thread could be started: the limit of processes, or of memory, is reached: ${message}`,
    fix: 'raise the limit of processes (podPidsLimit of the kubelet, ulimit -u) and resources.limits.memory of the init container',
  }),
  'disk-full': () => ({
    text: 'there is no space left where it writes',
    fix: 'free the disk of the node (kubectl describe node: DiskPressure), or raise the limit of ephemeral storage',
  }),
  'file-rights': ({ message }) => ({
    text: `the user of the container may not write a file: ${message}`,
    fix: 'runAsUser 0 for istio-init, or an emptyDir at that folder',
  }),
  'no-device': ({ message }) => ({
    text: `a network interface that was named is not there: ${message}`,
    fix: 'look at "ip link" in the network namespace of the pod: its CNI plugin has to make the interfaces, lo among them, before the rules are made',
  }),
  'no-rights': () => ({
    text: 'the container may not change the packet filter: it is not root, or has no NET_ADMIN (and for iptables-legacy NET_RAW)',
    fix: `securityContext of istio-init: runAsUser 0, runAsNonRoot false, and NET_ADMIN and NET_RAW in ${CAPABILITIES}; ${CNI}`,
  }),
  'read-only': () => ({
    text: 'the root file system of the container is read-only, and iptables or Istio writes a file there',
    fix: 'readOnlyRootFilesystem: false for istio-init, or an emptyDir at /run and /tmp; or iptables-nft, which writes no file',
  }),
  'table-closed': ({ modules }) => ({
    text: `iptables could not open the table: its module is not loaded on the node (${modules.join(', ')}), or the container has no NET_ADMIN or NET_RAW`,
    fix: `on the node: modprobe -a ${modules.join(' ')} (and one line each in /etc/modules-load.d/istio.conf), or iptables-nft where the node has no legacy tables; otherwise add both to ${CAPABILITIES}`,
  }),
  'old-iptables': ({ message }) => ({
    text: `this iptables is too old for what it was told: ${message}`,
    fix: 'use an image with a newer iptables (1.8 or later)',
  }),
  'chain-exists': () => ({
    text: 'the chain is there already: the container ran once more in the same pod, whose network still has the rules of the first run',
    fix: 'delete the pod, so that it gets a network of its own; look for what removes init containers that have ended (docker system prune, a clean-up job), because the kubelet then runs them again',
  }),
  'too-many-ports': () => ({
    text: 'multiport takes 15 ports in one rule (a range counts as two), and the list is longer',
    fix: 'shorten the list of ports, or use a release that makes a rule for each port',
  }),
  'bad-value': ({ message }) => ({
    text: `the program does not take a value that was given: ${message}`,
    fix: 'look for it among the annotations (traffic.sidecar.istio.io/...), the arguments of the init container and the values of the mesh; "istio-init lint" names the place',
  }),
  'bad-flag': ({ message }) => ({
    text: `the program does not know an argument: ${message}`,
    fix: 'the template that injected the pod and the image of the init container are of different releases: make them the same (sidecar.istio.io/proxyImage, global.proxy_init.image)',
  }),
  'bad-name': ({ message }) => ({
    text: `the image does not know a user or a group: ${message}`,
    fix: 'give numbers (-u 1337 -g 1337)',
  }),
  busy: ({ message }) => ({
    text: `another program was changing the same at that moment: ${message}`,
    fix: 'run again; find the other program (kube-proxy, Docker, a firewall service) where that goes on',
  }),
  memory: () => ({
    text: 'the container ran out of memory and was killed',
    fix: 'raise resources.limits.memory of the init container (sidecar.istio.io/proxyMemoryLimit, or global.proxy_init.resources), and look at dmesg of the node',
  }),
  'no-address': ({ message }) => ({
    text: `the pod has no address that could be captured: ${message}`,
    fix: 'look why the pod has no address (its CNI plugin), or no other than loopback and link-local ones',
  }),
  'no-nameserver': ({ message }) => ({
    text: `no nameserver was found, whose traffic was to be captured: ${message}`,
    fix: 'look at /etc/resolv.conf of the pod (dnsPolicy, dnsConfig), or turn off the capture of DNS',
  }),
  'not-validated': () => ({
    text: 'the validation found no rules in the pod: neither istio-init nor the CNI plugin made them',
    fix: 'with the CNI plugin: delete the pod, so that it is made again on a node where the plugin runs; taint nodes until it does (the untaint controller), and look into the log of istio-cni-node there; repair by restart does not reach a pod with restartPolicy Never',
  }),
  leftovers: () => ({
    text: 'rules of an earlier run or release are there and differ from the desired ones',
    fix: 'delete the pod, or on a virtual machine clean up first ("istio-init clean --here", or --reconcile)',
  }),
  crashed: ({ message }) => ({
    text: `the program ended before it was done: ${message}`,
    fix: 'the reason stands above that line of the log; run again with --log_output_level=default:debug if none does',
  }),
  'plugin-missing': () => ({
    text: 'the node has no Istio CNI plugin where its runtime looks for it',
    fix: 'see that istio-cni-node runs on the node and is ready, and that its cniBinDir and cniConfDir are those of the runtime (values: cni.cniBinDir, cni.cniConfDir); after Istio was removed, delete istio-cni from the files in /etc/cni/net.d',
  }),
  'agent-away': () => ({
    text: 'the CNI plugin did not reach its agent on the node, so the pod got no rules and no network',
    fix: 'see that istio-cni-node runs on the node and is ready (kubectl -n istio-system get pods -o wide), and read its log; the pod is tried again by itself',
  }),
  'plugin-rights': () => ({
    text: 'the CNI plugin was not allowed to ask the API server',
    fix: 'restart istio-cni-node on the node, which renews its token; see that its ClusterRole may get pods',
  }),
  'plugin-timeout': () => ({
    text: 'the CNI plugin, or what it asked, took too long',
    fix: 'look for a CPU limit or load on istio-cni-node and on the API server; the pod is tried again by itself',
  }),
  'plugin-program': ({ message }) => ({
    text: `a program that the CNI plugin calls is not on the node: ${message}`,
    fix: 'install it on the node; where that can not be (a minimal operating system, as Bottlerocket or Talos), use a release whose plugin calls none',
  }),
  'no-ztunnel': () => ({
    text: 'the node agent has no connection to the ztunnel of this node, so the pod is not taken into the mesh',
    fix: 'see that ztunnel runs on the node and is ready (kubectl -n istio-system get pods -l app=ztunnel -o wide), and read its log; the pod is tried again by itself',
  }),
  'node-nft': () => ({
    text: 'native nftables are on, the plugin runs on the node, and the node has no program nft in its PATH',
    fix: 'install nftables on the node, or turn native nftables off (values: global.nativeNftables=false)',
  }),
  'node-connmark': () => ({
    text: "the node's kernel has no connmark (xt_connmark), which the rules need; nothing in the pod or its annotations can help",
    fix: 'on the node: modprobe xt_connmark (and a line in /etc/modules-load.d/istio.conf), or a kernel that is built with it',
  }),
  'nft-order': () => ({
    text: 'nft refused the transaction, which is one, so that no rule at all is there: rules are inserted at places of a chain that has fewer (TPROXY with an empty list of inbound ports, in the first releases with native nftables)',
    fix: 'use a release in which that is mended ("istio-init changes" names it), REDIRECT for this pod, an inbound port in the list, or turn native nftables off',
  }),
  'run-as-root': () => ({
    text: 'the init container must be root, and the pod forbids it',
    fix: `securityContext of istio-init: runAsUser 0 and runAsNonRoot false; ${CNI}`,
  }),
  policy: () => ({
    text: 'the cluster does not admit the init container with the rights that it needs (NET_ADMIN, NET_RAW, root)',
    fix: `${CNI}; or label the namespace pod-security.kubernetes.io/enforce=privileged; on OpenShift give the service account the SCC that Istio's page names`,
  }),
  image: ({ message }) => ({
    text: `the image of the init container can't be had, or is none of Istio's: ${message}`,
    fix: 'look at image and imagePullSecrets of istio-init, and at sidecar.istio.io/proxyImage and global.proxy_init.image',
  }),
  'container-config': ({ message }) => ({
    text: `the kubelet could not put the container's configuration together: ${message}`,
    fix: 'see that each Secret and ConfigMap that it names is in the namespace of the pod, with the keys that are asked for',
  }),
  'not-started': ({ message }) => ({
    text: `the container was never started, so it has made no rules: ${message}`,
    fix: 'look at command, image, securityContext and mounts of istio-init, and at the log of the container runtime on the node',
  }),
  'not-injected': () => ({
    text: 'the API server did not reach the webhook that injects the sidecar, so the pod was not made',
    fix: 'see that istiod runs and is ready, and that the API server reaches its port 15017 (the firewall of a private cluster, a network policy); a certificate that is refused is mended by a restart of istiod',
  }),
  'port-taken': ({ message }) => ({
    text: `a port that the validation listens on can not be had: ${message}`,
    fix: 'look for what listens on that port in the pod, or, on a virtual machine, for a proxy that runs already',
  }),
  restarts: () => ({
    text: 'the init container fails again and again',
    fix: 'read its log: kubectl logs POD -c istio-init --previous | istio-init',
  }),
  evicted: () => ({
    text: 'the pod was removed from its node before it ran',
    fix: 'look at the events of the pod and at the pressure on the node',
  }),
  'no-sandbox': ({ message }) => ({
    text: `the pod has no sandbox, so no container of it has run and it has no rules: ${message}`,
    fix: 'look into the logs of the kubelet and of istio-cni-node on that node',
  }),
  node: () => ({
    text: 'this looks like a node, not a pod: it has chains of kube-proxy',
    fix: 'name the pod with --pid or --netns, or say --host if the node itself is meant',
  }),
  drift: () => ({
    text: 'rules of Istio are here and differ from the desired ones',
    fix: 'look at the differences with "istio-init diff live", then apply with --on-drift reconcile',
  }),
  'not-verified': () => ({
    text: 'what was read back is not what was written',
    fix: 'find the program that changes the rules at the same time and run again',
  }),
  unknown: ({ message }) => ({
    text: message === '' ? 'it gave no reason' : `its cause is not known; it said: ${message}`,
    fix: 'run again with --log_output_level=default:debug: that log holds the text that was fed to it',
  }),
} as const satisfies Record<Cause, (of: Circumstances) => CauseExplanation>;

function packageOf(program: string): string {
  if (program === 'ip') return 'the package iproute2';
  if (program === 'nft') return 'the package nftables';
  return program === 'nsenter' || program === 'tail' ? 'the packages util-linux and coreutils' : 'the package iptables';
}

function lacking(modules: readonly string[], { modules: loaded }: KnownRights): string {
  if (loaded === undefined) return `one of ${modules.join(', ')}`;
  const absent = modules.filter((module) => !loaded.has(module));
  return absent.length > 0
    ? `not loaded: ${absent.join(', ')}`
    : `all of ${modules.join(', ')} are loaded, so a sandbox such as gVisor or a security module may be in the way`;
}
