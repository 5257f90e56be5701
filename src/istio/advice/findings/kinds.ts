/** What a look at rules may find: one row a code. */

export type FindingSeverity = 'error' | 'warning' | 'note';

export interface FindingKind {
  /** An error loses or misleads traffic; a warning may; a note is good to know. */
  readonly severity: FindingSeverity;
  /** What is there and what it does; `{name}` is filled in from the finding's arguments. */
  readonly text: string;
  /** What to do about it. */
  readonly fix: string;
  /** It rests on what is not there, so that it is not known where rules could not be read. */
  readonly ofAbsence?: true;
}

export const FINDINGS = {
  'forged-lines': {
    severity: 'warning',
    text: 'comments of {count} rules look like rules and are none ({where}): somebody wrote them to be mistaken for rules',
    fix: 'find out which program of the pod made them: it has NET_ADMIN',
  },
  'other-variables': {
    severity: 'warning',
    ofAbsence: true,
    text: 'the log prints other settings than its rules show: {differences}',
    fix: 'look whether something changed the rules after the run, or whether they are those of an earlier one',
  },
  'lets-many-through': {
    severity: 'warning',
    text: 'the rules take {value} for the proxy ({setting}): whatever runs as one of these goes past it',
    fix: 'one id is enough, that of the container istio-proxy: create the pod again, or find out who changed its rules',
  },
  'excludes-all': {
    severity: 'warning',
    text: 'the rules leave all {way} traffic alone: {setting} {value}',
    fix: 'exclude only what needs it; if the settings of the pod do not say so, find out who changed its rules',
  },
  'captures-nothing': {
    severity: 'warning',
    ofAbsence: true,
    text: 'the rules capture nothing: no inbound port, and no outbound range or port, is among their settings',
    fix: 'if the settings of the pod do not say so, find out who changed its rules; where it is meant, no rules are needed (interception mode NONE)',
  },
  'before-known': {
    severity: 'warning',
    ofAbsence: true,
    text: 'the rules are older than Istio 1.0: they have ISTIO_REDIRECT without ISTIO_IN_REDIRECT; their settings are unknown',
    fix: 'create the pod again with a release that is supported',
  },
  'both-backends': {
    severity: 'error',
    text: 'rules of Istio are in iptables-nft and in iptables-legacy at once ({where}), and packets meet both{chosen}',
    fix: 'keep one: istio-init clean --backend legacy {option} or istio-init clean --backend nft {option}',
  },
  'native-and-iptables': {
    severity: 'error',
    text: 'native nftables rules of Istio ({where}) stand beside those of iptables, and packets meet both',
    fix: 'keep those that the release of the pod makes; the native ones go with: {command}',
  },
  'ambient-and-sidecar': {
    severity: 'warning',
    text: 'rules of a sidecar and rules of ambient mode are here at once ({where})',
    fix: 'a pod is in the mesh in one way: remove the sidecar, or remove the pod from ambient mode, and create it again',
  },
  ambient: {
    severity: 'note',
    text: "chains of Istio's node agent are here ({where}): the pod is in ambient mode, without a sidecar",
    fix: 'nothing, where that is meant',
  },
  'ambient-node': {
    severity: 'note',
    text: "this node has the rules of Istio's node agent ({where}): they give the kubelet's health checks the address by which ambient pods know them",
    fix: 'nothing, where that is meant',
  },
  'ambient-both-backends': {
    severity: 'warning',
    text: 'rules of ambient mode are here twice, in iptables and in tables of nft ({where}), and packets meet both',
    fix: 'create the pod again: neither program removes what the other made; on a node, restart it',
  },
  node: {
    severity: 'note',
    text: 'this looks like a node, not a pod: it has chains of {program}',
    fix: 'name the pod: pid:N with a process of it, as the node sees it',
  },
  flushed: {
    severity: 'error',
    ofAbsence: true,
    text: 'only empty chains of Istio are left in {where}, as after iptables -F: nothing is captured',
    fix: 'make the rules again: istio-init apply {option} with the settings of the pod',
  },
  'unreached-chain': {
    severity: 'error',
    ofAbsence: true,
    text: 'nothing leads to {chains} ({where}): its rules see no packet',
    fix: 'make the rules again: istio-init apply {option} with the settings of the pod',
  },
  'left-over-chain': {
    severity: 'warning',
    ofAbsence: true,
    text: 'left over in {where}: {chains}; nothing leads there{state}',
    fix: 'istio-init apply {option} with the settings of the pod makes the rules anew; istio-init clean {option} removes all of Istio',
  },
  'duplicate-jump': {
    severity: 'warning',
    text: 'the jump to {chain} stands {count} times ({where}): the rules were made again over those that were there',
    fix: 'remove one: {command}',
  },
  'made-twice': {
    severity: 'warning',
    text: 'rules stand twice in {chains} ({where}): they were made again over those that were there',
    fix: 'make them once: istio-init apply {option} with the settings of the pod',
  },
  'foreign-first': {
    severity: 'warning',
    text: 'rule {position} of {where}, {whose}, stands before the jump to {chain} and takes packets from it: {rule}',
    fix: '{fix}',
  },
  'two-proxies': {
    severity: 'error',
    text: "two proxies in one pod send each other's calls to themselves, without end: ports {ports} ({where}{whose})",
    fix: 'one of the two injections has to go: create the pod again without it',
  },
  'rerouted-by-hand': {
    severity: 'note',
    text: 'rule {position} of {where} sends what comes in by {interface} to {chain}, and no release makes it: somebody put it there by hand',
    fix: 'let Istio make it: interfaces.reroute, the argument -k {interface}',
  },
  'ip6-refused': {
    severity: 'note',
    text: '{where} refuses all but loopback and answers, as Istio 1.0 to 1.4 has it for a pod without IPv6; it refuses neighbour discovery too, so IPv6 of a pod that has an address does not work',
    fix: 'nothing, where the pod has no IPv6; otherwise create it again with a release that captures IPv6',
  },
  'looks-like-ours': {
    severity: 'warning',
    ofAbsence: true,
    text: 'a rule that some release of Istio makes stands alone ({where}): {rule}',
    fix: 'if it is left over from another release, remove it: {command}',
  },
  guardrail: {
    severity: 'error',
    text: '{where} drops all {protocols}: istio-iptables --reconcile was interrupted, and left the rules that guard its work',
    fix: 'remove them: {command}',
  },
  policy: {
    severity: 'warning',
    text: 'the policy of {where} is {policy}, which no release of Istio sets: packets that no rule accepts are lost',
    fix: 'ask who set it, and whether anybody needs it: what should pass has to be accepted by a rule or by the policy',
  },
  'routing-missing': {
    severity: 'error',
    ofAbsence: true,
    text: 'TPROXY marks {where} packets with {mark}, and no policy rule has them delivered here: they are lost',
    fix: '{command}',
  },
  'routing-left': {
    severity: 'warning',
    ofAbsence: true,
    text: 'policy routing of TPROXY is here ({where}), and no rule that marks packets for it: {what}',
    fix: '{command}',
  },
  'routing-doubled': {
    severity: 'note',
    text: 'the policy rule for mark {mark} stands {count} times ({where}), as when istio-iptables runs again; one does the work',
    fix: '{command}',
  },
  'policy-rule-first': {
    severity: 'warning',
    text: 'the policy rule {rule} ({where}) is not one of Istio: {effect}',
    fix: 'ask who made it; a trace of this namespace tells which way a packet goes',
  },
  'policy-rule': {
    severity: 'note',
    text: 'the policy rule {rule} ({where}) is not one of Istio: it may choose another way out of the pod',
    fix: 'nothing, where it is needed; a trace of this namespace tells which way a packet goes',
  },
  'passthrough-missing': {
    severity: 'error',
    text: 'lo lacks the address ::6, from which the proxy delivers to the application: inbound IPv6 connections fail',
    fix: '{command}',
  },
  'passthrough-left': {
    severity: 'note',
    text: 'lo has the address ::6 of Istio, and there are no IPv6 rules that need it',
    fix: '{command}',
  },
  'ip6-not-captured': {
    severity: 'warning',
    ofAbsence: true,
    text: 'the pod has the IPv6 address {address}, and no rules capture its IPv6 traffic',
    fix: 'let Istio look for both families (--dual-stack, ISTIO_DUAL_STACK=true, dualStack: true), or remove the address from the pod',
  },
  'ip6-rules-unneeded': {
    severity: 'note',
    text: 'there are IPv6 rules, and the pod has no IPv6 address',
    fix: 'nothing, while it has none',
  },
  'other-nameservers': {
    severity: 'warning',
    text: 'DNS to {captured} is captured, and the pod asks {asked}: what it asks there goes past the agent',
    fix: 'the resolv.conf of the pod is not that of its rules: create the pod again, or istio-init apply {option} with its settings',
  },
  'no-listener': {
    severity: 'note',
    text: 'nothing listens on {ports}, where the rules send traffic: it is refused until the proxy does',
    fix: 'if the proxy should run by now, look at its log',
  },
  'dns-not-captured': {
    severity: 'warning',
    ofAbsence: true,
    text: 'the rules make exceptions for captured DNS, and none of them sends DNS to the agent',
    fix: 'check that the pod has nameservers in its resolv.conf, or capture all DNS (--capture-all-dns, dns.capture: all)',
  },
  'inbound-port': {
    severity: 'warning',
    ofAbsence: true,
    text: 'inbound traffic ({where}) goes to port {found}, where the settings say {desired}: a proxy that listens there gets none',
    fix: 'use one release for the init container and the proxy: old ones send inbound traffic to the outbound port; then create the pod again',
  },
  'other-release': {
    severity: 'warning',
    ofAbsence: true,
    text: 'these are the rules that Istio {releases} makes of the settings, not those of {release}',
    fix: 'use one release for the init container and the proxy, and create the pod again',
  },
} as const satisfies Record<string, FindingKind>;

export type FindingCode = keyof typeof FINDINGS;
