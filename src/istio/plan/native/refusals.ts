/** What the native program, or nft behind it, refuses where iptables would not. */

import { servicePort } from '../../../netfilter/services.ts';
import type { Problem } from '../../problems.ts';
import { ProblemError, problem, quoted } from '../../problems.ts';
import type { Facts } from '../../settings/facts.ts';
import { namesIn } from '../../settings/name-resolution.ts';
import type { Settings, SettingValues } from '../../settings/settings.ts';
import { valuesOf } from '../../settings/settings.ts';

/** One rule asks for all included groups, and the kernel takes no more expressions in one: 63 work, 64 do not (kernel 6.18). */
const MOST_GROUPS = 63;

/** Debian's base-passwd gives these to users and to groups alike; the images of Istio are made of Debian's or Ubuntu's. */
const STATIC_IDS: Readonly<Record<string, number>> = {
  ...{ root: 0, daemon: 1, bin: 2, sys: 3, man: 12, lp: 7, mail: 8, news: 9, uucp: 10, proxy: 13, 'www-data': 33, backup: 34, list: 38 },
};

/** The facts with the ids that every such image has: nft lists no names. */
export function withStaticIds(facts: Facts): Facts {
  return {
    ...facts,
    users: { ...STATIC_IDS, games: 5, sync: 4, nobody: 65534, ...facts.users },
    groups: { ...STATIC_IDS, adm: 4, tty: 5, disk: 6, nogroup: 65534, ...facts.groups },
  };
}

/** Throws a ProblemError where the real program exits 1; `mended` where nft refuses rules that are written as it wants them. */
export function refuseWhatNftRefuses(settings: Settings, values: SettingValues, facts: Facts, has6: boolean, mended: boolean): void {
  const problems: readonly Problem[] = [
    ...tooManyGroups(settings),
    ...unknownNames(settings, values),
    ...(mended ? markOfAll(settings) : [...scopedServers(settings, facts, has6), ...unquotedInterfaces(settings)]),
  ];
  if (problems.length > 0) throw new ProblemError(problems);
}

function markOfAll({ mode, 'tproxy.mark': { value, source } }: Settings): readonly Problem[] {
  return mode.value === 'TPROXY' && value === 0 ? [problem('mark-of-all', source, { name: 'tproxy.mark' })] : [];
}

function tooManyGroups({ 'outbound.ownerGroups': { value, source } }: Settings): readonly Problem[] {
  if (value === '*' || value.length <= MOST_GROUPS) return [];
  return [problem('too-many-groups', source, { name: 'outbound.ownerGroups', value: `${value.length}`, allowed: `${MOST_GROUPS}` })];
}

function unknownNames(settings: Settings, values: SettingValues): readonly Problem[] {
  return namesIn(values).map(([key, name]) =>
    problem('name-needs-number', settings[key].source, { name: key, value: quoted(name), reason: 'native rules hold numbers only' }),
  );
}

/** Names are pasted into a rule as they are: what is no string in nft's grammar, or a word of it, makes the whole run fail. */
function unquotedInterfaces(settings: Settings): readonly Problem[] {
  return INTERFACES.flatMap((key) => {
    const { value, source } = settings[key];
    return value
      .filter((name) => !isBareWord(name.replace(/\+$/, '')))
      .map((name) =>
        problem('not-a-value', source, { name: key, value: quoted(name), allowed: "a name that nft's grammar takes without quotes" }),
      );
  });
}

const INTERFACES = ['interfaces.exclude', 'interfaces.reroute'] as const;

/** Whether nft reads a word as a name where it stands without quotes: `1eth` and `counter` are none, `7` is one. */
export function isBareWord(name: string): boolean {
  return /^(?:[A-Za-z_.][A-Za-z0-9/_.-]*|\d+)$/.test(name) && !KEYWORDS.has(name);
}

/** Words that nft 1.0.6 refuses as the name of an interface, each tried. */
const KEYWORDS: ReadonlySet<string> = new Set(
  `eq ne le lt ge gt lshift rshift xor and or not vmap include define redefine undefine describe hook device devices table chain
  rule set element map flowtable handle ruleset socket tproxy accept drop continue jump goto return inet netdev add replace update
  create insert delete get list flush rename import export monitor position index comment constant interval dynamic auto-merge
  timeout gc-interval elements expires policy size flow offload meter counter log queue limit quota hour day reject masquerade
  redirect random th bridge type typeof time icmp icmpv6 igmp priority ah esp comp flags udp udplite tcp dccp sctp rt rt0 rt2 srh
  hbh frag dst mh meta mark iif iifname iiftype oif oifname oiftype skuid skgid nftrace rtclassid ibriport ibrname obriport obrname
  pkttype cpu iifgroup oifgroup cgroup ct numgen jhash symhash dup fwd fib osf synproxy notrack all exists missing exthdr ipsec
  secmark xt`.split(/\s+/),
);

/** A server with a zone (`fe80::1%eth0`) is pasted into a rule as it is, where nft takes no zone. */
function scopedServers(settings: Settings, { nameservers = [] }: Facts, has6: boolean): readonly Problem[] {
  const { value, source } = settings['dns.capture'];
  const scoped = nameservers.find((server) => server.includes('%'));
  if (value !== 'servers' || !has6 || scoped === undefined) return [];
  return [problem('native-scoped-server', source, { value: quoted(scoped) })];
}

/** The facts with the ports of the services that the settings name: nft resolves them by /etc/services. */
export function withServicePorts(facts: Facts, settings: Settings): Facts {
  const named = namesIn(valuesOf(settings)).flatMap(([, name]) => {
    const port = servicePort(name);
    return port === null ? [] : [[name, port] as const];
  });
  return { ...facts, services: { ...Object.fromEntries(named), ...facts.services } };
}
