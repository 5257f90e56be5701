/** The flags and the environment of istio-iptables, in every release: one table. No flag's name stands elsewhere. */

import type { ChangeName, Profile } from '../releases/profile.ts';
import type { SettingKey } from '../settings/settings.ts';

/** What follows a flag: nothing or true/false (`switch`), or one word of a type. */
export type Accepts = 'text' | 'switch' | 'number' | 'port' | 'duration' | 'levels' | 'version';

/** What flags ask for where they are not the text of one setting. */
export const ACTIONS = [
  'dns',
  'dns-all',
  'drop-invalid',
  'dual-stack',
  'help',
  'dry-run',
  'cleanup-only',
  'skip-rule-apply',
  'run-validation',
  'probe-port',
  'probe-timeout',
  'native-nftables',
  'force-binary',
  'network-namespace',
  'cni-mode',
  'log-level',
  'log-json',
  'trace-logging',
] as const;

export type Action = (typeof ACTIONS)[number];

export interface Argument {
  readonly flag: string;
  readonly short?: string;
  /** The change that brought the short form, where that came later. */
  readonly shortNeeds?: ChangeName;
  readonly accepts: Accepts;
  /** The change that a release of the Go program must have. */
  readonly needs: ChangeName;
  /** In the shell program of 1.0 to 1.4, too, under its short form; with the change that brought it there. */
  readonly shell?: ChangeName;
  readonly setting?: SettingKey;
  readonly action?: Action;
  /** The environment variable of the shell program, where it has one. */
  readonly shellEnvironment?: string;
  /** What the program calls it where it prints what it was told, at the head of its log. */
  readonly printed?: string | readonly string[];
  readonly what: string;
}

const always = 'goFlags';
const shell = 'shellProgram';

