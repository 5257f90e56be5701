/** A pod that holds the rules of one plan after the other, and plays packets through them. */

import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { printRoutingCommands } from '../../src/istio/plan/routing.ts';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { readNft } from '../../src/netfilter/nft/read.ts';
import { rulesetOfNft } from '../../src/netfilter/nft/ruleset-of-nft.ts';
import { printRestore, printSave } from '../../src/netfilter/print.ts';
import { refuses } from '../../src/netfilter/rule/normal.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { BUILT_IN_CHAINS } from '../../src/netfilter/rule.ts';
import { feed } from './namespace.ts';
import type { Listening, Packets, Played, SentPacket } from './packets.ts';
import { packetsIn } from './packets.ts';
import type { Numbers } from './packets-of-plan.ts';
import { freshNumbers } from './packets-of-plan.ts';
import type { Journeys, Positions } from './tracing.ts';
import { isOfIptables, journeysOf, positionsOf } from './tracing.ts';
import { readRuleMessages } from './tracing-netlink.ts';
import { DEVICE_NAMES, inTracedPod, OWN_TABLE } from './tracing-place.ts';

export type Backend = 'nft' | 'legacy';

/** What of a plan the kernel gets. */
export interface Rules extends Pick<CapturePlan, 'ip' | 'ip6' | 'routing'> {
  /** Tables of nft's own, as `nft -f` reads them. */
  readonly native?: string;
}

/** Rules of iptables, and those of nft's own tables as nft lists them. */
export interface LoadedRules extends Rules {
  /** What `nft -a list ruleset` says of the native tables. */
  readonly listing: string;
}

export interface PlayedPackets extends Played {
  readonly journeys: Journeys;
}

export interface TracedPod {
  readonly numbers: Numbers;
  /** Takes away what was there before; packets of others to others are passed on or not. */
  readonly load: (plan: Rules, backend: Backend, forwarding: boolean) => Promise<LoadedRules>;
  readonly play: (packets: readonly SentPacket[], listen: readonly Listening[]) => Promise<PlayedPackets>;
}

/** Hands a traced pod to `use`; its packets are worked off by one processor, and its rules loaded by the programs of a root, if one is given. */
export function inTracedPlans<R>(processor: number, use: (pod: TracedPod) => Promise<R>, root?: string): Promise<R> {
  return inTracedPod(async (pod, outside) => {
    const packets = packetsIn(pod.name, outside.name, processor, DEVICE_NAMES);
    try {
      return await use(tracedPod(packets, root === undefined ? '' : `chroot ${root} `));
    } finally {
      await packets.end();
    }
  });
}

function tracedPod(packets: Packets, enter: string): TracedPod {
  let undo = '';
  let before: readonly string[] = [];
  let positions: Positions = { byHandle: new Map(), counts: new Map(), bases: new Set() };
  return {
    numbers: freshNumbers(),
    load: async (plan, backend, forwarding) => {
      const forward = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'].map((name) => `echo ${Number(forwarding)} > /proc/sys/net/${name}\n`);
      const routing = printRoutingCommands(plan.routing);
      const native = plan.native === undefined ? '' : `${feed(`${enter}nft -f -`, plan.native)}${enter}nft -a list ruleset\n`;
      const script = undo + forward.join('') + routingScript(before, routing) + restore(plan, backend, enter) + native;
      undo = removal(plan, backend, enter);
      before = routing;
      const { stdout, rules } = await packets.run(script);
      const loaded = withNative(plan, stdout);
      positions = positionsOf(readRuleMessages(rules), loaded);
      return loaded;
    },
    play: async (sent, listen) => {
      const played = await packets.play(sent, listen);
      return { ...played, journeys: journeysOf(played, positions) };
    },
  };
}

/** Takes away and adds what differs. An address is of use only once the kernel has looked whether anybody has it, which it does on lo as well. */
function routingScript(before: readonly string[], wanted: readonly string[]): string {
  const gone = before.filter((command) => !wanted.includes(command)).map((command) => command.replace(' add ', ' del '));
  const fresh = wanted.filter((command) => !before.includes(command));
  const wait = fresh.some((command) => command.includes(' addr '))
    ? ['while ip -6 addr show dev lo tentative | grep -q inet6; do sleep 0.01; done']
    : [];
  return [...gone, ...fresh, ...wait].map((line) => `${line}\n`).join('');
}

const PROGRAMS: Readonly<Record<Family, string>> = { ip: 'iptables', ip6: 'ip6tables' };

function restore(plan: Rules, backend: Backend, enter: string): string {
  return FAMILIES.filter((family) => plan[family].tables.length > 0)
    .map((family) => feed(`${enter}${PROGRAMS[family]}-${backend}-restore --noflush`, textOf(plan[family])))
    .join('');
}

/** What iptables-restore takes; policies are in it only where they refuse packets. */
function textOf(ruleset: Ruleset): string {
  return ruleset.tables.some(({ chains }) => chains.some(refuses)) ? printSave(ruleset) : printRestore(ruleset);
}

/** The families of iptables' tables, and those of nft's own, by what nft lists of them. */
function withNative(plan: Rules, listing: string): LoadedRules {
  const read = readNft(listing);
  if (read === undefined) return { ...plan, listing };
  if (read.unread.length > 0) throw new Error(`not read: ${JSON.stringify(read.unread)}`);
  const native = { tables: read.ruleset.tables.filter(({ family, name }) => name !== OWN_TABLE && !isOfIptables(family, name)) };
  const merged = (family: Family): Ruleset => ({
    family,
    tables: [...plan[family].tables, ...rulesetOfNft(native, family).tables],
  });
  return { ...plan, ip: merged('ip'), ip6: merged('ip6'), listing };
}

function removal(plan: Rules, backend: Backend, enter: string): string {
  const native = [...(plan.native ?? '').matchAll(/^(?:add )?table (?:inet|ip6?) \S+/gm)].map(
    ([table]) => `delete ${table.replace('add ', '')}\n`,
  );
  return (native.length === 0 ? '' : feed(`${enter}nft -f -`, [...new Set(native)].join(''))) + removalOfIptables(plan, backend, enter);
}

function removalOfIptables(plan: Rules, backend: Backend, enter: string): string {
  const tables = FAMILIES.map((family) => [family, plan[family].tables.map(({ name }) => name)] as const).filter(
    ([, names]) => names.length > 0,
  );
  if (tables.length === 0) return '';
  if (backend === 'nft')
    return feed(`${enter}nft -f -`, tables.flatMap(([family, names]) => names.map((name) => `delete table ${family} ${name}\n`)).join(''));
  return tables.map(([family, names]) => feed(`${PROGRAMS[family]}-legacy-restore`, names.map(emptied).join(''))).join('');
}

function emptied(table: string): string {
  const policies = (BUILT_IN_CHAINS[table] ?? []).map((chain) => `:${chain} ACCEPT [0:0]\n`);
  return `*${table}\n${policies.join('')}COMMIT\n`;
}
