/**
 * How a listing shows matches and targets that are not understood here, and the options that stand for them: words of a
 * listing are no words of a command. Measured with iptables 1.8.9; older spellings as their sources have them.
 */

/** Words from the start of a text, as a regular expression, and what they say as options. */
export interface Row {
  readonly words: () => RegExp;
  readonly options: (found: readonly string[]) => string;
}

const NUMBER = '\\d+';
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';

/** Whole words from the start of a text; the sign of a negation is the first group where the words have one. */
function row(words: string, options: Row['options']): Row {
  let made: RegExp | undefined;
  return { words: () => (made ??= new RegExp(`^${words}(?= |$)`)), options };
}

const not = (sign: string | undefined): string => (sign ? '! ' : '');

/** Matches, each with the options that iptables-save prints of it. */
export const MATCH_ROWS: readonly Row[] = [
  row(
    'ADDRTYPE match src-type (!?)(\\S+) dst-type (!?)(\\S+)',
    ([, a, source, b, destination]) => `-m addrtype ${not(a)}--src-type ${source} ${not(b)}--dst-type ${destination}`,
  ),
  row(
    'ADDRTYPE match (src|dst)-type (!?)(\\S+) limit-(in|out)',
    ([, end, sign, type, limit]) => `-m addrtype ${not(sign)}--${end}-type ${type} --limit-iface-${limit}`,
  ),
  row(
    'PHYSDEV match((?: (?:! )?--physdev-(?:in|out) [\\w.:+-]+| (?:! )?--physdev-is-(?:in|out|bridged))+)',
    ([, options]) => `-m physdev${options}`,
  ),
  row(
    `limit: avg (\\d+/\\w+) burst (${NUMBER})`,
    ([, rate, burst]) => `-m limit --limit ${rate}${burst === '5' ? '' : ` --limit-burst ${burst}`}`,
  ),
  row(
    `(! )?recent: (SET|UPDATE|CHECK|REMOVE)(?: seconds: (${NUMBER}))?(?: hit_count: (${NUMBER}))? name: (\\S+) side: (source|dest)(?: mask: (\\S+))?`,
    ([, sign, action = '', seconds, hits, name, end, mask]) =>
      [
        '-m recent',
        `${not(sign)}--${action === 'CHECK' ? 'rcheck' : action.toLowerCase()}`,
        ...(seconds ? [`--seconds ${seconds}`] : []),
        ...(hits ? [`--hitcount ${hits}`] : []),
        `--name ${name}`,
        ...(mask ? [`--mask ${mask}`] : []),
        `--r${end}`,
      ].join(' '),
  ),
  row(
    'tcp flags:(!?)([^/\\s]+)/(\\S+)',
    ([, sign, mask = '', set = '']) => `-m tcp ${not(sign)}--tcp-flags ${flagNames(mask)} ${flagNames(set)}`,
  ),
  row(`tcp option=(!?)(${NUMBER})`, ([, sign, option]) => `-m tcp ${not(sign)}--tcp-option ${option}`),
  row(`icmp ?(!?)type (${NUMBER})(?: codes? (\\S+))?`, icmp('icmp', '--icmp-type')),
  row(`ipv6-icmp ?(!?)type (${NUMBER})(?: codes? (\\S+))?`, icmp('icmp6', '--icmpv6-type')),
  row('icmp (!?)([a-z][a-z-]+)', ([, sign, name]) => `-m icmp ${not(sign)}--icmp-type ${name}`),
  row('ipv6-icmp (!?)([a-z][a-z-]+)', ([, sign, name]) => `-m icmp6 ${not(sign)}--icmpv6-type ${name}`),
  row(
    '(source|destination) IP range (! )?(\\S+-\\S+)',
    ([, end, sign, range]) => `-m iprange ${not(sign)}--${end === 'source' ? 'src' : 'dst'}-range ${range}`,
  ),
  row(
    '(! )?(ct(?:proto|origsrc|origdst|replsrc|repldst|origsrcport|origdstport|replsrcport|repldstport|status|expire|dir)) (\\S+)',
    ([, sign, option, value]) => `-m conntrack ${not(sign)}--${option} ${value}`,
  ),
  row('(! )?match-set (\\S+) ((?:src|dst)(?:,(?:src|dst))*)', ([, sign, name, ends]) => `-m set ${not(sign)}--match-set ${name} ${ends}`),
  row(
    `STRING match +(!?)(${QUOTED}) ALGO name (bm|kmp)(?: FROM (${NUMBER}))?(?: TO (${NUMBER}))?`,
    ([, sign, text, algorithm, from, to]) =>
      `-m string ${not(sign)}--string ${text} --algo ${algorithm}${from ? ` --from ${from}` : ''}${to ? ` --to ${to}` : ''}`,
  ),
  row(
    `TTL match TTL (==|!=|<|>) (${NUMBER})`,
    ([, sign = '', hops]) => `-m ttl ${sign === '!=' ? '! ' : ''}--ttl-${{ '<': 'lt', '>': 'gt' }[sign] ?? 'eq'} ${hops}`,
  ),
  row('MAC (! ?)?((?:[\\dA-Fa-f]{2}:){5}[\\dA-Fa-f]{2})', ([, sign, address]) => `-m mac ${not(sign)}--mac-source ${address}`),
  row(`length (!?)(${NUMBER}(?::${NUMBER})?)`, ([, sign, length]) => `-m length ${not(sign)}--length ${length}`),
  row('PKTTYPE (=|!=) (unicast|broadcast|multicast)', ([, sign, type]) => `-m pkttype ${sign === '=' ? '' : '! '}--pkt-type ${type}`),
  row('helper match (! )?"([\\w-]+)"', ([, sign, name]) => `-m helper ${not(sign)}--helper ${name}`),
  row('policy match dir (in|out) pol (none|ipsec)', ([, direction, kind]) => `-m policy --dir ${direction} --pol ${kind}`),
  row(
    `#conn (src|dst)/(${NUMBER}) (>|<=) (${NUMBER})`,
    ([, end, mask, sign, count]) =>
      `-m connlimit --connlimit-${sign === '>' ? 'above' : 'upto'} ${count} --connlimit-mask ${mask} --connlimit-${end === 'src' ? 's' : 'd'}addr`,
  ),
  row(
    'statistic mode random (! )?probability ([\\d.]+)',
    ([, sign, share]) => `-m statistic --mode random ${not(sign)}--probability ${share}`,
  ),
  row(
    `statistic mode nth (! )?every (${NUMBER})(?: packet (${NUMBER}))?`,
    ([, sign, every, packet = '0']) => `-m statistic --mode nth ${not(sign)}--every ${every} --packet ${packet}`,
  ),
  row('DSCP match (! ?)?(0x[\\da-fA-F]+)', ([, sign, value]) => `-m dscp ${not(sign)}--dscp ${value}`),
  row('rpfilter((?: (?:loose|validmark|accept-local|invert))*)', ([, flags = '']) => `-m rpfilter${flags.replaceAll(' ', ' --')}`),
  row(
    `connbytes (! )?(${NUMBER}(?::${NUMBER})?) connbytes mode (\\w+) connbytes direction (\\w+)`,
    ([, sign, range, mode, direction]) =>
      `-m connbytes ${not(sign)}--connbytes ${range} --connbytes-mode ${mode} --connbytes-dir ${direction}`,
  ),
  row(`u32 (${QUOTED})`, ([, test]) => `-m u32 --u32 ${test}`),
  row(`cgroup (! )?(${NUMBER})`, ([, sign, id]) => `-m cgroup ${not(sign)}--cgroup ${id}`),
  row('(! )?owner socket exists', ([, sign]) => `-m owner ${not(sign)}--socket-exists`),
  row(
    '(! )?owner GID match (\\S+) incl\\. suppl\\. groups',
    ([, sign, group]) => `-m owner ${not(sign)}--gid-owner ${group} --suppl-groups`,
  ),
  row('socket((?: --(?:transparent|nowildcard|restore-skmark))+)', ([, flags]) => `-m socket${flags}`),
];

