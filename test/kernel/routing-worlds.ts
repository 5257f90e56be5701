/** Namespaces with random interfaces, addresses, routes and policy rules, and what their kernel makes of packets there. */

import { readInterfaces, readRouting } from '../../src/host/live/ip-json.ts';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import type { Host } from '../../src/netfilter/trace/host.ts';
import type { Namespace } from './namespace.ts';
import type { Random } from './packets-random.ts';

const NAMES = ['eth0', 'ens5', 'net1'];

const SPACE: Readonly<
  Record<Family, { readonly own: readonly string[]; readonly networks: readonly string[]; readonly goals: readonly string[] }>
> = {
  ip: {
    own: ['10.0.0.7/24', '10.0.0.8/24', '10.1.0.7/16', '192.0.2.5/32', '10.77.0.5/32', '169.254.9.9/16'],
    networks: ['10.77.0.0/16', '10.88.0.0/16', '10.88.7.0/24', '192.0.2.0/24', '10.0.0.0/8', '203.0.113.0/24', '10.0.0.64/26'],
    goals: [
      '10.0.0.1',
      '10.0.0.7',
      '10.0.0.70',
      '10.1.9.9',
      '10.77.0.5',
      '10.77.3.4',
      '10.88.7.7',
      '10.88.1.1',
      '192.0.2.5',
      '192.0.2.9',
      '203.0.113.5',
      '8.8.8.8',
      '127.0.0.9',
      '10.0.0.255',
      '255.255.255.255',
      '224.0.0.1',
    ],
  },
  ip6: {
    own: ['2001:db8:0::7/64', '2001:db8:1::7/48', 'fd00:77::5/128', '2001:db8:9::9/64'],
    networks: ['fd00:77::/32', 'fd00:88::/32', 'fd00:88:7::/48', '2001:db8::/32', '2001:db8:0:0:8000::/65'],
    goals: [
      '2001:db8:0::1',
      '2001:db8:0::7',
      '2001:db8:1::99',
      'fd00:77::5',
      'fd00:77::6',
      'fd00:88::1',
      'fd00:88:7::1',
      '2001:db8:9::9',
      '2001:4860::8',
      '::1',
    ],
  },
};

const TABLES = [133, 134, 254];

/** Lines for `ip -batch`. */
function setUp(random: Random): readonly string[] {
  const names = random.some(NAMES, random.whole(1, 3));
  const lines = names.flatMap((name) => [`link add ${name} type veth peer name p${name}`, `link set ${name} up`, `link set p${name} up`]);
  for (const name of ['lo', ...names]) {
    for (const family of FAMILIES) {
      const count = name === 'lo' ? random.whole(0, 1) : random.whole(0, 2);
      for (const address of random.some(SPACE[family].own, count))
        lines.push(`addr add ${address} dev ${name}${family === 'ip6' ? ' nodad' : ''}`);
    }
  }
  for (const family of FAMILIES) {
    if (random.chance(0.8)) lines.push(`${flag(family)} route add default dev ${random.pick(names)}`);
    for (let count = random.whole(0, 4); count > 0; count -= 1) lines.push(`${flag(family)} route add ${routeText(family, names, random)}`);
    for (let count = random.whole(0, 4); count > 0; count -= 1) lines.push(`${flag(family)} rule add ${ruleText(family, names, random)}`);
  }
  return lines;
}

function flag(family: Family): string {
  return family === 'ip' ? '-4' : '-6';
}

function routeText(family: Family, names: readonly string[], random: Random): string {
  const destination = random.chance(0.3) ? 'default' : random.pick(SPACE[family].networks);
  const table = random.pick(TABLES);
  const kind = random.whole(0, 9);
  if (kind < 3) return `local ${destination} dev lo table ${table}`;
  if (kind < 4) return `${random.pick(['blackhole', 'unreachable', 'prohibit', 'throw'])} ${destination} table ${table}`;
  if (kind < 5 && names.length > 1) return `${destination} table ${table} nexthop dev ${names[0]} nexthop dev ${names[1]}`;
  const metric = random.chance(0.3) ? ` metric ${random.whole(1, 3)}` : '';
  return `${destination} dev ${random.pick(names)} table ${table}${metric}`;
}

