/** Scripts of nft that nobody made for Istio: tables of all families, at any priority, and rules in whatever is read and in some that is not. */

import type { Random } from './packets-random.ts';
import { DEVICE_NAMES } from './tracing-place.ts';

type TableFamily = 'inet' | 'ip' | 'ip6';
type AddressFamily = 'ip' | 'ip6';
type Type = 'filter' | 'nat' | 'route';

const NETWORKS: Readonly<Record<AddressFamily, readonly string[]>> = {
  ip: ['10.1.2.3', '10.0.0.0/8', '10.200.0.0/16', '10.200.1.3', '127.0.0.0/8', '127.0.0.1', '203.0.113.0/24', '10.9.9.9'],
  ip6: ['fd00:1::3', 'fd00::/16', 'fd00:c801::/32', 'fd00:c801::3', '::1', '2001:db8::/32', 'fd00:9::9'],
};
const PORTS = ['53', '80', '443', '8080', '15001', '15006', '1-1023', '80-443', '15000-15999'];
const RANGES: Readonly<Record<AddressFamily, string>> = { ip: '10.9.0.3-10.200.1.9', ip6: 'fd00:9::3-fd00:c801::ff' };
const SETS = ['{ 80, 443 }', '{ 53, 8080, 15000-15999 }', '{ 1-1023, 15006 }'];
const IDS = ['0', '1000', '1337', '1000-1337'];
const STATES = ['new', 'established', 'related', 'invalid', 'untracked'];
const MARKS = ['0x1', '0x2', '0x539', '0x0', '0x111'];
const MASKED = ['& 0x1 == 0x1', '& 0xff0 == 0x530', '& 0xff == 0x0', '& 0xfff != 0x539'];

/** Base chains may hang here: at the places of iptables' tables, right beside them, and elsewhere; no nat chain hangs before conntrack. */
const PRIORITIES: Readonly<Record<Type, readonly number[]>> = {
  filter: [-400, -300, -299, -151, -150, -149, -101, -99, -1, 0, 1, 10, 50, 99, 101, 300],
  nat: [-150, -101, -100, -99, 0, 99, 100, 101],
  route: [-150, -149, 0, 150],
};
const HOOKS: Readonly<Record<Type, readonly string[]>> = {
  filter: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  nat: ['prerouting', 'output', 'output', 'prerouting', 'postrouting', 'input'],
  route: ['output'],
};

export interface NftChoice {
  /** How often a rule has words that the simulator does not read, of 1. */
  readonly opaque: number;
  /** Priorities of their own for each chain: none hangs where another does, or where iptables' chains do. */
  readonly apart: boolean;
}

/** Some tables, each with some base chains and two that are only jumped to. */
export function randomNftScript(random: Random, choice: NftChoice): string {
  const taken = new Set<string>(choice.apart ? ['-300', '-150', '-100', '0', '50', '100'] : []);
  return Array.from({ length: random.whole(1, 3) }, (_, index) => {
    const family = random.pick(['inet', 'inet', 'ip', 'ip6'] as const);
    return tableText(family, `foreign${index}`, { random, choice, taken });
  }).join('');
}

interface Making {
  readonly random: Random;
  readonly choice: NftChoice;
  readonly taken: Set<string>;
}

function tableText(family: TableFamily, name: string, making: Making): string {
  const { random } = making;
  const bases = Array.from({ length: random.whole(2, 5) }, (_, index) => baseText(family, `base${index}`, making)).filter(
    (text) => text !== '',
  );
  return `table ${family} ${name} {
  set hosts4 { type ipv4_addr; flags interval; elements = { 10.9.9.0/24, 203.0.113.7 }; }
  set hosts6 { type ipv6_addr; flags interval; elements = { fd00:9::/64, 2001:db8::7 }; }
  set ports { type inet_service; elements = { 80, 8080 }; }
  set pairs { type inet_service . inet_service; flags interval; elements = { 80 . 1-65535, 443-8080 . 30000-60000 }; }
  set services4 { type ipv4_addr . inet_service; flags interval; elements = { 10.9.9.0/24 . 80, 10.1.2.3 . 1-1023 }; }
  set services6 { type ipv6_addr . inet_service; flags interval; elements = { fd00:9::/64 . 80, fd00:1::3 . 1-1023 }; }
  map verdicts { type inet_service : verdict; elements = { 22 : accept, 443 : return }; }
${bases.join('')}}
`;
}

