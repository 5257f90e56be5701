/** What settings and manifests may be told of: one row a code, and a page under docs/lint/ for each. */

import type { Severity } from '../../problems.ts';

interface LintKind {
  /** An error keeps the pod from starting; a warning is about what does not do what it seems to; a note is good to know. */
  readonly severity: Severity;
  /** What is there and what comes of it; `{name}` is filled in from the diagnostic's arguments. */
  readonly text: string;
  /** What to do about it. */
  readonly fix: string;
  /** The code of `istioctl analyze` for the same (pkg/config/analysis/msg/messages.yaml). */
  readonly istioctl?: `IST${string}`;
}

export const LINTS = {
  'misplaced-annotation': {
    severity: 'warning',
    text: '{name} stands on {where}; Istio reads only annotations of its pods',
    fix: 'put it under {path}',
    istioctl: 'IST0107',
  },
  'annotation-as-label': {
    severity: 'warning',
    text: '{name} is a label ({where}), and Istio reads it as an annotation only',
    fix: 'move it to annotations',
  },
  'pods-not-known': {
    severity: 'note',
    text: '{what}: {count} of Istio, of pods that do not stand here; names and values were checked where they stand',
    fix: 'look at the pods as well: {command}',
  },
  'sidecar-capture-mode': {
    severity: 'note',
    text: 'captureMode NONE of {what} changes what the proxy listens on, not the rules: {direction} traffic{port} is captured all the same',
    fix: 'leave it alone on the pods: {annotation}, or sidecar.istio.io/interceptionMode: NONE for no rules at all',
  },
  'pod-security': {
    severity: 'error',
    text: 'the namespace enforces the Pod Security level {level}, and {container} {needs}: pods of this workload are not created',
    fix: '{fix}',
  },
  'init-without-rights': {
    severity: 'error',
    text: 'istio-init {what}: it makes no rules, and the pod does not start',
    fix: '{fix}',
  },
  'proxy-not-exempt': {
    severity: 'error',
    text: 'istio-proxy runs as {owner}, and the rules let {exempt} through: what the proxy sends is captured again and comes back to it without end{unless}',
    fix: 'let it run as {exempt}, or have the rules made for its own user',
  },
  'init-read-only-root': {
    severity: 'warning',
    text: 'istio-init has a read-only root file system: iptables-legacy can not make its lock /run/xtables.lock there, and ends with code 4',
    fix: 'set readOnlyRootFilesystem: false, as the injector does, or mount an emptyDir at /run',
  },
  'hold-idle': {
    severity: 'note',
    text: 'holdApplicationUntilProxyStarts has no effect: the proxy is a native sidecar, which is ready before any container of the application starts',
    fix: 'remove it',
  },
  'init-container-failed': {
    severity: 'error',
    text: '{what}; the pod does not start, or has no rules',
    fix: '{fix}',
  },
  'init-container-waits': {
    severity: 'warning',
    text: '{what}; until then nobody knows of rules in this pod',
    fix: 'look at what keeps it (kubectl describe pod), and lint the pod again once its init containers have ended',
  },
  'probes-not-rewritten': {
    severity: 'note',
    text: '{name} is {value}: the kubelet sends the {probe} of {container} to port {port} without a certificate, and a proxy with strict mTLS refuses it',
    fix: 'remove the annotation, so that the agent asks in its place, or leave port {port} alone: traffic.sidecar.istio.io/excludeInboundPorts',
  },
  'unknown-annotation': {
    severity: 'warning',
    text: '{name} is no annotation of Istio{nearest}',
    fix: '{fix}',
    istioctl: 'IST0108',
  },
  'annotation-not-read': {
    severity: 'warning',
    text: '{name} has no effect at {release}: {reason}',
    fix: 'remove it, or use a release that reads it',
  },
  'deprecated-annotation': {
    severity: 'note',
    text: '{name} is deprecated: {release} reads {newer}',
    fix: 'write {newer}',
    istioctl: 'IST0135',
  },
  'both-reroute-annotations': {
    severity: 'warning',
    text: '{older} and {newer} name other interfaces, and only one is effective: {counts}',
    fix: 'keep {newer}',
  },
  'changed-after-injection': {
    severity: 'warning',
    text: '{name} is {annotation}, but the pod was injected with {value}: an annotation takes effect when the pod is created',
    fix: 'create the pod again',
  },
  'refused-by-injector': {
    severity: 'error',
    text: '{reason}; {who} {release} refuses the pod',
    fix: 'give {name} a value that is allowed',
    istioctl: 'IST0125',
  },
  'refused-by-program': {
    severity: 'error',
    text: '{reason}; {through}no rules can be made of it, so the pod does not start',
    fix: '{fix}',
  },
  'ignored-in-mode-none': {
    severity: 'warning',
    text: '{names} without effect: in mode NONE the pod gets no rules',
    fix: 'remove the mode, or the annotations',
  },
  'ignored-on-host-network': {
    severity: 'warning',
    text: '{names} without effect: a pod with hostNetwork is never injected',
    fix: 'remove hostNetwork, or the annotations',
  },
  'rules-on-host-network': {
    severity: 'error',
    text: 'the pod shares the network of its node: the rules of its init container {container} would capture the traffic of the whole node',
    fix: 'remove hostNetwork, or the init container',
  },
  'ignored-without-injection': {
    severity: 'warning',
    text: '{names} without effect: the pod is not injected ({reason})',
    fix: 'let the pod be injected, or remove the annotations',
  },
  'ignored-in-ambient': {
    severity: 'warning',
    text: '{names} without effect: the pod is in ambient mode, where ztunnel reads no annotation of a sidecar',
    fix: 'remove it: read are ambient.istio.io/bypass-inbound-capture, ambient.istio.io/dns-capture, istio.io/reroute-virtual-interfaces, and the label istio.io/dataplane-mode: none',
  },
  'ambient-annotation-idle': {
    severity: 'warning',
    text: '{name} without effect: {reason}',
    fix: '{fix}',
  },
  'ambient-not-a-boolean': {
    severity: 'warning',
    text: '{name} is {value}, which is neither true nor false: the node agent ignores it',
    fix: 'write "true" or "false"',
  },
  'ambient-shared-rules': {
    severity: 'warning',
    text: 'the node agent of Istio {release} can give this pod the native rules of another pod that is added at the same time, without an error',
    fix: 'use a release in which that is mended ("istio-init changes" names it), or turn native nftables off',
  },
  'inject-not-a-boolean': {
    severity: 'warning',
    text: 'the {at} sidecar.istio.io/inject is {value}, neither "true" nor "false": the injector of {release} {taken}',
    fix: 'write "true" or "false"',
  },
  'inbound-excludes-idle': {
    severity: 'warning',
    text: '{name} ({ports}) has no effect: {included}, and excludes are effective only where all are captured',
    fix: 'capture all inbound ports ("*"), or remove the excludes',
  },
  'inbound-port-both': {
    severity: 'warning',
    text: 'inbound port {ports} is both captured and excluded, and is captured: with a list of captured ports the excludes are ignored',
    fix: 'remove it from one of the two',
  },
  'outbound-port-both': {
    severity: 'warning',
    text: 'outbound port {ports} is both captured and excluded, and is left alone: excluded ports come first',
    fix: 'remove it from one of the two',
  },
  'included-outbound-ports-idle': {
    severity: 'warning',
    text: '{name} ({ports}) has no effect: all destinations are captured anyway, and excluded ranges and ports come first',
    fix: 'name the ranges to capture (an empty list for none), or remove the ports',
  },
  'outbound-excludes-idle': {
    severity: 'warning',
    text: '{name} ({values}) has no effect: nothing of it would be captured',
    fix: 'remove it, or capture more',
  },
  'range-both': {
    severity: 'warning',
    text: 'the captured range {inner} lies in the excluded range {outer} and is not captured: excluded ranges come first',
    fix: 'exclude less, or remove the captured range',
  },
  'ip6-range-idle': {
    severity: 'warning',
    text: '{name} ({ranges}) has no effect: without an IPv6 address the pod has no IPv6 rules',
    fix: 'remove it, or give the pod an IPv6 address',
  },
  'range-in-range': {
    severity: 'note',
    text: '{name}: {inner} lies in {outer} of the same list',
    fix: 'remove {inner}',
  },
  'range-with-host-bits': {
    severity: 'warning',
    text: '{name}: {range} means all of {network}',
    fix: 'write {network}, or {address} for the one address',
  },
  'range-for-all': {
    severity: 'note',
    text: '{name}: {range} stands for all addresses of {family} only; "*" is all there are',
    fix: 'write "*"',
  },
  'range-dropped': {
    severity: 'warning',
    text: '{reason}',
    fix: 'write a range with its prefix length, as 10.0.0.5/32',
  },
  'excludes-everything': {
    severity: 'warning',
    text: '{name} ({ranges}) leaves all {family} traffic of the pod alone, that of the application too',
    fix: 'exclude only the ranges that need it; for no outbound traffic at all write an empty list of included ranges',
  },
  'captures-nothing': {
    severity: 'note',
    text: '{name} is empty: no {direction} traffic is captured',
    fix: 'nothing, where that is meant; otherwise remove it, or write "*"',
  },
  'port-twice': {
    severity: 'note',
    text: '{name}: port {ports} stands there twice',
    fix: 'remove one',
  },
  'port-zero': {
    severity: 'warning',
    text: '{name}: there is no port 0; the rule for it matches nothing',
    fix: 'remove it',
  },
  'status-port-captured': {
    severity: 'warning',
    text: '{name} is {value}: no status port is left alone, and probes of the agent reach the proxy instead',
    fix: 'remove it, or name the port of the agent (15020)',
  },
  'status-port-of-app': {
    severity: 'warning',
    text: '{name} is {port}, a port of the container {container}: its inbound traffic bypasses the proxy',
    fix: 'remove the annotation: it is the port of the agent, not of the application',
  },
  'port-of-istio': {
    severity: 'warning',
    text: 'the container {container} wants {protocol}port {port}, which is {what} of Istio',
    fix: 'use another port',
  },
  'proxy-user': {
    severity: 'warning',
    text: '{container} runs as user {id}, which is that of the proxy: what it sends is not captured',
    fix: 'run it as another user',
    istioctl: 'IST0144',
  },
  'proxy-group': {
    severity: 'warning',
    text: '{container} runs as group {id}, which is that of the proxy: what it sends is not captured',
    fix: 'run it as another group',
  },
  'proxy-fs-group': {
    severity: 'note',
    text: '{where} of the pod is {id}, the group of the proxy: a process that makes it its own group is not captured',
    fix: 'use another group',
  },
  'ip6-not-captured': {
    severity: 'warning',
    text: 'the pod has an IPv6 address, but no IPv6 rules from {release}: its IPv6 traffic is not captured',
    fix: '{fix}',
  },
  'dns-without-servers': {
    severity: 'warning',
    text: 'DNS capture is on, but the pod has no nameserver to capture{consequence}',
    fix: 'name nameservers in dnsConfig, or remove the capture of DNS',
  },
  'not-a-boolean': {
    severity: 'warning',
    text: '{name}: {value} is neither true nor false, and {release} ignores it',
    fix: 'write "true" or "false"',
  },
  'any-text-is-true': {
    severity: 'warning',
    text: '{name} is {value}, and {release} reads any text as true',
    fix: 'remove the variable',
  },
  'misspelt-variable': {
    severity: 'warning',
    text: '{name} is no variable that istio-iptables reads; the nearest one is {nearest}',
    fix: 'write {nearest}',
  },
  'variable-not-read': {
    severity: 'warning',
    text: '{name} has no effect on the rules: {reason}',
    fix: 'remove it, or use a release that reads it',
  },
  'value-not-read': {
    severity: 'warning',
    text: '{name} has no effect: the injector of {release} does not read it',
    fix: 'remove it, or use a release that reads it',
  },
  'native-nftables': {
    severity: 'note',
    text: '{name} asks for native nftables rules: tables inet istio-proxy-*, which no iptables shows',
    fix: 'nothing, where that is meant',
  },
  'init-container-without-proxy': {
    severity: 'warning',
    text: 'the init container {container} runs once the rules are there and before the proxy listens: {what}{unless}{hold}',
    fix: '{fix}',
  },
  'image-reads-otherwise': {
    severity: 'warning',
    text: 'the image ({image}) and the control plane ({plane}) read these arguments differently: {differences}',
    fix: 'create the pod again, so that the control plane injects an image of its own release',
  },
  'dead-rule': {
    severity: 'warning',
    text: 'no packet can match the rule that {name} makes: {rule}',
    fix: 'see with istio-init explain which rules come before it',
  },
  'too-many-owner-groups': {
    severity: 'error',
    text: '{name}: {value} groups, and at most {allowed} can be included: istio-iptables {release} fails',
    fix: 'name fewer groups',
  },
  'setting-not-in-release': {
    severity: 'warning',
    text: '{name} has no effect at {release}: {reason}',
    fix: 'remove it, or name a release that has it',
  },
} as const satisfies Record<string, LintKind>;

export type LintCode = keyof typeof LINTS;

export const LINT_CODES: readonly LintCode[] = Object.keys(LINTS) as LintCode[];

/** What `istioctl analyze` calls it; undefined where it has no such finding. */
export function istioctlCode(code: string): string | undefined {
  const kind: LintKind | undefined = Object.hasOwn(LINTS, code) ? LINTS[code as LintCode] : undefined;
  return kind?.istioctl;
}
