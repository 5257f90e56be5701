import type { Family } from '../../netfilter/family.ts';
import type { Cause } from './failure-signs.ts';
import type { Rights } from './rights.ts';

/** What the words are filled in from. */
export interface Circumstances {
  readonly program: string;
  readonly family: Family;
  readonly modules: readonly string[];
  readonly rights: Rights;
  /** The last line the program said. */
  readonly said: string;
}

export interface CauseExplanation {
  readonly text: string;
  readonly fix: string;
}

const CAPABILITIES = 'securityContext.capabilities.add of the init container (Istio injects NET_ADMIN and NET_RAW)';
const CNI = 'where the platform forbids it, the istio-cni plugin installs the rules instead (values: pilot.cni.enabled=true)';

/** The meaning of a cause. */
export function explainCause(cause: Cause, of: Circumstances): CauseExplanation {
  return REMEDIES[cause](of);
}

const REMEDIES = {
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
  'extension-missing': ({ said }) => ({
    text: `this iptables lacks an extension: ${said}`,
    fix: 'use an image with the complete iptables package (its libxt_*.so files)',
  }),
  gone: () => ({
    text: 'the rules are not what they were when they were read: something else changes them',
    fix: 'find the other program (two init containers, a node agent) and run again',
  }),
  incompatible: () => ({
    text: 'the table holds rules that only nft can show, so iptables refuses to touch it',
    fix: 'look at them with "nft list ruleset" and move them to a table of their own',
  }),
  refused: ({ said, modules }) => ({
    text: `the kernel refused the rule: ${said}`,
    fix: `see dmesg for the reason; if a module is missing, on the node: modprobe -a ${modules.join(' ')}`,
  }),
  unreadable: ({ program, said }) => ({
    text: `${program} does not understand the rule: ${said}`,
    fix: 'use a newer iptables (1.8 or later), or change the setting that the rule comes from',
  }),
  namespace: ({ said }) => ({
    text: `the network namespace can not be entered: ${said}`,
    fix: 'run as root of the node (SYS_ADMIN and SYS_PTRACE), with hostPID for --pid',
  }),
  node: () => ({
    text: 'this looks like a node, not a pod: it has chains of kube-proxy',
    fix: 'name the pod with --pid or --netns, or say --host if the node itself is meant',
  }),
  drift: () => ({
    text: 'rules of Istio are here and differ from the desired ones',
    fix: 'look at the differences with "diff live", and apply with --on-drift reconcile',
  }),
  'not-verified': () => ({
    text: 'what was read back is not what was written',
    fix: 'find the program that changes the rules at the same time and run again',
  }),
  unknown: ({ said }) => ({
    text: said === '' ? 'it gave no reason' : said,
    fix: 'run again with debug logs; the text that was fed to it is in them',
  }),
} as const satisfies Record<Cause, (of: Circumstances) => CauseExplanation>;

function packageOf(program: string): string {
  if (program === 'ip') return 'the package iproute2';
  if (program === 'nft') return 'the package nftables';
  return program === 'nsenter' || program === 'tail' ? 'the packages util-linux and coreutils' : 'the package iptables';
}

function lacking(modules: readonly string[], { modules: loaded }: Rights): string {
  if (loaded === undefined) return `one of ${modules.join(', ')}`;
  const absent = modules.filter((module) => !loaded.has(module));
  return absent.length > 0
    ? `not loaded: ${absent.join(', ')}`
    : `all of ${modules.join(', ')} are loaded, so a sandbox such as gVisor or a security module may be in the way`;
}