function ruleText(family: Family, names: readonly string[], random: Random): string {
  const { networks, own } = SPACE[family];
  const selectors = random.some(
    [
      `fwmark ${random.pick(['1/1', '5', '0x10/0xf0', '0'])}`,
      `to ${random.pick(networks)}`,
      `from ${random.chance(0.5) ? random.pick(own).replace(/\/.*/, '') : random.pick(networks)}`,
      // For what comes in by IPv6, `ip route get` asks in nobody's name, and the kernel in root's.
      `uidrange ${random.pick([...(family === 'ip' ? ['0-0'] : []), '1000-1000', '1000-2000', '1337-1337'])}`,
      `ipproto tcp${random.chance(0.5) ? ` dport ${random.pick(['80', '1-100', '443'])}` : ''}`,
      `ipproto ${random.pick(['udp', 'tcp'])} sport ${random.pick(['40000', '1-50000'])}`,
      `iif ${random.pick([...names, 'lo', 'gone0'])}`,
      `oif ${random.pick(names)}`,
    ],
    random.whole(1, 2),
  );
  const priority = random.whole(10, 60);
  const actions = [
    'lookup 133',
    'lookup 133',
    'lookup 134',
    'lookup main',
    `goto ${priority + random.whole(1, 20)}`,
    'blackhole',
    'unreachable',
    'prohibit',
    'lookup main suppress_prefixlength 0',
  ];
  return `pref ${random.chance(0.1) ? 0 : priority} ${random.chance(0.15) ? 'not ' : ''}${selectors.join(' ')} ${random.pick(actions)}`;
}

export interface Question {
  readonly family: Family;
  readonly to: string;
  readonly from?: string;
  readonly iif?: string;
  readonly mark: number;
  readonly uid: number;
  readonly protocol: 'tcp' | 'udp';
  readonly sport: number;
  readonly dport: number;
}

/** What `ip route get` said: undefined where it refused. */
export interface KernelAnswer {
  readonly question: Question;
  readonly dev: string | undefined;
  readonly local: boolean;
  readonly source: string | undefined;
}

export interface World {
  readonly host: Host;
  readonly answers: readonly KernelAnswer[];
  readonly text: string;
}

const MARK = '=====';

/** One namespace, made by the shell of another, and the kernel's answers to as many questions. */
export async function worldBy({ run }: Pick<Namespace, 'run'>, random: Random, count: number): Promise<World> {
  const lines = setUp(random);
  // Own addresses are known only then; wrong ones are refused, and left out.
  const named = lines.flatMap((line) => /^addr add (\S+)\/\d+ dev (\S+)/.exec(line) ?? []).filter((_, index) => index % 3 === 1);
  const names = lines.flatMap((line) => /^link add (\S+)/.exec(line)?.[1] ?? []);
  const questions = FAMILIES.flatMap((family) => Array.from({ length: count }, () => questionBy(family, random, named, names)));
  const gets = FAMILIES.map((family) => [family, questions.filter((one) => one.family === family)] as const);
  const listing = (family: Family): string => `printf 'rule show\\nroute show table all\\n' | ip -json -Numeric ${flag(family)} -batch -`;
  const script = [
    // No address waits two seconds for somebody who has it as well: nobody else is there.
    'ip link set lo up; sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0',
    ...['', '-4', '-6'].map((only) => feedTo(`ip ${only} -force -batch - 2>/dev/null`, linesOf(lines, only))),
    // The local routes of IPv6 come with the carrier, a moment after the links; what is read then is one state.
    'for i in $(seq 100); do ip -6 addr show tentative | grep -q . || ip link | grep -q "state \\(DOWN\\|LOWERLAYERDOWN\\)" || break; sleep 0.01; done; sleep 0.02',
    `echo ${MARK}; ip -json -Numeric addr show; echo ${MARK}`,
    `${listing('ip')}; echo ${MARK}; ${listing('ip6')}; echo ${MARK}`,
    `grep '' /proc/sys/net/ipv4/conf/*/rp_filter; echo ${MARK}; cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding`,
    ...gets.map(
      ([family, asked]) => `echo ${MARK}; ${feedTo(`ip -json -Numeric -force ${flag(family)} -batch - 2>&1`, asked.map(getText))}`,
    ),
  ].join('\n');
  const { stdout } = await run(`unshare --net sh <<'END OF WORLD'\n${script}\nEND OF WORLD\n`);
  const [, addresses = '', rules = '', rules6 = '', filters = '', , got = '', got6 = ''] = stdout.split(`${MARK}\n`);
  const parts = [readRouting(rules, 'ip'), readRouting(rules6, 'ip6')];
  return {
    host: {
      interfaces: readInterfaces(addresses.trim()),
      localByMark: [],
      routing: {
        rules: parts.flatMap((part) => part.rules),
        routes: parts.flatMap((part) => part.routes),
        reversePath: Object.fromEntries(
          [...filters.matchAll(/conf\/([^/]+)\/rp_filter:(\d)/g)].map(([, name = '', value]) => [name, Number(value)]),
        ),
      },
      forwarding: false,
    },
    answers: [...answersIn(got, gets[0]?.[1] ?? []), ...answersIn(got6, gets[1]?.[1] ?? [])],
    text: lines.join('\n'),
  };
}

