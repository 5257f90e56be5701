/** A pod that holds the rules of one plan after the other, and plays packets through them. */

import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { printRoutingCommands } from '../../src/istio/plan/routing.ts';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { refuses } from '../../src/netfilter/normal.ts';
import { printRestore, printSave } from '../../src/netfilter/print.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { BUILT_IN_CHAINS } from '../../src/netfilter/rule.ts';
import { feed } from './namespace.ts';
import type { Listening, Packets, Played, SentPacket } from './packets.ts';
import { packetsIn } from './packets.ts';
import type { Numbers } from './packets-of-plan.ts';
import { freshNumbers } from './packets-of-plan.ts';
import type { Journeys, Positions } from './tracing.ts';
import { journeysOf, positionsOf } from './tracing.ts';
import { readRuleMessages } from './tracing-netlink.ts';
import { DEVICE_NAMES, inTracedPod } from './tracing-place.ts';

export type Backend = 'nft' | 'legacy';

/** What of a plan the kernel gets. */
export type Rules = Pick<CapturePlan, 'ip' | 'ip6' | 'routing'>;

export interface PlayedPackets extends Played {
  readonly journeys: Journeys;
}

export interface TracedPod {
  readonly numbers: Numbers;
  /** Takes away what was there before; packets of others to others are passed on or not. */
  readonly load: (plan: Rules, backend: Backend, forwarding: boolean) => Promise<void>;
  readonly play: (packets: readonly SentPacket[], listen: readonly Listening[]) => Promise<PlayedPackets>;
}

/** Hands a traced pod to `use`; its packets are worked off by one processor. */
export function inTracedPlans<R>(processor: number, use: (pod: TracedPod) => Promise<R>): Promise<R> {
  return inTracedPod(async (pod, outside) => {
    const packets = packetsIn(pod.name, outside.name, processor, DEVICE_NAMES);
    try {
      return await use(tracedPod(packets));
    } finally {
      await packets.end();
    }
  });
}

function tracedPod(packets: Packets): TracedPod {
  let undo = '';
  let before: readonly string[] = [];
  let positions: Positions = { byHandle: new Map(), counts: new Map() };
  return {
    numbers: freshNumbers(),
    load: async (plan, backend, forwarding) => {
      const forward = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'].map((name) => `echo ${Number(forwarding)} > /proc/sys/net/${name}\n`);
      const routing = printRoutingCommands(plan.routing);
      const script = undo + forward.join('') + routingScript(before, routing) + restore(plan, backend);
      undo = removal(plan, backend);
      before = routing;
      positions = positionsOf(readRuleMessages(await packets.run(script)), plan);
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

function restore(plan: Rules, backend: Backend): string {
  return FAMILIES.filter((family) => plan[family].tables.length > 0)
    .map((family) => feed(`${PROGRAMS[family]}-${backend}-restore --noflush`, textOf(plan[family])))
    .join('');
}

/** What iptables-restore takes; policies are in it only where they refuse packets. */
function textOf(ruleset: Ruleset): string {
  return ruleset.tables.some(({ chains }) => chains.some(refuses)) ? printSave(ruleset) : printRestore(ruleset);
}

function removal(plan: Rules, backend: Backend): string {
  const tables = FAMILIES.map((family) => [family, plan[family].tables.map(({ name }) => name)] as const).filter(
    ([, names]) => names.length > 0,
  );
  if (backend === 'nft')
    return feed('nft -f -', tables.flatMap(([family, names]) => names.map((name) => `delete table ${family} ${name}\n`)).join(''));
  return tables.map(([family, names]) => feed(`${PROGRAMS[family]}-legacy-restore`, names.map(emptied).join(''))).join('');
}

function emptied(table: string): string {
  const policies = (BUILT_IN_CHAINS[table] ?? []).map((chain) => `:${chain} ACCEPT [0:0]\n`);
  return `*${table}\n${policies.join('')}COMMIT\n`;
}