function baseText(family: TableFamily, name: string, making: Making): string {
  const { random, choice, taken } = making;
  const type = random.pick(['filter', 'filter', 'filter', 'nat', 'nat', 'route'] as const);
  const hook = random.pick(HOOKS[type]);
  const free = PRIORITIES[type].filter((one) => !choice.apart || (!taken.has(`${hook} ${one}`) && !taken.has(`${one}`)));
  if (free.length === 0) return '';
  const priority = random.pick(free);
  taken.add(`${hook} ${priority}`);
  const place: Place = { family, type, hook, early: priority < -200, random, opaque: choice.opaque };
  const policy = type === 'filter' && random.chance(0.06) ? ' policy drop;' : '';
  const rules = (callable: readonly string[]): string =>
    Array.from({ length: random.whole(1, 4) }, () => `    ${ruleText(place, callable)}\n`).join('');
  return `  chain ${name}_b {
${rules([])}  }
  chain ${name}_a {
${rules([`${name}_b`])}  }
  chain ${name} {
    type ${type} hook ${hook} priority ${priority};${policy}
${rules([`${name}_a`, `${name}_b`])}  }
`;
}

interface Place {
  readonly family: TableFamily;
  readonly type: Type;
  readonly hook: string;
  /** Before conntrack. */
  readonly early: boolean;
  readonly random: Random;
  readonly opaque: number;
}

function ruleText(place: Place, callable: readonly string[]): string {
  const { random, family } = place;
  // What is said of one family is for that alone, and so is what is done with it.
  const of = family === 'inet' ? random.pick(['ip', 'ip6'] as const) : family;
  const [needs, statement] = statementText(place, of, callable);
  const kinds = random.some(ASKING, random.whole(0, 2));
  const asked = kinds.flatMap((kind) => kind(place, of));
  const opaque = random.chance(place.opaque) ? [random.pick(OPAQUE)(place, of)] : [];
  const counter = random.chance(0.5) ? ['counter'] : [];
  const log = random.chance(0.05) ? ['log prefix "seen: accept drop "'] : [];
  const comment = random.chance(0.1) ? ['comment "tcp dport 80 drop # handle 7"'] : [];
  const named = /\bth dport/.test(statement) ? ['tcp udp'] : /\btcp dport/.test(statement) ? ['tcp'] : [];
  return [...needs, ...withoutClash([...needs, ...named], [...asked, ...opaque]), ...counter, ...log, statement, ...comment].join(' ');
}