/** Those that a family's batch takes, or those of links and addresses. */
function linesOf(lines: readonly string[], only: string): readonly string[] {
  return lines.flatMap((line) => (only === '' ? (line.startsWith('-') ? [] : line) : line.startsWith(`${only} `) ? line.slice(3) : []));
}

function feedTo(command: string, lines: readonly string[]): string {
  return `${command} <<'END OF INPUT'\n${lines.join('\n')}\nEND OF INPUT`;
}

function questionBy(family: Family, random: Random, own: readonly string[], names: readonly string[]): Question {
  const mine = own.filter((address) => address.includes(':') === (family === 'ip6'));
  const arrives = random.chance(0.3);
  const others = family === 'ip' ? ['198.51.100.9', '10.77.9.9', '10.0.0.99'] : ['2001:db8:ffff::9', 'fd00:77::99'];
  const from = arrives ? random.pick([...others, ...mine]) : mine.length > 0 && random.chance(0.5) ? random.pick(mine) : undefined;
  return {
    family,
    to: random.pick([...SPACE[family].goals, ...mine]),
    ...(from !== undefined && { from }),
    ...(arrives && { iif: random.pick(names) }),
    mark: random.pick([0, 0, 1, 5, 0x10]),
    uid: arrives ? 0 : random.pick([0, 1000, 1337, 2500]),
    protocol: random.pick(['tcp', 'udp']),
    sport: random.pick([40000, 60000]),
    dport: random.pick([80, 443, 9999]),
  };
}

function getText({ to, from, iif, mark, uid, protocol, sport, dport }: Question): string {
  const user = iif === undefined ? ` uid ${uid}` : '';
  return `route get ${to}${from === undefined ? '' : ` from ${from}`}${iif === undefined ? '' : ` iif ${iif}`} mark ${mark}${user} ipproto ${protocol} sport ${sport} dport ${dport}`;
}

/** A batch prints a list for each command that worked, and names the lines of those that did not. */
function answersIn(text: string, questions: readonly Question[]): readonly KernelAnswer[] {
  const failed = new Set([...text.matchAll(/Command failed -:(\d+)/g)].map(([, line]) => Number(line)));
  const listed = text
    .split('\n')
    .filter((line) => line.startsWith('[{'))
    .map((line) => JSON.parse(line) as readonly Readonly<Record<string, unknown>>[]);
  return questions.map((question, index): KernelAnswer => {
    const route = failed.has(index + 1) ? undefined : listed.shift()?.[0];
    const refused = route === undefined || ['6', '7', '8'].includes(String(route['type'] ?? ''));
    if (refused) return { question, dev: undefined, local: false, source: undefined };
    return {
      question,
      dev: String(route['dev']),
      local: route['type'] === '2' || route['type'] === '3' || route['type'] === '4' || (route['type'] === '5' && route['dev'] === 'lo'),
      source: route['prefsrc'] === undefined ? undefined : String(route['prefsrc']),
    };
  });
}