export const ARGUMENTS: readonly Argument[] = [
  {
    flag: 'envoy-port',
    short: 'p',
    accepts: 'text',
    needs: always,
    shell,
    setting: 'proxy.port',
    shellEnvironment: 'ENVOY_PORT',
    printed: 'PROXY_PORT',
    what: 'Port for outbound traffic.',
  },
  {
    flag: 'inbound-capture-port',
    short: 'z',
    accepts: 'text',
    needs: always,
    shell: 'inboundPortFlag',
    setting: 'proxy.inboundPort',
    shellEnvironment: 'INBOUND_CAPTURE_PORT',
    printed: ['PROXY_INBOUND_CAPTURE_PORT', 'INBOUND_CAPTURE_PORT'],
    what: 'Port for inbound traffic.',
  },
  {
    flag: 'inbound-tunnel-port',
    short: 'e',
    accepts: 'text',
    needs: 'tunnelPortFlag',
    setting: 'proxy.tunnelPort',
    printed: 'PROXY_TUNNEL_PORT',
    what: 'Port of the tunnel.',
  },
  {
    flag: 'proxy-uid',
    short: 'u',
    accepts: 'text',
    needs: always,
    shell,
    setting: 'proxy.uids',
    printed: 'PROXY_UID',
    what: 'Users of the proxy, by commas.',
  },
  {
    flag: 'proxy-gid',
    short: 'g',
    accepts: 'text',
    needs: always,
    shell,
    setting: 'proxy.gids',
    printed: 'PROXY_GID',
    what: 'Groups of the proxy, by commas; default: its users.',
  },
  {
    flag: 'istio-inbound-interception-mode',
    short: 'm',
    accepts: 'text',
    needs: always,
    shell,
    setting: 'mode',
    shellEnvironment: 'ISTIO_INBOUND_INTERCEPTION_MODE',
    printed: 'INBOUND_INTERCEPTION_MODE',
    what: 'REDIRECT or TPROXY.',
  },
  {
    flag: 'istio-inbound-ports',
    short: 'b',
    accepts: 'text',
    needs: always,
    shell,
    setting: 'inbound.includePorts',
    shellEnvironment: 'ISTIO_INBOUND_PORTS',
    printed: 'INBOUND_PORTS_INCLUDE',
    what: 'Inbound ports to capture, or "*".',
  },
  {
    flag: 'istio-local-exclude-ports',
    short: 'd',
    accepts: 'text',
    needs: always,
    shell,
    setting: 'inbound.excludePorts',
    shellEnvironment: 'ISTIO_LOCAL_EXCLUDE_PORTS',
    printed: 'INBOUND_PORTS_EXCLUDE',
    what: 'Inbound ports to leave alone.',
  },
  {
    flag: 'istio-service-cidr',
    short: 'i',
    accepts: 'text',
    needs: always,
    shell,
    setting: 'outbound.includeRanges',
    shellEnvironment: 'ISTIO_SERVICE_CIDR',
    printed: 'OUTBOUND_IP_RANGES_INCLUDE',
    what: 'Destinations to capture, or "*".',
  },
  {
    flag: 'istio-service-exclude-cidr',
    short: 'x',
    accepts: 'text',
    needs: always,
    shell,
    setting: 'outbound.excludeRanges',
    shellEnvironment: 'ISTIO_SERVICE_EXCLUDE_CIDR',
    printed: 'OUTBOUND_IP_RANGES_EXCLUDE',
    what: 'Destinations to leave alone.',
  },
  {
    flag: 'istio-outbound-ports',
    short: 'q',
    accepts: 'text',
    needs: 'includeOutboundPortsFlag',
    setting: 'outbound.includePorts',
    printed: 'OUTBOUND_PORTS_INCLUDE',
    what: 'Outbound ports to capture.',
  },
  {
    flag: 'istio-local-outbound-ports-exclude',
    short: 'o',
    accepts: 'text',
    needs: always,
    shell: 'excludeOutboundPortsFlag',
    setting: 'outbound.excludePorts',
    shellEnvironment: 'ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE',
    printed: 'OUTBOUND_PORTS_EXCLUDE',
    what: 'Outbound ports to leave alone.',
  },
  {
    flag: 'kube-virt-interfaces',
    short: 'k',
    accepts: 'text',
    needs: always,
    shell: 'rerouteFlag',
    setting: 'interfaces.reroute',
    printed: ['KUBE_VIRT_INTERFACES', 'KUBEVIRT_INTERFACES'],
    what: 'Interfaces of virtual machines.',
  },
  {
    flag: 'istio-exclude-interfaces',
    short: 'c',
    shortNeeds: 'excludeInterfacesShort',
    accepts: 'text',
    needs: 'excludeInterfacesFlag',
    setting: 'interfaces.exclude',
    printed: 'EXCLUDE_INTERFACES',
    what: 'Interfaces to leave alone.',
  },
  {
    flag: 'istio-inbound-tproxy-mark',
    short: 't',
    accepts: 'text',
    needs: always,
    setting: 'tproxy.mark',
    shellEnvironment: 'ISTIO_INBOUND_TPROXY_MARK',
    printed: 'INBOUND_TPROXY_MARK',
    what: 'Mark of packets for TPROXY.',
  },
  {
    flag: 'istio-inbound-tproxy-route-table',
    short: 'r',
    accepts: 'text',
    needs: always,
    setting: 'tproxy.routeTable',
    shellEnvironment: 'ISTIO_INBOUND_TPROXY_ROUTE_TABLE',
    printed: 'INBOUND_TPROXY_ROUTE_TABLE',
    what: 'Routing table for marked packets.',
  },
  {
    flag: 'redirect-dns',
    accepts: 'switch',
    needs: 'dnsFlag',
    action: 'dns',
    printed: 'DNS_CAPTURE',
    what: 'Capture DNS to the nameservers.',
  },
  {
    flag: 'capture-all-dns',
    accepts: 'switch',
    needs: 'captureAllDnsFlag',
    action: 'dns-all',
    printed: 'CAPTURE_ALL_DNS',
    what: 'With --redirect-dns: capture DNS to every server.',
  },
  {
    flag: 'drop-invalid',
    accepts: 'switch',
    needs: 'dropInvalidFlag',
    action: 'drop-invalid',
    printed: 'DROP_INVALID',
    what: 'Drop packets that conntrack calls invalid.',
  },
  {
    flag: 'dual-stack',
    accepts: 'switch',
    needs: 'dualStackFlag',
    action: 'dual-stack',
    printed: 'DUAL_STACK',
    what: 'Look for an IPv6 address behind an IPv4 one.',
  },
  { flag: 'dry-run', short: 'n', accepts: 'switch', needs: always, action: 'dry-run', what: 'Print instead of applying.' },
  { flag: 'restore-format', short: 'f', accepts: 'switch', needs: 'restoreFormatFlag', what: 'Apply by iptables-restore.' },
  { flag: 'iptables-probe-port', accepts: 'port', needs: 'probeFlags', action: 'probe-port', what: 'Port that the validation listens on.' },
  { flag: 'probe-timeout', accepts: 'duration', needs: 'probeFlags', action: 'probe-timeout', what: 'How long the validation may take.' },
  { flag: 'skip-rule-apply', accepts: 'switch', needs: 'probeFlags', action: 'skip-rule-apply', what: 'Make no rules.' },
  { flag: 'run-validation', accepts: 'switch', needs: 'probeFlags', action: 'run-validation', what: 'Prove that redirection works.' },
  { flag: 'cleanup-only', accepts: 'switch', needs: 'reconcileFlags', action: 'cleanup-only', what: 'Remove the rules and make none.' },
  { flag: 'reconcile', accepts: 'switch', needs: 'reconcileFlags', what: 'Replace rules that differ.' },
  { flag: 'force-apply', accepts: 'switch', needs: 'reconcileFlags', what: 'Apply even where nothing differs.' },
  {
    flag: 'native-nftables',
    accepts: 'switch',
    needs: 'nativeNftablesFlag',
    action: 'native-nftables',
    what: 'Use nft instead of iptables.',
  },
  { flag: 'force-iptables-binary', accepts: 'text', needs: 'forceBinaryFlag', action: 'force-binary', what: 'legacy or nft.' },
  { flag: 'network-namespace', accepts: 'text', needs: 'netnsFlags', action: 'network-namespace', what: 'Namespace to work in.' },
  { flag: 'cni-mode', accepts: 'switch', needs: 'netnsFlags', action: 'cni-mode', what: 'Called by the CNI plugin.' },
  {
    flag: 'iptables-trace-logging',
    accepts: 'switch',
    needs: 'traceLoggingFlag',
    action: 'trace-logging',
    what: 'Log what the main rules match.',
  },
  { flag: 'output-paths', accepts: 'text', needs: 'outputPathsFlag', what: 'Where to write the rules.' },
  { flag: 'host-nsenter-exec', accepts: 'switch', needs: 'nsenterFlag', what: 'Run iptables of the host.' },
  { flag: 'iptables-version', accepts: 'version', needs: 'iptablesVersionFlag', what: 'Version of iptables.' },
  { flag: 'help', short: 'h', accepts: 'switch', needs: always, action: 'help', what: 'Print help.' },
  { flag: 'log_as_json', accepts: 'switch', needs: 'logFlags', action: 'log-json', what: 'Log JSON lines.' },
  { flag: 'log_caller', accepts: 'text', needs: 'logFlags', what: 'Scopes to log the caller of.' },
  { flag: 'log_output_level', accepts: 'levels', needs: 'logFlags', action: 'log-level', what: 'How much to log.' },
  { flag: 'log_rotate', accepts: 'text', needs: 'logRotateFlags', what: 'Log file to rotate.' },
  { flag: 'log_rotate_max_age', accepts: 'number', needs: 'logRotateFlags', what: 'Days to keep log files.' },
  { flag: 'log_rotate_max_backups', accepts: 'number', needs: 'logRotateFlags', what: 'Number of log files to keep.' },
  { flag: 'log_rotate_max_size', accepts: 'number', needs: 'logRotateFlags', what: 'Megabytes of one log file.' },
  { flag: 'log_stacktrace_level', accepts: 'levels', needs: 'logFlags', what: 'When to log stack traces.' },
  { flag: 'log_target', accepts: 'text', needs: 'logFlags', what: 'Where to log to.' },
  { flag: 'vklog', accepts: 'number', needs: 'vklogFlag', what: "How much Kubernetes' own log says." },
];