/** How all of these begin: one look instead of forty at a row of a thousand. */
export const MATCH_START: RegExp =
  /^(?:! |ADDRTYPE|PHYSDEV|limit:|recent:|tcp$|icmp|ipv6-icmp|source$|destination$|ct|match-set|STRING|TTL|MAC|length|PKTTYPE|helper|policy|#conn|statistic|DSCP|rpfilter|connbytes|u32|cgroup|owner|socket|!$)/;

const CHOICE = '((?: (?:random|random-fully|persistent))*)';
const choice = (words = ''): string => words.replaceAll(' ', ' --');

/** Targets by name: what the words say, as options; the whole of the words, or the row is not meant. */
export const TARGET_ROWS: Readonly<Record<string, readonly Row[]>> = {
  MASQUERADE: [
    row(`(?:masq ports: (\\S+))?(?:(?:^| )(random-fully|random))?$`, ([, ports, random]) =>
      [...(ports ? [`--to-ports ${ports}`] : []), ...(random ? [`--${random}`] : [])].join(' '),
    ),
  ],
  SNAT: [row(`to:(\\S+)${CHOICE}$`, ([, to, words]) => `--to-source ${to}${choice(words)}`)],
  DNAT: [row(`to:(\\S+)${CHOICE}$`, ([, to, words]) => `--to-destination ${to}${choice(words)}`)],
  REDIRECT: [row('redir ports (\\S+) (random|random-fully)$', ([, ports, random]) => `--to-ports ${ports} --${random}`)],
  CONNMARK: [
    row(
      'CONNMARK (xset|set|and|or|xor) (0x[\\da-fA-F]+(?:/0x[\\da-fA-F]+)?)$',
      ([, action, mark]) => `--${action?.endsWith('set') ? 'set-xmark' : `${action}-mark`} ${mark}`,
    ),
  ],
  NETMAP: [row('to:(\\S+)$', ([, network]) => `--to ${network}`)],
  LOG: [
    row(`LOG flags (${NUMBER}) level (\\S+)(?: prefix (${QUOTED}))?$`, ([, flags, level = '', prefix]) =>
      logOptions(
        LOG_FLAGS.filter((_, bit) => (Number(flags) >> bit) & 1),
        level,
        prefix,
      ),
    ),
    row(
      `LOG level (\\S+)((?: (?:tcp-sequence|tcp-options|ip-options|uid|macdecode))*)(?: prefix (${QUOTED}))?$`,
      ([, level = '', flags = '', prefix]) =>
        logOptions(
          flags.split(' ').filter((flag) => flag !== ''),
          level,
          prefix,
        ),
    ),
  ],
  TCPMSS: [row('TCPMSS clamp to PMTU$', () => '--clamp-mss-to-pmtu'), row(`TCPMSS set (${NUMBER})$`, ([, size]) => `--set-mss ${size}`)],
  CHECKSUM: [row('CHECKSUM fill$', () => '--checksum-fill')],
  NFQUEUE: [
    row(`NFQUEUE num (${NUMBER})( bypass)?$`, ([, queue, bypass]) => `--queue-num ${queue}${bypass ? ' --queue-bypass' : ''}`),
    row(
      `NFQUEUE balance (${NUMBER}:${NUMBER})( bypass)?$`,
      ([, queues, bypass]) => `--queue-balance ${queues}${bypass ? ' --queue-bypass' : ''}`,
    ),
  ],
  CT: [row('(?:CT notrack|NOTRACK)$', () => '--notrack'), row('CT helper (\\S+)$', ([, helper]) => `--helper ${helper}`)],
  NOTRACK: [row('NOTRACK$', () => '')],
  TTL: [row(`TTL (set to|increment by|decrement by) (${NUMBER})$`, ([, action, hops]) => `--ttl-${action?.slice(0, 3)} ${hops}`)],
  HL: [row(`HL (set to|increment by|decrement by) (${NUMBER})$`, ([, action, hops]) => `--hl-${action?.slice(0, 3)} ${hops}`)],
  DSCP: [row('DSCP set (0x[\\da-fA-F]+)$', ([, value]) => `--set-dscp ${value}`)],
  CLASSIFY: [row('CLASSIFY set ([\\da-fA-F]+:[\\da-fA-F]+)$', ([, handle]) => `--set-class ${handle}`)],
};

function icmp(module: string, option: string): Row['options'] {
  return ([, sign, type, code]) => `-m ${module} ${not(sign)}${option} ${type}${code ? `/${code}` : ''}`;
}

const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

/** `0x17` as `FIN,SYN,RST,ACK`; names stay. */
function flagNames(text: string): string {
  if (!/^0x[\da-fA-F]+$/.test(text)) return text;
  const set = TCP_FLAGS.filter((_, bit) => (Number(text) >> bit) & 1);
  return set.length === 0 ? 'NONE' : set.join(',');
}

// Bits of linux/netfilter/nf_log.h; the fifth is for the log's reader.
const LOG_FLAGS = ['tcp-sequence', 'tcp-options', 'ip-options', 'uid', '', 'macdecode'];

function logOptions(flags: readonly string[], level: string, prefix: string | undefined): string {
  const ordinary = ['4', 'warning', 'warn'].includes(level);
  const set = flags.filter((flag) => flag !== '').map((flag) => `--log-${flag}`);
  return [...(prefix ? [`--log-prefix ${prefix}`] : []), ...(ordinary ? [] : [`--log-level ${level}`]), ...set].join(' ');
}