/** Of two protocols, or two families, nft makes no rule. */
function withoutClash(needs: readonly string[], asked: readonly string[]): readonly string[] {
  const protocol = /\b(tcp|udp)\b/;
  const found = new Set(needs.flatMap((one) => protocol.exec(one)?.[1] ?? []));
  return asked.filter((one) => {
    // What is for two protocols goes with no other word on them.
    if (/\bth dport/.test(one)) {
      if (found.size > 0) return false;
      found.add('both');
      return true;
    }
    const named = protocol.exec(one)?.[1] ?? (/\bicmp|ipv6-icmp/.test(one) ? 'icmp' : undefined);
    if (named === undefined || /l4proto (!=|\{)/.test(one)) return true;
    if (found.size > 0 && !found.has(named)) return false;
    found.add(named);
    return true;
  });
}

type Asking = (place: Place, of: AddressFamily) => readonly string[];

const negation = ({ random }: Place): string => (random.chance(0.3) ? '!= ' : '');
const arrives = ({ hook }: Place): boolean => ['prerouting', 'input', 'forward'].includes(hook);
const leaves = ({ hook }: Place): boolean => ['forward', 'output', 'postrouting'].includes(hook);

const ASKING: readonly Asking[] = [
  (place, of) => [`${of} daddr ${negation(place)}${place.random.pick(NETWORKS[of])}`],
  (place, of) => [`${of} saddr ${negation(place)}${place.random.pick(NETWORKS[of])}`],
  (place) => [`tcp dport ${negation(place)}${place.random.pick(PORTS)}`],
  (place) => [`tcp dport ${negation(place)}${place.random.pick(SETS)}`],
  (place) => [`udp dport ${negation(place)}${place.random.pick(PORTS)}`],
  (place) => [`tcp sport ${negation(place)}${place.random.pick(PORTS)}`],
  (place) => [`meta l4proto ${negation(place)}${place.random.pick(['tcp', 'udp', 'icmp', 'ipv6-icmp'])}`],
  (_, of) => [of === 'ip' ? 'ip protocol tcp' : 'ip6 nexthdr udp'],
  ({ family }, of) => (family === 'inet' ? [`meta nfproto ${of === 'ip' ? 'ipv4' : 'ipv6'}`] : []),
  (place) => [`meta mark ${place.random.chance(0.5) ? place.random.pick(MASKED) : `${negation(place)}${place.random.pick(MARKS)}`}`],
  (place) => [`ct mark ${place.random.chance(0.5) ? place.random.pick(MASKED) : `${negation(place)}${place.random.pick(MARKS)}`}`],
  (place) => [`ct state ${negation(place)}${place.random.some(STATES, place.random.whole(1, 3)).join(',')}`],
  (place) => [`ct state ${negation(place)}{ ${place.random.some(STATES, place.random.whole(1, 3)).join(', ')} }`],
  (place) => (arrives(place) ? [`iifname ${negation(place)}"${place.random.pick(['lo', 'eth*', ...DEVICE_NAMES])}"`] : []),
  (place) => (leaves(place) ? [`oifname ${negation(place)}"${place.random.pick(['lo', 'eth*', ...DEVICE_NAMES])}"`] : []),
  (place, of) => [`${of} daddr ${negation(place)}@hosts${of === 'ip' ? 4 : 6}`],
  (place, of) => [
    `${of} saddr ${negation(place)}{ ${NETWORKS[of].filter((one) => !one.includes('/') && place.random.chance(0.5)).join(', ') || NETWORKS[of][0]} }`,
  ],
  (place, of) => [`${of} daddr ${negation(place)}${RANGES[of]}`],
  (place) => [`tcp dport ${negation(place)}@ports`],
  (place) => [`meta mark ${negation(place)}{ 0x1, 0x2, 0x539 }`],
  () => ['meta l4proto { tcp, udp } th dport { 53, 80, 443, 15006 }'],
  (place) => [place.random.pick(['tcp dport . tcp sport @pairs', 'meta l4proto . th dport { tcp . 80-443, udp . 53 }'])],
  (_, of) => [`${of} daddr . tcp dport @services${of === 'ip' ? 4 : 6}`],
  (place) => [`meta skuid ${negation(place)}{ 0, 1337 }`],
  (place) => [`meta skuid ${negation(place)}${place.random.pick(IDS)}`],
  (place) => [`meta skgid ${negation(place)}${place.random.pick(IDS)}`],
];

/** What is not read, or read as words only: the simulator has to say that it does not know. */
const OPAQUE: readonly ((place: Place, of: AddressFamily) => string)[] = [
  () => 'tcp dport > 1023',
  () => 'tcp flags & (fin | syn | rst | ack) == syn',
  () => 'meta length < 1000',
  () => 'fib daddr type local',
  () => 'ct direction original',
  () => 'limit rate 1000000/second burst 1000 packets',
];

/** What a rule does, and what nft wants to be asked before that. */
function statementText(place: Place, of: AddressFamily, callable: readonly string[]): readonly [readonly string[], string] {
  const { random, type, hook, early } = place;
  if (callable.length > 0 && random.chance(0.35)) return [[], `${random.chance(0.25) ? 'goto' : 'jump'} ${random.pick(callable)}`];
  if (random.chance(place.opaque)) return random.pick(OPAQUE_STATEMENTS)(place, of);
  if (random.chance(0.15)) return lookupText(place, of, callable);
  if (random.chance(0.1)) return [[], 'counter'];
  if (type === 'nat' && random.chance(0.7)) return natText(place, of);
  if (hook === 'prerouting' && type === 'filter' && !early && random.chance(0.25))
    return [[`meta l4proto tcp`, 'ct state new'], `tproxy ${of} to :${random.pick(LISTENING)} meta mark set ${random.pick(MARKS)} accept`];
  if (type !== 'nat' && random.chance(0.4)) return [[], random.pick(CHANGES)];
  const verdict = random.pick(['accept', 'drop', 'return', 'return', 'return', 'continue']);
  return [[], verdict === 'drop' && (type === 'nat' || random.chance(0.5)) ? 'accept' : verdict];
}

/** Verdicts, and other values, by what a packet is. */
function lookupText({ random, type, hook }: Place, of: AddressFamily, callable: readonly string[]): readonly [readonly string[], string] {
  const verdict = (): string =>
    callable.length > 0 && random.chance(0.4)
      ? `${random.pick(['jump', 'goto'])} ${random.pick(callable)}`
      : random.pick(['accept', 'return', 'continue']);
  const [host, other] = NETWORKS[of];
  const ways: readonly (readonly [readonly string[], string])[] = [
    [[], `tcp dport vmap { 22 : ${verdict()}, 80 : ${verdict()}, 443-8080 : ${verdict()} }`],
    [['meta l4proto tcp'], 'tcp dport vmap @verdicts'],
    [[], `ct state vmap { established : accept, related : accept, new : ${verdict()} }`],
    [[], `meta mark vmap { 0x1 : return, 0x0 : ${verdict()} }`],
    [
      [],
      `${of} daddr . meta l4proto . th dport vmap { ${host} . tcp . 80 : ${verdict()}, ${other} . tcp . 1-1023 : ${verdict()}, ${other} . udp . 53 : ${verdict()} }`,
    ],
    [[], `meta l4proto . th dport vmap { tcp . 443 : ${verdict()}, udp . 53 : ${verdict()} }`],
    ...(type !== 'nat' ? [[['meta l4proto tcp'], 'meta mark set tcp dport map { 80 : 0x1, 443 : 0x539 }'] as const] : []),
    ...(type === 'nat' && (hook === 'output' || hook === 'prerouting')
      ? [[['meta l4proto tcp'], `dnat ${of} to tcp dport map { 80 : ${host}, 8080 : ${of === 'ip' ? '10.9.9.9' : 'fd00:9::9'} }`] as const]
      : []),
  ];
  return random.pick(ways);
}

const CHANGES = [
  ...['meta mark set 0x1', 'meta mark set 0x539', 'meta mark set meta mark & 0xfffffff0 | 0x2', 'meta mark set meta mark | 0x111'],
  ...['meta mark set meta mark & 0xff', 'meta mark set meta mark ^ 0x3', 'meta mark set ct mark', 'meta mark set ct mark & 0xff'],
  ...['ct mark set 0x111', 'ct mark set ct mark & 0xfffff000 | 0x111', 'ct mark set meta mark', 'ct mark set meta mark & 0xff'],
];
const LISTENING = [15001, 15006, 80];
const TO: Readonly<Record<'output' | 'prerouting', Readonly<Record<AddressFamily, readonly string[]>>>> = {
  output: { ip: ['127.0.0.1:15001', '10.1.2.3:80', '10.9.9.9:8080'], ip6: ['[::1]:15001', '[fd00:1::3]:80', '[fd00:9::9]:8080'] },
  prerouting: { ip: ['10.9.9.9', '10.9.9.9:8080', '10.1.2.3:80'], ip6: ['fd00:9::9', '[fd00:9::9]:8080', '[fd00:1::3]:80'] },
};
const FROM: Readonly<Record<AddressFamily, string>> = { ip: '10.1.2.3', ip6: 'fd00:1::3' };

function natText({ hook, random }: Place, of: AddressFamily): readonly [readonly string[], string] {
  const protocol = [`meta l4proto ${random.pick(['tcp', 'tcp', 'udp'])}`];
  if (hook === 'prerouting' || hook === 'output') {
    if (random.chance(0.4)) return [protocol, `dnat ${of} to ${random.pick(TO[hook][of])}`];
    return random.chance(0.2) ? [protocol, 'redirect'] : [protocol, `redirect to :${random.pick(LISTENING)}`];
  }
  return hook === 'postrouting' ? [[...protocol, 'oifname "eth0"'], `snat ${of} to ${FROM[of]}`] : [[], 'accept'];
}

const OPAQUE_STATEMENTS: readonly ((place: Place, of: AddressFamily) => readonly [readonly string[], string])[] = [
  () => [[], 'meta mark set 0x2 accept'],
  () => [['meta l4proto tcp'], 'meta mark set 0x1 tcp dport 80'],
  () => [[], 'log prefix "x" accept'],
  () => [[], 'meta priority set 1:2'],
  ({ type, hook }, of) =>
    type === 'nat' && (hook === 'output' || hook === 'prerouting')
      ? [['meta l4proto tcp'], `dnat ${of} to tcp dport map { 80 : ${of === 'ip' ? '10.1.2.3' : 'fd00:1::3'} }`]
      : [[], 'accept'],
];