/** Flags of the shell program that have no successor. */
export const SHELL_SWITCHES = { test: 't', help: 'h' } as const;

/** What the environment alone can set, in the Go program. */
export const ENVIRONMENT = {
  proxyUser: 'ENVOY_USER',
  dnsCapture: 'ISTIO_META_DNS_CAPTURE',
  dnsCapture16: 'DNS_CAPTURE',
  dnsAgent: 'DNS_AGENT',
  dnsZones: 'ISTIO_META_DNS_CONNTRACK_ZONE',
  dropInvalid: 'INVALID_DROP',
  ownerGroups: 'ISTIO_OUTBOUND_OWNER_GROUPS',
  excludeOwnerGroups: 'ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE',
  loopback: 'ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR',
  agentDualStack: 'ISTIO_AGENT_DUAL_STACK',
  dualStack: 'ISTIO_DUAL_STACK',
  loopbackSwitch: 'DISABLE_REDIRECTION_ON_LOCAL_LOOPBACK',
  inbound6: 'ENABLE_INBOUND_IPV6',
} as const;

/** The argument that a word names, by its long or its short form. */
export function argumentNamed(word: string): Argument | undefined {
  return ARGUMENTS.find(({ flag, short }) => word === `--${flag}` || (short !== undefined && word === `-${short}`));
}

/** Whether a release's program knows a flag, by its long name in Go, by its letter in the shell. */
export function isKnown(argument: Argument, { has }: Profile): boolean {
  if (has('shellProgram')) return argument.shell !== undefined && has(argument.shell);
  return has(argument.needs);
}

/** Whether a flag is taken where pilot-agent runs the program, as it does in images, though the program itself does not know it. */
export function isOfAgent({ needs }: Argument, { has }: Profile): boolean {
  return (needs === 'logFlags' || needs === 'logRotateFlags') && has('agentLogFlags');
}

/** The letter of a flag at a release, or undefined. */
export function shortOf({ short, shortNeeds }: Argument, { has }: Profile): string | undefined {
  return shortNeeds === undefined || has(shortNeeds) ? short : undefined;
}

/** The Go program's environment variable for a flag: its long name in capitals. */
export function environmentOf({ flag }: Argument): string {
  return flag.toUpperCase().replaceAll('-', '_');
}
